#include "stats/agreement.h"

#include <criterion/criterion.h>
#include <math.h>

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* Peak flow by two meters, litres a minute: Bland and Altman, Lancet 1986 i:307-310, first readings. */
static const double wright[] = {494, 395, 516, 434, 476, 557, 413, 442, 650,
                                433, 417, 656, 267, 478, 178, 423, 427};
static const double mini[] = {512, 430, 520, 428, 500, 600, 364, 380, 658,
                              445, 432, 626, 260, 477, 259, 350, 451};

Test(agreement, limits_of_one_pair_a_subject_are_the_published_ones)
{
    double differences[17];
    for (size_t i = 0; i < 17; i++)
        differences[i] = wright[i] - mini[i];
    struct vr_limits limits = vr_limits_plain(differences, 17);
    cr_expect_float_eq(limits.bias, -2.1, 0.05, "%g", limits.bias);
    cr_expect_float_eq(limits.sd, 38.8, 0.05, "%g", limits.sd);
    cr_expect_float_eq(limits.low, limits.bias - 1.96 * limits.sd, 1e-12);
    cr_expect_float_eq(limits.high, limits.bias + 1.96 * limits.sd, 1e-12);
    cr_expect_float_eq(limits.bias_interval.low, -22.0, 0.06, "%g", limits.bias_interval.low);
    cr_expect_float_eq(limits.bias_interval.high, 17.8, 0.06, "%g", limits.bias_interval.high);
    /* 2.1199 * 38.7651 * sqrt(1/17 + 1.96^2 / 32) = 34.757 to either side of a limit. */
    cr_expect_float_eq(limits.low - limits.low_interval.low, 34.757, 1e-3);
    cr_expect_float_eq(limits.high_interval.high - limits.high, 34.757, 1e-3);
}

/* A clinical thermometer's manual (Philips VS30) states the variances and the limits. */
Test(agreement, limits_of_stated_variances_are_the_stated_limits)
{
    struct vr_interval ends = vr_limits_of(-0.05, 0.463, 1.131);
    cr_expect_float_eq(ends.low, -2.5246, 5e-5, "%.6f", ends.low);
    cr_expect_float_eq(ends.high, 2.4246, 5e-5, "%.6f", ends.high);
}

Test(agreement, limits_by_subject_come_from_the_analysis_of_variance)
{
    static const double differences[] = {1, 2, 1.5, -0.5, 0, 0.3, 0.4, 0.2, 0.1};
    static const size_t counts[] = {3, 2, 4};
    struct vr_limits limits = vr_limits_by_subject(differences, counts, 3);
    cr_expect_float_eq(limits.bias, 0.555556, 5e-7);
    cr_expect_float_eq(limits.mean_square_between, 2.173611, 5e-7);
    cr_expect_float_eq(limits.mean_square_within, 0.1125, 1e-12);
    cr_expect_float_eq(limits.pairs_per_subject, 2.888889, 5e-7);
    cr_expect_float_eq(limits.variance_between, 0.713462, 5e-7);
    cr_expect_float_eq(limits.sd, 0.908824, 5e-7);
    cr_expect_float_eq(limits.low, -1.225740, 5e-7, "%.7f", limits.low);
    cr_expect_float_eq(limits.high, 2.336851, 5e-7, "%.7f", limits.high);
    cr_expect(isnan(limits.low_interval.low));
}

Test(agreement, subjects_that_differ_less_than_chance_have_no_variance_between)
{
    static const double differences[] = {-1, 1, -1, 1};
    static const size_t counts[] = {2, 2};
    struct vr_limits limits = vr_limits_by_subject(differences, counts, 2);
    cr_expect_eq(limits.variance_between, 0);
    cr_expect_float_eq(limits.sd, sqrt(2), 1e-15);
}

