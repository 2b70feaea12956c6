/* Records and annotations as the text that the field's own tools print, byte for byte, so that results
 * can be compared with diff. */
#ifndef VR_DATASET_WFDB_TEXT_H
#define VR_DATASET_WFDB_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "dataset/dataset.h"
#include "dataset/frames.h"
#include "dataset/rate.h"
#include "dataset/wfdb_header.h"

/* Frames [first, first + count) as rdsamp prints them: the number of the frame, and one value per signal:
 * of several samples in a frame their mean.  With high_resolution as `rdsamp -H`: one line for each
 * sample of the fastest signal, and the samples of slower ones repeated.  The caller looks for write
 * errors with ferror. */
int vr_wfdb_text_samples(
    FILE *file, const struct vr_frames *frames, int64_t first, int64_t count, bool high_resolution,
    struct vr_err *err);

/* How rdann prints annotations. */
struct vr_wfdb_text_style {
    struct vr_rate rate; /* of their ticks */
    struct vr_wfdb_start
        start;                /* times by the clock on the wall; zeroed = elapsed, as `rdann -e` */
    char *const *definitions; /* of the list, by code: "MNEMONIC TEXT" or NULL; NULL = none */
};

/* One annotation as rdann prints it. */
void vr_wfdb_text_annotation(
    FILE *file, const struct vr_annotation *item, const struct vr_wfdb_text_style *style);

#endif
