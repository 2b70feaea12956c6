/* Truth in the rows of a file: labels, measurements, beats, events. */
#ifndef VR_DATASET_CSV_TRUTH_H
#define VR_DATASET_CSV_TRUTH_H

#include <stdint.h>

#include "base/err.h"
#include "dataset/csv_part.h"
#include "dataset/dataset.h"
#include "dataset/rate.h"

/* Where the truth goes: the record's start by its clock, its ticks, and its length in them. */
struct vr_csv_truth_frame {
    int64_t origin_ns; /* 0 without a clock */
    struct vr_rate ticks;
    int64_t tick_count; /* 0 = not known */
};

/* The tick that a row's time is nearest to. */
int64_t vr_csv_truth_tick(
    const struct vr_csv_truth_frame *frame, const struct vr_csv_part *part, int64_t ns);

/* The truth of one annotator, in ascending time.  Labels and rhythms are told where they change; each
 * lasts until the next row, and by the rate, if the file has one, for one row: then comes an empty
 * one.  What lies outside the record is left out; VR_ERR_INPUT when all of it does.  *ret_list comes
 * empty; the caller ends it, also on error. */
int vr_csv_truth_read(
    struct vr_csv_part *part, const struct vr_csv_map_truth *truth,
    const struct vr_csv_truth_frame *frame, struct vr_annotations *ret_list, struct vr_err *err);

#endif
