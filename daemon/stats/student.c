/* Student's distribution, as student.h gives it. */
#include "stats/student.h"

#include <assert.h>
#include <float.h>
#include <math.h>

#define STEPS_MAX 10000 /* of the fraction: it takes about the root of its larger parameter */

/* 1 + d_m x / ..., the fraction of DLMF 8.17.22 by the method of Lentz: numerators and denominators
 * are built up from the front, and neither may become 0. */
static double fraction(double a, double b, double x)
{
    double numerator = 1, denominator = 1 - (a + b) * x / (a + 1);
    denominator = 1 / (fabs(denominator) < DBL_MIN ? DBL_MIN : denominator);
    double value = denominator;
    for (int m = 1; m < STEPS_MAX; m++) {
        double terms[2] = {
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        };
        double step = 1;
        for (int i = 0; i < 2; i++) {
            denominator = 1 + terms[i] * denominator;
            denominator = 1 / (fabs(denominator) < DBL_MIN ? DBL_MIN : denominator);
            numerator = 1 + terms[i] / numerator;
            numerator = fabs(numerator) < DBL_MIN ? DBL_MIN : numerator;
            step = numerator * denominator;
            value *= step;
        }
        if (fabs(step - 1) < DBL_EPSILON)
            break;
    }
    return value;
}

/* log (gamma(a + 1/2) / gamma(a)).  For large a both are so large that their difference has lost its
 * digits; then by the series of DLMF 5.11.13, good to 1e-17 from 100 on. */
static double log_gamma_half_step(double a)
{
    if (a < 100)
        return lgamma(a + 0.5) - lgamma(a);
    double u = 1 / a;
    return 0.5 * log(a) +
           log1p(u * (-1.0 / 8 + u * (1.0 / 128 + u * (5.0 / 1024 - u * 21.0 / 32768))));
}

/* I_x(a, b), where one of a and b is 1/2.  `y` is 1 - x, which may be too small to be told from x. */
static double incomplete_beta(double a, double b, double x, double y)
{
    if (x <= 0 || y <= 0)
        return x <= 0 ? 0 : 1;
    double other = a == 0.5 ? b : a;
    double log_front = log_gamma_half_step(other) - 0.5 * log(M_PI) +
                       a * (x > y ? log1p(-y) : log(x)) + b * (y > x ? log1p(-x) : log(y));
    /* The fraction converges fast below the mean, and I_x(a, b) = 1 - I_y(b, a). */
    if (x < (a + 1) / (a + b + 2))
        return exp(log_front) * fraction(a, b, x) / a;
    return 1 - exp(log_front) * fraction(b, a, y) / b;
}

double vr_student_p(double t, double degrees)
{
    assert(degrees > 0);
    if (isnan(t))
        return NAN;
    if (isinf(t))
        return 0;
    double sum = degrees + t * t;
    return incomplete_beta(degrees / 2, 0.5, degrees / sum, t * t / sum);
}

double vr_student_quantile(double p, double degrees)
{
    assert(p > 0 && p < 1);
    double low = 0, high = 1;
    while (vr_student_p(high, degrees) > p && high < DBL_MAX / 4)
        high *= 2;
    for (;;) {
        double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high)
            return middle;
        if (vr_student_p(middle, degrees) > p)
            low = middle;
        else
            high = middle;
    }
}
