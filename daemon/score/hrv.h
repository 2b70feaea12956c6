/* Heart rate variability, of windows of a list of beats (Task Force of the ESC and NASPE, Circulation 93 (1996) 1043-1065).
 *
 * NN = the interval between two normal beats in a row: both of class N, no beat between, no VF and no shutdown that begins between them.
 * One belongs to a window with both its beats.  Pairs of successive NN share a beat. */
#ifndef VR_SCORE_HRV_H
#define VR_SCORE_HRV_H

#include "score/ec57.h"
#include "score/mark.h"

#define VR_HRV_WINDOW_S 300.0 /* the short-term recording of the Task Force */

/* X(place, name, unit): NaN = there is none */
#define VR_HRV_MEASURES(X) \
    X(MEAN_NN, "mean_nn", "ms") /* mean of NN */ \
    X(SDNN, "sdnn", "ms")       /* standard deviation (n - 1) of NN */ \
    X(RMSSD, "rmssd", "ms")     /* root mean square of differences between successive NN */ \
    X(PNN50, "pnn50", "pct")    /* share of these that are larger than 50 ms on either side */ \
    X(LN_RMSSD, "ln_rmssd", "") /* natural logarithm of RMSSD in ms */

enum vr_hrv_measure {
#define X(place, name, unit) VR_HRV_##place,
    VR_HRV_MEASURES(X)
#undef X
        VR_HRV_COUNT
};

struct vr_hrv {
    double covered; /* part of the window that its NN cover, 0 to 1 */
    double values[VR_HRV_COUNT];
};

struct vr_hrv_windows {
    struct vr_hrv *items;
    size_t count;
};

/* Windows of VR_HRV_WINDOW_S one after the other, as many as fit into the span.  One of which NN cover less than `coverage` has no
 * values.  `marks` get sorted by time.  The caller finishes *ret_windows. */
int vr_hrv_windows(
    struct vr_mark *marks, size_t count, const struct vr_ec57_options *options,
    const struct vr_ec57_span *span, double coverage, struct vr_hrv_windows *ret_windows,
    struct vr_err *err);
void vr_hrv_windows_finish(struct vr_hrv_windows *windows);

#endif
