/* Intervals of proportions.
 *
 * Wilson's score interval (E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209-212), without continuity
 * correction:
 *
 *     (p + z^2 / 2n  +-  z * sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n),   p = hits / n
 *
 * It stays inside 0..1 and does not shrink to nothing at 0 or n hits, as the textbook p +- z * s
 * does: 30 of 30 is 0.886 to 1. */
#ifndef VR_STATS_INTERVAL_H
#define VR_STATS_INTERVAL_H

#include <stdint.h>

/* Both ends are proportions, or NaN when there is nothing. */
struct vr_interval {
    double low, high;
};

/* The 95 % interval of the proportion hits / n; 0 <= hits <= n.  NaN when n is 0. */
struct vr_interval vr_interval_wilson(int64_t hits, int64_t n);

/* The 95 % interval of the mean of a Poisson count, by Byar's approximation (N. E. Breslow and N. E. Day,
 * Statistical Methods in Cancer Research II, 1987, section 2.3):
 *
 *     count (1 - 1 / 9 count - z / 3 sqrt(count))^3,   (count + 1) (1 - 1 / 9 (count + 1) + z / 3 sqrt(count + 1))^3
 *
 * The exact one of 0 is 0 to 3.69, this one 0 to 3.67; of 10 and more they agree to 0.2 %. */
struct vr_interval vr_interval_poisson(int64_t count);

#endif