Test(agreement, one_pair_a_subject_or_one_subject_are_plain)
{
    static const double differences[] = {1, 2, 4};
    static const size_t one_each[] = {1, 1, 1}, one_subject[] = {3};
    struct vr_limits plain = vr_limits_plain(differences, 3);
    cr_expect_eq(vr_limits_by_subject(differences, one_each, 3).low, plain.low);
    cr_expect_eq(vr_limits_by_subject(differences, one_subject, 1).low, plain.low);
    cr_expect(!isnan(vr_limits_by_subject(differences, one_each, 3).low_interval.low));
    cr_expect(isnan(vr_limits_by_subject(differences, one_subject, 1).low_interval.low));
}

Test(agreement, of_too_few_there_is_none)
{
    static const double one[] = {3};
    cr_expect(isnan(vr_limits_plain(NULL, 0).bias));
    cr_expect_eq(vr_limits_plain(one, 1).bias, 3);
    cr_expect(isnan(vr_limits_plain(one, 1).low));
    cr_expect(isnan(vr_concordance(NULL, NULL, 0)));
    cr_expect(isnan(vr_concordance(one, one, 1)));
    cr_expect(isnan(vr_pearson(one, one, 1)));
    cr_expect(isnan(vr_sd(one, 1)));
    cr_expect(isnan(vr_line_fit(one, one, 1).slope));
}

Test(agreement, concordance_and_correlation_are_the_golden_ones)
{
    static const double x[] = {60, 72, 80, 95, 110}, y[] = {61, 70, 83, 90, 118};
    cr_expect_float_eq(
        vr_concordance(x, y, 5), 0.970174321, 5e-10, "%.12f", vr_concordance(x, y, 5));
    cr_expect_float_eq(vr_pearson(x, y, 5), 0.977725617, 5e-10, "%.12f", vr_pearson(x, y, 5));
}

Test(agreement, concordance_sees_a_bias_that_correlation_does_not)
{
    static const double x[] = {60, 72, 80, 95}, y[] = {70, 82, 90, 105};
    cr_expect_float_eq(vr_pearson(x, y, 4), 1, 1e-12);
    /* s^2 = 161.6875 on both sides, bias 10: 323.375 / 423.375. */
    cr_expect_float_eq(vr_concordance(x, y, 4), 323.375 / 423.375, 1e-12);
}

/* Spread 1 around 10^9: sums of squares would have lost it. */
Test(agreement, keeps_its_digits_far_from_0)
{
    static const double x[] = {1e9 - 1, 1e9, 1e9 + 1}, y[] = {1e9 - 1, 1e9 + 1, 1e9};
    cr_expect_float_eq(vr_pearson(x, y, 3), 0.5, 1e-12);
    cr_expect_float_eq(vr_sd(x, 3), 1, 1e-12);
}

/* Anscombe's first quartet, Am. Stat. 27 (1973) 17-21: y = 3.0001 + 0.5001 x, error of the slope 0.118,
 * t = 4.24, p = 0.00217. */
Test(agreement, line_is_the_published_one)
{
    static const double x[] = {10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5};
    static const double y[] = {8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68};
    struct vr_line line = vr_line_fit(x, y, COUNT(x));
    cr_expect_float_eq(line.slope, 0.5001, 5e-5);
    cr_expect_float_eq(line.intercept, 3.0001, 5e-5);
    cr_expect_float_eq(line.slope_error, 0.1179, 5e-5);
    cr_expect_float_eq(line.p, 0.00217, 5e-6, "%.6f", line.p);
}

/* The test reads 10 % more: difference 0.1 x over mean 1.05 x. */
Test(agreement, proportional_bias_is_a_slope)
{
    static const double x[] = {60, 72, 80, 95}, y[] = {66, 79.2, 88, 104.5};
    double room[8];
    struct vr_line line = vr_proportional_bias(x, y, 4, room);
    cr_expect_float_eq(line.slope, 0.1 / 1.05, 1e-12);
    cr_expect_float_eq(line.intercept, 0, 1e-10);
    cr_expect_lt(line.p, 1e-6);
}
