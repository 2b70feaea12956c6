/* Run-by-run comparison of ANSI/AAMI EC57: ventricular (VE) or supraventricular (SVE) ectopic beats in a row.
 *
 *     reference   N  V  V  V  N     N  V  N
 *     test        N  V  V  N  N     N  V  V  N
 *                    |-----|           ||
 *                   3 found as 2      1 found as 2
 *
 * A run of one side is held against the longest run of the other side between w before its first beat and w after its last.
 * Both ways: runs of the reference for sensitivity, runs of the test for positive predictivity.  Ventricular flutter or
 * fibrillation is a VE run of 6 or more, atrial fibrillation or flutter an SVE run of 6 or more, whatever beats lie in them.
 *
 * VR_COMPAT_WFDB: a run whose w reaches below 0 is held against a run of 6 or more, whatever is there. */
#ifndef VR_SCORE_RUNS_H
#define VR_SCORE_RUNS_H

#include "score/ec57.h"
#include "score/mark.h"

enum vr_run_kind { VR_RUN_VE, VR_RUN_SVE };

#define VR_RUN_LENGTHS 7 /* 0..5, and 6 or more */

struct vr_runs_counts {
    /* [length in the reference][length in the test], of the runs of the reference, and of those of the test. */
    int64_t reference_runs[VR_RUN_LENGTHS][VR_RUN_LENGTHS];
    int64_t test_runs[VR_RUN_LENGTHS][VR_RUN_LENGTHS];
};

/* Compare two lists of marks, which get sorted by time. */
int vr_runs_compare(
    struct vr_mark *reference, size_t reference_count, struct vr_mark *test, size_t test_count,
    const struct vr_ec57_options *options, enum vr_run_kind kind, struct vr_runs_counts *ret_counts,
    struct vr_err *err);

void vr_runs_add(struct vr_runs_counts *sum, const struct vr_runs_counts *counts);

/* tps and fn are runs of the reference, tpp and fp runs of the test. */
struct vr_runs_class {
    int64_t tps, fn, tpp, fp;
};

/* Couplets (2), short runs (3-5), long runs (6 or more).  A run counts as found when the other side's is of that class or a longer one. */
struct vr_runs_sums {
    struct vr_runs_class couplets, short_runs, long_runs;
};

struct vr_runs_sums vr_runs_sums(const struct vr_runs_counts *counts);

#endif
