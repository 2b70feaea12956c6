/* What so many pairs could have shown, and how many would show it.
 *
 * A one-sided test with the confidence c finds a change of (t_c + t_power) SE with the chance `power` (H. S. Bloom, Eval. Rev. 19 (1995)
 * 547-556), both t of n - 1 degrees of freedom; for c = 0.95, a power of 80 % and 24 pairs that is 2.57 SE.  SE, the standard error of the
 * change, is as 1 / sqrt n. */
#ifndef VR_STATS_POWER_H
#define VR_STATS_POWER_H

#include <stddef.h>

#define VR_POWER 0.8

/* The minimum detectable effect; NaN below two pairs. */
double vr_power_detectable(
    double standard_error, size_t pair_count, double confidence, double power);

/* How many pairs it would take, in all, to tell a change from a limit that is `distance` away, if it is as large as it seems;
 * INFINITY when that is 0, NaN below two pairs. */
double vr_power_pairs(
    double standard_error, size_t pair_count, double confidence, double power, double distance);

#endif
