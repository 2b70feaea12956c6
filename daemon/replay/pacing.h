/* Pacing: how well a paced trial kept the sensor's time, from its stored rows.
 *
 * Each sample at which an output was emitted is an instant: the output tells its index and, by the device's clock, when it was given to
 * the algorithm.  Its place on the sensor's time line is index x period.  What is between the two is its lateness; the line is laid
 * so that no instant is early.  An underrun shifts what follows, and lateness keeps the shift: it is what a sensor would have seen.
 *
 * Drift is the slope of the line that lies under all instants and touches two of them on both sides of the middle (the lower hull):
 * delays only ever make a sample late, so the earliest ones know the rate best.  It is known to twice the median distance from that
 * line over the time from first to last.  Where an underrun shifted the time line there is no one rate, and no drift. */
#ifndef VR_REPLAY_PACING_H
#define VR_REPLAY_PACING_H

#include "store/store.h"

#define VR_PACING_DRIFT_MIN 10 /* instants below which no drift is told */

struct vr_pacing_input {
    const struct vr_output_row *outputs; /* in order */
    size_t output_count;
    const struct vr_sync_row *syncs; /* in order */
    size_t sync_count;
    uint32_t rate_num,
        rate_den; /* of every stream: the outputs do not tell which one's sample was at work */
    int64_t sample_count; /* of every stream */
    uint32_t speed_milli; /* above 0 */
    int64_t ticks_hz;     /* 0 = the device did not tell */
    int64_t underruns;
};

/* 1 = *ret_row is filled; 0 = there are no figures, and *ret_why (a constant) says why; VR_ERR_NO_MEMORY. */
int vr_pacing_measure(
    const struct vr_pacing_input *input, struct vr_pacing_row *ret_row, const char **ret_why,
    struct vr_err *err);

#endif
