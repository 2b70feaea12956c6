/* How fast the device's clock runs, from SYNC exchanges.
 *
 * The device saw the question after it was sent and answered before the answer came, so each exchange encloses an instant of the
 * device's clock between two of the host's.  Two exchanges enclose the mean rate between them; all of them together enclose the rate
 * of a clock that keeps its rate.  What is given is the middle of the enclosure, and its half width as the error: a bound, not an
 * estimate, whatever the delays were.  Where no single rate fits all exchanges the clock wandered, and the narrowest pair tells its
 * mean rate. */
#ifndef VR_REPLAY_CLOCK_RATE_H
#define VR_REPLAY_CLOCK_RATE_H

#include "store/store.h"

struct vr_clock_rate {
    double ppm;     /* the device's clock is faster than the host's by so much */
    double ppm_err; /* the true value is no farther away */
};

/* `syncs` in the order of their making, with clocks of 32 bits at `ticks_hz`.  False: fewer than two exchanges that can be used. */
bool vr_clock_rate_measure(
    const struct vr_sync_row *syncs, size_t count, int64_t ticks_hz,
    struct vr_clock_rate *ret_rate);

#endif
