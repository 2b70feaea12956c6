/* The normal distribution and Student's t, as distribution.h gives them. */
#include "stats/distribution.h"

#include <float.h>
#include <math.h>

#define SQRT_2PI 2.5066282746310002

/* --- normal ----------------------------------------------------------------------------------- */

double vr_normal_cdf(double x)
{
    return erfc(-x / M_SQRT2) / 2;
}

/* Abramowitz and Stegun 26.2.23: within 4.5e-4 of the x that is exceeded with the chance q, for 0 < q <= 0.5. */
static double normal_guess(double q)
{
    double t = sqrt(-2 * log(q));
    return t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                   (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
}

/* The guess made exact by Halley's method, which triples the digits at each step.  In the lower tail, where erfc keeps its digits. */
static double normal_low_quantile(double p)
{
    double x = -normal_guess(p);
    for (int i = 0; i < 3; i++) {
        double density = exp(-x * x / 2) / SQRT_2PI;
        if (density <= 0)
            break;
        double newton = (vr_normal_cdf(x) - p) / density;
        x -= newton / (1 + x * newton / 2);
    }
    return x;
}

double vr_normal_quantile(double p)
{
    if (!(p >= 0 && p <= 1))
        return NAN;
    if (p == 0 || p == 1)
        return p == 0 ? -INFINITY : INFINITY;
    return p <= 0.5 ? normal_low_quantile(p) : -normal_low_quantile(1 - p);
}

/* --- Student's t ------------------------------------------------------------------------------ */

#define FRACTION_TERMS 100000 /* some times the square root of the larger parameter are needed */

/* Never 0: Lentz's method divides by it. */
static double away_from_0(double x)
{
    return fabs(x) < DBL_MIN / DBL_EPSILON ? DBL_MIN / DBL_EPSILON : x;
}

/* The continued fraction DLMF 8.17.22, from the front by Lentz's method (W. J. Lentz, Appl. Opt. 15 (1976) 668-671).  Converges fast
 * for x < (a + 1) / (a + b + 2). */
static double beta_fraction(double x, double a, double b)
{
    double c = 1, d = 1 / away_from_0(1 - (a + b) * x / (a + 1)), value = d;
    for (int m = 1; m < FRACTION_TERMS; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / away_from_0(1 + even * d);
        c = away_from_0(1 + even / c);
        value *= c * d;
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / away_from_0(1 + odd * d);
        c = away_from_0(1 + odd / c);
        value *= c * d;
        if (fabs(c * d - 1) < DBL_EPSILON)
            break;
    }
    return value;
}

/* I_x(a, b); `rest` is 1 - x, with its own digits. */
static double beta_regularized(double x, double rest, double a, double b)
{
    if (x <= 0 || rest <= 0)
        return x <= 0 ? 0 : 1;
    double front = exp(a * log(x) + b * log(rest) + lgamma(a + b) - lgamma(a) - lgamma(b));
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(x, a, b) / a;
    return 1 - front * beta_fraction(rest, b, a) / b;
}

/* P(T > t) for t >= 0. */
static double student_upper(double t, double df)
{
    double ratio = t * t / df;
    if (isinf(ratio))
        return 0;
    return beta_regularized(1 / (1 + ratio), ratio / (1 + ratio), df / 2, 0.5) / 2;
}

double vr_student_cdf(double t, double df)
{
    if (!(df > 0) || isnan(t))
        return NAN;
    if (isinf(df))
        return vr_normal_cdf(t);
    return t < 0 ? student_upper(-t, df) : 1 - student_upper(t, df);
}

/* The t that is exceeded with the chance q, 0 < q < 0.5, by halving an interval that holds it. */
static double student_exceeded(double q, double df)
{
    double low = 0, high = 1;
    while (student_upper(high, df) > q) {
        low = high;
        high *= 2;
    }
    for (;;) {
        double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high)
            return middle;
        if (student_upper(middle, df) > q)
            low = middle;
        else
            high = middle;
    }
}

double vr_student_quantile(double p, double df)
{
    if (!(df > 0) || !(p >= 0 && p <= 1))
        return NAN;
    if (p == 0 || p == 1)
        return p == 0 ? -INFINITY : INFINITY;
    if (isinf(df))
        return vr_normal_quantile(p);
    if (p == 0.5)
        return 0;
    return p < 0.5 ? -student_exceeded(p, df) : student_exceeded(1 - p, df);
}
