/* Headers of EDF, EDF+, BDF and BDF+ files: bytes in, numbers out.  Knows nothing of folders or of samples.
 *
 * 256 bytes of ASCII fields for the file, 256 more for each signal (all labels, then all transducers ...), then the
 * data records: in each, one signal after the other, its samples as integers of 16 bits (EDF) or 24 (BDF), little-endian.
 *
 * Strict where a guess could change a number, tolerant elsewhere; each tolerance that was used is said in `notes`.
 * Who the patient is, and when they were born, is not read at all.
 * Source: reference/signal-formats.md, section 2. */
#ifndef VR_DATASET_EDF_HEADER_H
#define VR_DATASET_EDF_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dataset/dataset.h"
#include "dataset/rate.h"

#define VR_EDF_FIXED_SIZE \
    256 /* bytes of the part that is of the file, and of that of each signal */
#define VR_EDF_FILE_SIZE_MAX \
    (INT64_C(1) << 36) /* 64 GiB, since opening reads the whole file once */

enum vr_edf_order {
    VR_EDF_PLAIN,         /* no annotation signals, records without gaps */
    VR_EDF_CONTINUOUS,    /* EDF+C: with annotations, records without gaps */
    VR_EDF_DISCONTINUOUS, /* EDF+D: with annotations, each record at a time of its own */
};

struct vr_edf_signal {
    char name[VR_NAME_SIZE]; /* label, in UTF-8 */
    char unit[VR_UNIT_SIZE]; /* physical dimension; a micro sign has become a u */
    bool is_annotations;
    bool is_calibrated; /* the four numbers below are there and make a line */
    double physical_min, physical_max;
    int32_t digital_min, digital_max;
    int64_t record_samples; /* in one record; 0 = none at all */
    int64_t record_offset;  /* bytes from the start of a record */
};

struct vr_edf_header {
    int sample_size; /* bytes: 2 = EDF, 3 = BDF */
    enum vr_edf_order order;
    bool has_start;       /* the start below is a date and time that exist */
    int64_t start_s;      /* of the recording, in seconds since 1970 without time zone */
    int64_t header_size;  /* bytes before the first record */
    int64_t record_count; /* that lie in the file */
    int64_t record_size;  /* bytes of a record */
    int64_t surplus;      /* bytes behind the last record */
    struct vr_rate
        record_rate; /* records per second, as a fraction; 0/0 = a duration of 0: no time passes */
    size_t signal_count; /* annotation signals too */
    struct vr_edf_signal *signals;
    char notes[VR_WARNING_SIZE]; /* what was read although it is not as it should be; "" */
};

/* The bytes of the whole header of a file that begins so, or 0 when they cannot be told (parse says why). */
size_t vr_edf_header_size(const uint8_t fixed[VR_EDF_FIXED_SIZE]);

/* Read a header: `size` bytes from the start of a file of file_size bytes; `display` stands for the file in errors, which
 * read "FILE: byte N: ...".  VR_ERR_INPUT for whatever is wrong, also a file that is shorter than its header says.
 * The caller ends *ret_header with finish. */
int vr_edf_header_parse(
    const uint8_t *bytes, size_t size, int64_t file_size, const char *display,
    struct vr_edf_header *ret_header, struct vr_err *err);

void vr_edf_header_finish(struct vr_edf_header *header);

/* physical = offset + (digital - baseline) / gain.  EDF has no baseline: it gives two points of a line, whose zero may
 * lie between two digital values, or far outside of them.  The baseline is the whole number next to that zero, so that
 * `offset` is at most half an LSB; or digital_min, when that zero does not fit 32 bits.  All 0 when not calibrated. */
void vr_edf_calibration(
    const struct vr_edf_signal *signal, double *ret_gain, int32_t *ret_baseline,
    double *ret_offset);

#endif
