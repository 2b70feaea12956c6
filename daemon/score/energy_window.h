/* Energy between marks: the windows of MLPerf Tiny's energy runs.
 *
 * Marks are instants in seconds on the trace's own axis.  Window k, from 1, is [mark k - 1, mark k) with marks counted from 0; the runner
 * of EEMBC puts its measurements into windows 2, 4, 6, 8 and 10.  Samples are fed in their order and counted as they come, so that a
 * trace needs no memory.  Which samples a window holds is said by one of two rules:
 *
 *   exact     those from round(a fs) to round(b fs) - 1.  Each end is at most one sample off, whatever was meant by the mark, so the
 *             energy is at most edge_err off: at each end the larger of the two samples that meet there.
 *   eembc     t = 0; for each sample s { if (t >= a && t < b) E += s; t += 1 / fs; } in doubles.  The sum drifts, for 1 / fs is not exact,
 *             and takes a sample more or less than was meant; but published figures were made so, and come out to their last digit.
 */
#ifndef VR_SCORE_ENERGY_WINDOW_H
#define VR_SCORE_ENERGY_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum vr_energy_rule { VR_ENERGY_EXACT, VR_ENERGY_EEMBC };

struct vr_energy_window {
    double from_s, to_s;
    double energy; /* sum of its samples, in their unit; NaN = samples are missing in it */
    double
        edge_err; /* half width; NaN = a sample at an edge is missing.  Of the exact rule; 0 with eembc, which is a convention */
    int64_t samples, lost;
};

struct vr_energy_windows {
    enum vr_energy_rule rule;
    double rate_hz;
    int64_t samples; /* fed so far */
    size_t count;
    struct vr_energy_window *items; /* window k is items[k - 1] */

    /* Private. */
    double time_s, before; /* before: the sample before this one */
    size_t first_open, edges_open;
};

/* `marks` in seconds, at least two, finite, not below 0, each behind the one before: vr_energy_marks_check.  VR_ERR_NO_MEMORY. */
int vr_energy_windows_create(
    enum vr_energy_rule rule, double rate_hz, const double *marks, size_t mark_count,
    struct vr_energy_windows **ret_windows, struct vr_err *err);
void vr_energy_windows_destroy(struct vr_energy_windows *windows); /* NULL is allowed */
void vr_energy_windows_destroyp(struct vr_energy_windows **windows);

void vr_energy_windows_add(struct vr_energy_windows *windows, double sample); /* NaN = missing */

/* No more samples.  VR_ERR_INPUT: the last mark is beyond the trace. */
int vr_energy_windows_end(struct vr_energy_windows *windows, struct vr_err *err);

/* VR_ERR_INPUT names the first mark that cannot be one. */
int vr_energy_marks_check(const double *marks, size_t count, struct vr_err *err);

/* Energy of one inference in each of the windows 2, 4, .. and their median.  NaN = a window has no energy, or there is none. */
double vr_energy_median(const struct vr_energy_windows *windows, double inferences);

/* What MLPerf Tiny asks of a measurement; https://github.com/mlcommons/tiny, and the runner's "at least 10 seconds and 10 iterations". */
#define VR_ENERGY_MEASUREMENTS 5
#define VR_ENERGY_SECONDS_MIN 10.0
#define VR_ENERGY_INFERENCES_MIN 10.0
#define VR_ENERGY_LOST_MAX 0.001

#define VR_ENERGY_WHY_SIZE 128
/* The first rule that window `number` breaks, in words; "" = none.  Returns `why`. */
const char *vr_energy_window_why(
    const struct vr_energy_window *window, size_t number, double inferences,
    char why[VR_ENERGY_WHY_SIZE]);
/* The first rule that is broken, in words; "" = none.  Returns `why`. */
const char *vr_energy_mlperf_why(
    const struct vr_energy_windows *windows, double inferences, char why[VR_ENERGY_WHY_SIZE]);

#endif
