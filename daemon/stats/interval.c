/* Intervals, as interval.h gives them. */
#include "stats/interval.h"

#include <assert.h>
#include <math.h>

#define Z_95 1.959963984540054 /* standard normal quantile of 0.975 */

struct vr_interval vr_interval_wilson(int64_t hits, int64_t n)
{
    assert(hits >= 0 && hits <= n);
    if (n == 0)
        return (struct vr_interval){NAN, NAN};
    double count = (double)n;
    double p = (double)hits / count;
    double scale = 1 + Z_95 * Z_95 / count;
    double centre = p + Z_95 * Z_95 / (2 * count);
    double half = Z_95 * sqrt(p * (1 - p) / count + Z_95 * Z_95 / (4 * count * count));
    /* At the ends centre and half are equal on paper, but not to the last bit. */
    return (struct vr_interval){
        .low = hits == 0 ? 0 : (centre - half) / scale,
        .high = hits == n ? 1 : (centre + half) / scale,
    };
}

struct vr_interval vr_interval_poisson(int64_t count)
{
    assert(count >= 0);
    double low = (double)count, high = low + 1;
    return (struct vr_interval){
        .low = count > 0 ? low * pow(1 - 1 / (9 * low) - Z_95 / (3 * sqrt(low)), 3) : 0,
        .high = high * pow(1 - 1 / (9 * high) + Z_95 / (3 * sqrt(high)), 3),
    };
}
