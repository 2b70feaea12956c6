/* Samples and annotations as text, in the layouts that the field's tools print and read. */
#ifndef VR_CLI_DUMP_H
#define VR_CLI_DUMP_H

#include <stdio.h>

#include "dataset/dataset.h"

#define VR_DUMP_ALL SIZE_MAX /* signal: every one */

struct vr_dump {
    struct vr_dataset *dataset; /* borrowed */
    size_t signal;              /* index, or VR_DUMP_ALL */
    int64_t first_frame;        /* window in the record's ticks, inside the record */
    int64_t frame_count;
    bool to_end; /* annotations have no upper bound: those at the record's end belong to it */
};

/* As rdsamp prints: sample number in 15 columns, then per signal a TAB and the digital value in 7; -32768 = no sample.  Signals with several
 * samples a frame are averaged, as rdsamp does.  VR_ERR_INPUT when a signal's rate is no multiple of the record's. */
int vr_dump_rdsamp(const struct vr_dump *dump, FILE *out, struct vr_err *err);

/* RFC 4180: sample, time in seconds, and per signal its physical value at full rate; empty = no sample.  VR_ERR_INPUT when the signals have
 * different rates. */
int vr_dump_csv(const struct vr_dump *dump, FILE *out, struct vr_err *err);

/* As `rdann -e` prints: elapsed time, sample, mnemonic, subtype, channel, number, text. */
int vr_dump_rdann(const struct vr_dump *dump, const char *annotator, FILE *out, struct vr_err *err);

/* "1:02:03.004" of a tick, milliseconds rounded half up; `buffer` of VR_DUMP_TIME_SIZE bytes.  Returns `buffer`. */
#define VR_DUMP_TIME_SIZE 32
const char *vr_dump_time(const struct vr_record *record, int64_t tick, char *buffer);

#endif
