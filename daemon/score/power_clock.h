/* Reading the clocks of a power stream: from the device's ticks and the host's time to its samples (replay/timemap.h lays the lines). */
#ifndef VR_SCORE_POWER_CLOCK_H
#define VR_SCORE_POWER_CLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "store/power.h"

struct vr_power_clocks {
    const struct vr_power_clock_row *rows; /* those of a clock together, in ascending x */
    size_t count;
};

/* The sample at x on that clock, and a bound of it in samples (NaN = none).  False: no piece of the line has x. */
bool vr_power_clock_at(
    const struct vr_power_clocks *clocks, const char *clock, int64_t x, double *ret_sample,
    double *ret_bound);
/* The other way, to the nearest whole x. */
bool vr_power_clock_back(
    const struct vr_power_clocks *clocks, const char *clock, double sample, int64_t *ret_x);

/* Device ticks at which each output was emitted, unwrapped, since the mark with the ticks `start`.  An output is emitted before it
 * arrives, and before the next one: between these, the clock of 32 bits leaves one answer where outputs are less than a turn apart, or
 * were on the way for less than one.  `ticks` is room for `count`. */
void vr_power_clock_unwrap(
    const struct vr_power_clocks *clocks, uint32_t start, int64_t ticks_hz,
    const struct vr_output_row *outputs, size_t count, int64_t *ticks);

#endif
