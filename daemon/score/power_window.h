/* The windows of MLPerf Tiny in a trial: five, each of at least 10 s and 10 inferences (score/energy_window.h has the rules).
 *
 * A trial has no marks between runs of its own; its inferences are cut instead, into five parts of as many inferences each, from the begin
 * of an inference to the begin of the first one of the next window; the last inference only ends the last window.  What the device draws
 * between inferences is in them: all of it gross, as MLPerf has it.  In a trial at a pace that is the rest between them too, where a
 * runner of MLPerf lets inferences follow each other without a pause. */
#ifndef VR_SCORE_POWER_WINDOW_H
#define VR_SCORE_POWER_WINDOW_H

#include "score/energy_window.h"
#include "score/power_piece.h"

/* A window, with the room for why it is none. */
struct vr_power_windows {
    size_t count; /* VR_ENERGY_MEASUREMENTS, or 0: no inference has a place in the trace */
    struct vr_power_window_row rows[VR_ENERGY_MEASUREMENTS]; /* their `why` points to below */
    char why[VR_ENERGY_MEASUREMENTS][VR_ENERGY_WHY_SIZE];
};

/* `ret_windows` is not to be moved.  What the trace returns. */
int vr_power_windows_cut(
    const struct vr_power_trace *trace, const struct vr_power_inference_row *inferences,
    size_t count, struct vr_power_windows *ret_windows, struct vr_err *err);

/* Energy of an inference: the median of all windows; NaN = they are not five, or one breaks a rule. */
double vr_power_windows_median(const struct vr_power_window_row *rows, size_t count);

#endif
