/* WFDB header files (.hea): text in, numbers out.  Knows nothing of folders: which file a name
 * means, and whether it is there, is for others to find out.
 *
 *     NAME[/NSEG] NSIG [FS[/CFREQ[(BASECNT)]] [NSAMP [TIME [DATE]]]]
 *     FILE FMT[xSPF][:SKEW][+OFFSET] [GAIN[(BASELINE)][/UNITS] [ADCRES [ADCZERO [INITVAL [CKSUM
 * [BSIZE [DESC]]]]]]]
 *
 * or, with NSEG, so many lines "SEGMENT NSAMP" instead of signals.  Strict where a guess could
 * change a number of a sample, tolerant elsewhere: a TIME that is none is no start time. */
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
#define VR_WFDB_SEGMENTS_MAX 100000 /* a week in intensive care has some thousands */
#define VR_WFDB_NO_FILE "~"         /* the file of a signal without samples, and a gap's segment */

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
    int32_t initial_value; /* that the first difference starts from */
    bool checksum_given;
    uint16_t checksum; /* sum of all samples, modulo 2^16 */
    int64_t block_size;
    char name[VR_NAME_SIZE]; /* a longer description is cut */
};

struct vr_wfdb_segment {
    int line;
    char name[VR_NAME_SIZE]; /* of a record, or VR_WFDB_NO_FILE for a gap */
    int64_t frame_count;
};

/* When the first sample was taken, by the clock on the wall. */
struct vr_wfdb_start {
    bool has_time;
    bool has_date;   /* only with a time */
    int64_t time_us; /* since midnight */
    int year, month, day;
};

struct vr_wfdb_header {
    int line; /* of the record line */
    char name[VR_NAME_SIZE];
    struct vr_rate rate;
    int64_t frame_count; /* -1 = not given: as many as the files hold */
    struct vr_wfdb_start start;
    size_t signal_count;            /* 0..VR_SIGNALS_MAX */
    struct vr_wfdb_signal *signals; /* NULL in a record of segments */
    size_t segment_count;           /* 0 = the record is whole */
    struct vr_wfdb_segment *segments;
    /* Lines of text behind the signals, without their #, each ended by a line feed; "" = none. */
    char *infos;
};

/* Read `size` bytes of text (no NUL needed); `display` stands for the file in errors, which read
 * "FILE:LINE: ...".  VR_ERR_INPUT for whatever is wrong.  The caller ends *ret_header with finish.
 */
int vr_wfdb_header_parse(
    const char *text, size_t size, const char *display, struct vr_wfdb_header *ret_header,
    struct vr_err *err);

void vr_wfdb_header_finish(struct vr_wfdb_header *header);

#endif
