/* WFDB header files (.hea): text in, numbers out.  Knows nothing of folders: which file a name
 * means, and whether it is there, is for others to find out.
 *
 *     NAME NSIG [FS[/CFREQ[(BASECNT)]] [NSAMP [TIME [DATE]]]]
 *     FILE FMT[xSPF][:SKEW][+OFFSET] [GAIN[(BASELINE)][/UNITS] [ADCRES [ADCZERO [INITVAL [CKSUM
 * [BSIZE [DESC]]]]]]]
 *
 * Strict where a guess could change a number, tolerant elsewhere: TIME and DATE are not read at
 * all. */
#ifndef VR_DATASET_WFDB_HEADER_H
#define VR_DATASET_WFDB_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dataset/dataset.h"
#include "dataset/rate.h"

#define VR_WFDB_HEADER_SIZE_MAX (1 << 20)                /* bytes; the longest known has 40 kB */
#define VR_WFDB_FRAMES_MAX (INT64_C(1) << 40)            /* 34 years at 1 kHz */
#define VR_WFDB_SAMPLES_PER_FRAME_MAX (INT64_C(1) << 20) /* of one signal, and of all of them */

struct vr_wfdb_signal {
    int line; /* where it stands in the header, from 1 */
    char file[VR_NAME_SIZE];
    int format;
    uint32_t samples_per_frame;
    int64_t skew_frames; /* frames of this signal that lie before time 0 */
    int64_t byte_offset; /* of the first sample in the file */
    double gain;         /* LSB per unit; 0 = uncalibrated */
    int32_t baseline;
    char unit[VR_UNIT_SIZE];
    int32_t adc_resolution; /* bits */
    int32_t adc_zero;
    int32_t initial_value;
    bool checksum_given;
    uint16_t checksum; /* sum of all samples, modulo 2^16 */
    int64_t block_size;
    char name[VR_NAME_SIZE];
};

struct vr_wfdb_header {
    int line; /* of the record line */
    char name[VR_NAME_SIZE];
    struct vr_rate rate;
    int64_t frame_count; /* -1 = not given: as many as the files hold */
    size_t signal_count; /* 0..VR_SIGNALS_MAX */
    struct vr_wfdb_signal *signals;
};

/* Read `size` bytes of text (no NUL needed); `display` stands for the file in errors, which read
 * "FILE:LINE: ...".  VR_ERR_INPUT for whatever is wrong.  The caller ends *ret_header with finish.
 */
int vr_wfdb_header_parse(
    const char *text, size_t size, const char *display, struct vr_wfdb_header *ret_header,
    struct vr_err *err);

void vr_wfdb_header_finish(struct vr_wfdb_header *header);

#endif
