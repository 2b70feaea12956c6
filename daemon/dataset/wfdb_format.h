/* WFDB signal formats: how samples lie in bytes.  One table; a new format is one row. */
#ifndef VR_DATASET_WFDB_FORMAT_H
#define VR_DATASET_WFDB_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VR_WFDB_PACK_MAX 4 /* samples that share bytes, at most */

enum vr_wfdb_coding {
    VR_WFDB_CODING_PACKED,      /* samples in packs of bytes */
    VR_WFDB_CODING_DIFFERENCES, /* the same, of differences to the signal's sample before */
    VR_WFDB_CODING_FLAC,        /* one FLAC stream, a channel for each signal */
    VR_WFDB_CODING_NONE,        /* no file; every sample is invalid */
};

struct vr_wfdb_format {
    int format; /* the number in the header */
    enum vr_wfdb_coding coding;
    uint8_t bits; /* of a sample, or of a difference */
    uint8_t pack_samples;
    uint8_t pack_bytes;
    uint8_t rest_bytes[VR_WFDB_PACK_MAX]; /* of a last pack that holds only [i] samples */
    /* Of valid samples; min - 1 is the code for "no sample".  Differences know no such code. */
    int32_t min, max;

    /* Whole packs; NULL where the coding has none.  VR_SAMPLE_INVALID stands for the format's own
     * code. */
    void (*decode)(const uint8_t *bytes, size_t pack_count, int32_t *ret_values);
    void (*encode)(const int32_t *values, size_t pack_count, uint8_t *ret_bytes);
};

/* NULL when there is no such format. */
const struct vr_wfdb_format *vr_wfdb_format_find(int format);

/* The numbers of all formats that can be read or, with `writable`, also be written, for errors:
 * "16, 212". */
void vr_wfdb_format_list(bool writable, char *ret_text, size_t size);

/* Bytes of so many samples, and whole samples in so many bytes; up to 2^60.  Only of formats with
 * packs. */
int64_t vr_wfdb_format_size(const struct vr_wfdb_format *format, int64_t sample_count);
int64_t vr_wfdb_format_samples(const struct vr_wfdb_format *format, int64_t size);

#endif
