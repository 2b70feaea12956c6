/* Samples as a table (RFC 4180), for everything that is not the field's own. */
#ifndef VR_CLI_CSV_H
#define VR_CLI_CSV_H

#include <stdio.h>

#include "dataset/frames.h"

/* Columns: sample number, time in seconds, and per signal its physical value at full rate, with the unit in the head ("LSB" when it is not
 * calibrated); empty = no sample.  Frames [first, first + count).  VR_ERR_INPUT when the signals have different rates. */
int vr_csv_dump(
    FILE *file, const struct vr_frames *frames, int64_t first, int64_t count, struct vr_err *err);

#endif
