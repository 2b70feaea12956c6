/* The plain pairing of beats of wfdb-python 4.3 (compare_annotations), for comparison with research papers: no classes, no VF, no
 * shutdown.  Certificates rest on score/match.h. */
#ifndef VR_SCORE_SIMPLE_H
#define VR_SCORE_SIMPLE_H

#include <stddef.h>

#include "score/ec57.h"
#include "score/event.h"

struct vr_simple_counts {
    int64_t tp, fn, fp;
};

/* Beats of the classes N S V F Q in start..end.  Each of the reference, in order, takes the nearest of the test that no one before has,
 * less than w away; but one that is nearer to the next of the reference stays with that, and the one before it is taken.
 * The lists get sorted by time.  VR_ERR_NO_MEMORY. */
int vr_simple_compare(
    struct vr_event *reference, size_t reference_count, struct vr_event *test, size_t test_count,
    const struct vr_ec57_options *options, struct vr_simple_counts *ret_counts, struct vr_err *err);

/* Percentages, NaN when there is nothing to take them from. */
double vr_simple_sensitivity_pct(const struct vr_simple_counts *counts);
double vr_simple_ppv_pct(const struct vr_simple_counts *counts);
double vr_simple_f1_pct(const struct vr_simple_counts *counts);
double vr_simple_der_pct(
    const struct vr_simple_counts *counts); /* (fn + fp) / beats of the reference */

#endif
