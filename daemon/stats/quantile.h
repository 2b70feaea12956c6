/* Exact quantiles of a set of numbers, and how well so many numbers pin one down. */
#ifndef VR_STATS_QUANTILE_H
#define VR_STATS_QUANTILE_H

#include <stddef.h>

#include "stats/interval.h"

/* Ascending, in place; no NaN among them. */
void vr_quantile_sort(double *values, size_t count);

/* The quantile p (0..1) of sorted values: between neighbours on the line through the ranks
 * 1 + (count - 1) p.  This is type 7 of R. J. Hyndman and Y. Fan, Am. Stat. 50 (1996) 361-365: what
 * R, NumPy and spreadsheets give unasked.  p = 1 is the maximum.  NaN when count is 0. */
double vr_quantile(const double *sorted, size_t count, double p);

/* The 95 % interval of the quantile p (above 0, below 1) of whatever the values were drawn from,
 * with no assumption about its shape, only that the draws are independent: how many of them fall
 * below the true quantile is binomial (count, p), so the ends are order statistics (H. A. David and
 * H. N. Nagaraja, Order Statistics, 3rd ed. 2003, section 7.1).  At most 2.5 % lie outside either
 * end.  NaN for both ends when there are too few values for that, below 72 for p = 0.95, below 368 for p = 0.99. */
struct vr_interval vr_quantile_interval(const double *sorted, size_t count, double p);

#endif
