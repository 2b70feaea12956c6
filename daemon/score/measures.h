/* Measurement-by-measurement comparison of ANSI/AAMI EC57: heart rate, heart rate variability, any number.
 *
 *     reference   -----70--------------74--------72-------
 *     test        ---------71-----------------73----------
 *                      with 70             with 72: nearer than 74
 *
 * Measurements are MEASURE marks; the subtype says which number it is, the text its value.  Each of the test at start..end is held
 * against the nearest one of the reference in time, the later of two. */
#ifndef VR_SCORE_MEASURES_H
#define VR_SCORE_MEASURES_H

#include <stdbool.h>

#include "score/ec57.h"
#include "score/mark.h"

struct vr_measures_counts {
    int64_t count;        /* pairs; VR_COMPAT_WFDB: what mxm calls n */
    double reference_sum; /* of the values of the reference */
    double error_sum;     /* of test - reference */
    double error_squares; /* of its square */
    double error_absolutes;
    bool is_complete; /* both sides have measurements of this number */
};

/* A number and when it was told. */
struct vr_measurement {
    int64_t sample_index;
    double value;
};

/* Each of `test` at start..end with the nearest of `reference`; both ascend in time. */
void vr_measures_pair(
    const struct vr_measurement *reference, size_t reference_count,
    const struct vr_measurement *test, size_t test_count, const struct vr_ec57_span *span,
    struct vr_measures_counts *counts);

/* The same with the measurements of this number among marks, sorted by time. */
int vr_measures_of_marks(
    const struct vr_mark *reference, size_t reference_count, int measurement,
    const struct vr_measurement *test, size_t test_count, const struct vr_ec57_span *span,
    struct vr_measures_counts *counts, struct vr_err *err);

bool vr_mark_is_measurement(const struct vr_mark *mark, int measurement);

/* Compare two lists of marks, which get sorted by time.  VR_ERR_INPUT for a text that is no number (VR_COMPAT_WFDB: it is 0). */
int vr_measures_compare(
    struct vr_mark *reference, size_t reference_count, struct vr_mark *test, size_t test_count,
    const struct vr_ec57_options *options, int measurement, struct vr_measures_counts *ret_counts,
    struct vr_err *err);

void vr_measures_add(struct vr_measures_counts *sum, const struct vr_measures_counts *counts);

/* NaN when there is nothing to take it from. */
double vr_measures_rms_error(const struct vr_measures_counts *counts); /* in its own unit */
double vr_measures_reference_mean(const struct vr_measures_counts *counts);
double vr_measures_rms_error_pct(const struct vr_measures_counts *counts); /* of that mean */

#endif
