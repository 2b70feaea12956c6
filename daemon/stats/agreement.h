/* How well two ways to measure the same agree.
 *
 * Bland-Altman, one pair a subject (J. M. Bland and D. G. Altman, Lancet 1986 i:307-310): the
 * differences d = test - reference have the mean `bias` and the standard deviation `sd` (n - 1), and
 * 95 % of them lie within bias +- 1.96 sd, the limits of agreement.
 *
 * Several pairs a subject, the true value varying (the same, J. Biopharm. Stat. 17 (2007) 571-582):
 * differences of one subject resemble each other, so that their plain spread is too small.  One-way
 * analysis of variance of the differences by subject, with m_i of N pairs in each of n subjects:
 *
 *     within    s_w^2 = MSW
 *     between   s_b^2 = max(0, (MSB - MSW) / m0),   m0 = (N^2 - sum m_i^2) / ((n - 1) N)
 *     limits    bias +- 1.96 sqrt(s_b^2 + s_w^2),    bias = mean of all differences
 *
 * Concordance (L. I. Lin, Biometrics 45 (1989) 255-268): 2 s_xy / (s_x^2 + s_y^2 + (m_x - m_y)^2) with
 * moments over n.  1 = every test is equal to its reference; a bias or another scale lowers it, which
 * the correlation r does not see. */
#ifndef VR_STATS_AGREEMENT_H
#define VR_STATS_AGREEMENT_H

#include <stddef.h>
#include <stdint.h>

#include "stats/interval.h"

#define VR_LIMITS_Z 1.96 /* as published, not 1.95996 */

struct vr_limits {
    double bias;
    double sd;        /* of a difference: over n - 1; or sqrt(s_b^2 + s_w^2) */
    double low, high; /* limits of agreement */
    /* 95 % intervals of bias and limits; of several pairs a subject there are none: NaN. */
    struct vr_interval bias_interval, low_interval, high_interval;
    double mean_square_between, mean_square_within; /* MSB, MSW; plain: NaN */
    double variance_between;                        /* s_b^2 */
    double pairs_per_subject;                       /* m0 */
};

/* NaN for what so few differences do not tell: all of none, the spread of one. */
struct vr_limits vr_limits_plain(const double *differences, size_t count);

/* The differences of the first subject, then those of the next: counts[i] >= 1 of each.  With one pair
 * of each the plain limits.  With one subject they are plain, too, but without intervals: its
 * differences are not independent of each other. */
struct vr_limits vr_limits_by_subject(
    const double *differences, const size_t *counts, size_t subject_count);

/* bias +- 1.96 sqrt(between + within). */
struct vr_interval vr_limits_of(double bias, double variance_between, double variance_within);

/* NaN when there is no pair, or neither side varies and both are equal. */
double vr_concordance(const double *x, const double *y, size_t count);
/* Correlation; NaN when a side does not vary. */
double vr_pearson(const double *x, const double *y, size_t count);

/* The straight line y = intercept + slope x by least squares. */
struct vr_line {
    double slope, intercept;
    double slope_error; /* standard error; NaN below 3 points */
    double p;           /* of no slope, two-sided; NaN below 3 points */
};

/* NaN when x does not vary. */
struct vr_line vr_line_fit(const double *x, const double *y, size_t count);

/* Proportional bias: difference (test - reference) over the mean of both.  The caller's `room` has place
 * for 2 count numbers. */
struct vr_line vr_proportional_bias(
    const double *reference, const double *test, size_t count, double *room);

double vr_mean(const double *values, size_t count); /* NaN of none */
double vr_sd(const double *values, size_t count);   /* n - 1; NaN below 2 */

#endif
