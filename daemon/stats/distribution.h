/* The normal distribution and Student's t: how likely a value is not exceeded, and which value is not exceeded with a chance.
 *
 * Normal: Phi(x) = erfc(-x / sqrt 2) / 2.  Student's t with df degrees of freedom (above 0, need not be whole), for t >= 0:
 *
 *     P(T > t) = I_x(df / 2, 1 / 2) / 2,   x = df / (df + t^2)
 *
 * with the regularized incomplete beta function I (NIST Digital Library of Mathematical Functions, 8.17; M. Abramowitz and I. A. Stegun,
 * Handbook of Mathematical Functions, 1964, 26.2 and 26.7.1).  The quantiles are the inverses, to about 13 digits.  Chances near 1 hold
 * few digits of what is missing to 1: ask for the other tail, both distributions are symmetric about 0. */
#ifndef VR_STATS_DISTRIBUTION_H
#define VR_STATS_DISTRIBUTION_H

/* P(Z <= x). */
double vr_normal_cdf(double x);
/* The x with P(Z <= x) = p; -INFINITY for 0, INFINITY for 1, NaN outside 0..1. */
double vr_normal_quantile(double p);

/* P(T <= t); NaN unless df > 0. */
double vr_student_cdf(double t, double df);
/* The t with P(T <= t) = p, as vr_normal_quantile; NaN unless df > 0. */
double vr_student_quantile(double p, double df);

#endif
