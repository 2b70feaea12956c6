/* Agreement of two ways to measure, as agreement.h gives it.  Spreads are taken from deviations, never
 * from sums of squares, which lose their digits where the mean is large. */
#include "stats/agreement.h"

#include <math.h>

#include "stats/distribution.h"

static const struct vr_interval no_interval = {NAN, NAN};

static double square(double value)
{
    return value * value;
}

double vr_mean(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return count > 0 ? sum / (double)count : NAN;
}

/* The sum of (x - mean x) (y - mean y). */
static double comoment(const double *x, double x_mean, const double *y, double y_mean, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (x[i] - x_mean) * (y[i] - y_mean);
    return sum;
}

double vr_sd(const double *values, size_t count)
{
    if (count < 2)
        return NAN;
    double mean = vr_mean(values, count);
    return sqrt(comoment(values, mean, values, mean, count) / (double)(count - 1));
}

/* --- limits of agreement ---------------------------------------------------------------------- */

struct vr_interval vr_limits_of(double bias, double variance_between, double variance_within)
{
    double half = VR_LIMITS_Z * sqrt(variance_between + variance_within);
    return (struct vr_interval){bias - half, bias + half};
}

static struct vr_interval around(double value, double half)
{
    return (struct vr_interval){value - half, value + half};
}

struct vr_limits vr_limits_plain(const double *differences, size_t count)
{
    struct vr_limits limits = {
        .bias = vr_mean(differences, count),
        .sd = vr_sd(differences, count),
        .bias_interval = no_interval,
        .low_interval = no_interval,
        .high_interval = no_interval,
        .mean_square_between = NAN,
        .mean_square_within = NAN,
        .variance_between = NAN,
        .pairs_per_subject = NAN,
    };
    struct vr_interval ends = vr_limits_of(limits.bias, 0, square(limits.sd));
    limits.low = ends.low;
    limits.high = ends.high;
    if (count < 2)
        return limits;

    double n = (double)count;
    double t = vr_student_quantile(0.975, n - 1);
    double half = t * limits.sd * sqrt(1 / n + square(VR_LIMITS_Z) / (2 * (n - 1)));
    limits.bias_interval = around(limits.bias, t * limits.sd / sqrt(n));
    limits.low_interval = around(limits.low, half);
    limits.high_interval = around(limits.high, half);
    return limits;
}

struct vr_limits vr_limits_by_subject(
    const double *differences, const size_t *counts, size_t subject_count)
{
    size_t count = 0;
    double count_squares = 0;
    for (size_t i = 0; i < subject_count; i++) {
        count += counts[i];
        count_squares += square((double)counts[i]);
    }
    struct vr_limits limits = vr_limits_plain(differences, count);
    if (count == subject_count)
        return limits;
    limits.bias_interval = limits.low_interval = limits.high_interval = no_interval;
    if (subject_count < 2)
        return limits;

    double between = 0, within = 0; /* sums of squares */
    const double *at = differences;
    for (size_t i = 0; i < subject_count; at += counts[i++]) {
        double mean = vr_mean(at, counts[i]);
        between += (double)counts[i] * square(mean - limits.bias);
        within += comoment(at, mean, at, mean, counts[i]);
    }
    double n = (double)count, subjects = (double)subject_count;
    limits.mean_square_between = between / (subjects - 1);
    limits.mean_square_within = within / (n - subjects);
    limits.pairs_per_subject = (n * n - count_squares) / ((subjects - 1) * n);
    limits.variance_between = fmax(
        0, (limits.mean_square_between - limits.mean_square_within) / limits.pairs_per_subject);
    limits.sd = sqrt(limits.variance_between + limits.mean_square_within);
    struct vr_interval ends =
        vr_limits_of(limits.bias, limits.variance_between, limits.mean_square_within);
    limits.low = ends.low;
    limits.high = ends.high;
    return limits;
}

/* --- concordance, correlation, regression ----------------------------------------------------- */

double vr_concordance(const double *x, const double *y, size_t count)
{
    double n = (double)count, x_mean = vr_mean(x, count), y_mean = vr_mean(y, count);
    double whole = comoment(x, x_mean, x, x_mean, count) / n +
                   comoment(y, y_mean, y, y_mean, count) / n + square(x_mean - y_mean);
    return whole > 0 ? 2 * comoment(x, x_mean, y, y_mean, count) / n / whole : NAN;
}

double vr_pearson(const double *x, const double *y, size_t count)
{
    double x_mean = vr_mean(x, count), y_mean = vr_mean(y, count);
    double x_square = comoment(x, x_mean, x, x_mean, count);
    double y_square = comoment(y, y_mean, y, y_mean, count);
    if (!(x_square > 0) || !(y_square > 0))
        return NAN;
    double r = comoment(x, x_mean, y, y_mean, count) / (sqrt(x_square) * sqrt(y_square));
    return fmax(-1, fmin(1, r));
}

struct vr_line vr_line_fit(const double *x, const double *y, size_t count)
{
    double x_mean = vr_mean(x, count), y_mean = vr_mean(y, count);
    double x_square = comoment(x, x_mean, x, x_mean, count);
    struct vr_line line = {NAN, NAN, NAN, NAN};
    if (!(x_square > 0))
        return line;
    line.slope = comoment(x, x_mean, y, y_mean, count) / x_square;
    line.intercept = y_mean - line.slope * x_mean;
    if (count < 3)
        return line;

    double rest = 0;
    for (size_t i = 0; i < count; i++)
        rest += square(y[i] - y_mean - line.slope * (x[i] - x_mean));
    double degrees = (double)count - 2;
    line.slope_error = sqrt(rest / degrees / x_square);
    /* Points on a line: no slope but this one is possible, and of a flat one any p would be made up. */
    if (line.slope_error > 0)
        line.p = 2 * vr_student_cdf(-fabs(line.slope / line.slope_error), degrees);
    else
        line.p = line.slope == 0 ? NAN : 0;
    return line;
}

struct vr_line vr_proportional_bias(
    const double *reference, const double *test, size_t count, double *room)
{
    double *means = room, *differences = room + count;
    for (size_t i = 0; i < count; i++) {
        means[i] = (reference[i] + test[i]) / 2;
        differences[i] = test[i] - reference[i];
    }
    return vr_line_fit(means, differences, count);
}
