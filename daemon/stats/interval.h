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

#endif
