/* WFDB signal formats: how samples lie in bytes.  One table; a new format is one row. */
#ifndef VR_DATASET_WFDB_FORMAT_H
#define VR_DATASET_WFDB_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define VR_WFDB_PACK_MAX 4 /* samples that share bytes, at most */

struct vr_wfdb_format {
    int format; /* the number in the header */
    uint8_t bits;
    uint8_t pack_samples;
    uint8_t pack_bytes;
    uint8_t rest_bytes[VR_WFDB_PACK_MAX]; /* of a last pack that holds only [i] samples */
    int32_t min, max; /* of valid samples; min - 1 is the code for "no sample" */

    /* Whole packs.  VR_SAMPLE_INVALID stands for the format's own code. */
    void (*decode)(const uint8_t *bytes, size_t pack_count, int32_t *ret_values);
    void (*encode)(const int32_t *values, size_t pack_count, uint8_t *ret_bytes);
};

/* NULL when the format is not supported. */
const struct vr_wfdb_format *vr_wfdb_format_find(int format);

/* The numbers of all supported formats, for errors: "16, 212". */
void vr_wfdb_format_list(char *ret_text, size_t size);

/* Bytes of so many samples, and whole samples in so many bytes; up to 2^60. */
int64_t vr_wfdb_format_size(const struct vr_wfdb_format *format, int64_t sample_count);
int64_t vr_wfdb_format_samples(const struct vr_wfdb_format *format, int64_t size);

#endif
