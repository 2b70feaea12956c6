/* Quantiles and their intervals, as quantile.h gives them. */
#include "stats/quantile.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define TAIL 0.025 /* chance left outside either end */

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void vr_quantile_sort(double *values, size_t count)
{
    if (count > 0)
        qsort(values, count, sizeof *values, ascending);
}

double vr_quantile(const double *sorted, size_t count, double p)
{
    assert(p >= 0 && p <= 1);
    if (count == 0)
        return NAN;
    double rank = (double)(count - 1) * p; /* from 0 */
    size_t below = (size_t)rank;
    if (below + 1 >= count)
        return sorted[count - 1];
    return sorted[below] + (rank - (double)below) * (sorted[below + 1] - sorted[below]);
}

/* ln P(B = k) of B binomial (count, p). */
static double log_binomial(double count, double k, double p)
{
    return lgamma(count + 1) - lgamma(k + 1) - lgamma(count - k + 1) + k * log(p) +
           (count - k) * log1p(-p);
}

/* With B binomial (count, p): the largest rank l with P(B < l) <= TAIL and the smallest rank u with
 * P(B >= u) <= TAIL; rank 0 and rank count + 1 do not exist.  The sum begins twelve standard
 * deviations below the mean, where less than 1e-20 is missing, and its terms are built up in
 * logarithms, since they begin below the smallest double. */
struct vr_interval vr_quantile_interval(const double *sorted, size_t count, double p)
{
    assert(p > 0 && p < 1);
    double n = (double)count;
    double first = floor(n * p - 12 * sqrt(n * p * (1 - p)) - 12);
    size_t start = first > 0 ? (size_t)first : 0;
    double log_term = log_binomial(n, (double)start, p), log_odds = log(p) - log1p(-p);
    double below = 0; /* P(B < k) */
    size_t low = 0, high = count + 1;
    for (size_t k = start; k <= count; k++) {
        if (below <= TAIL)
            low = k;
        if (1 - below <= TAIL) {
            high = k;
            break;
        }
        below += exp(log_term);
        log_term += log((n - (double)k) / ((double)k + 1)) + log_odds;
    }
    if (low < 1 || high > count)
        return (struct vr_interval){NAN, NAN};
    return (struct vr_interval){sorted[low - 1], sorted[high - 1]};
}
