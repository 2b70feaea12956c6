/* Student's distribution: what a mean of few numbers is compared with.
 *
 * By the incomplete beta function: P(|T| > t) = I_x(n / 2, 1 / 2), x = n / (n + t^2), with n degrees
 * of freedom (NIST Digital Library of Mathematical Functions, section 8.17; its continued fraction is
 * 8.17.22). */
#ifndef VR_STATS_STUDENT_H
#define VR_STATS_STUDENT_H

/* The chance of a |T| as large as |t| or larger, with degrees > 0; NaN when t is. */
double vr_student_p(double t, double degrees);

/* The t that a |T| exceeds with the chance p (0 < p < 1): 2.776 for p = 0.05 and 4 degrees. */
double vr_student_quantile(double p, double degrees);

#endif
