#include "stats/interval.h"

#include <criterion/criterion.h>
#include <math.h>

/* Rows 81/263, 15/148, 0/20 and 1/29: R. G. Newcombe, Statist. Med. 17 (1998) 857-872, table I, method 3. */
Test(interval, wilson_gives_the_published_intervals)
{
    static const struct {
        int64_t hits, n;
        double low, high;
    } rows[] = {
        {81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0.0000, 0.1611},
        {1, 29, 0.0061, 0.1718},   {0, 10, 0.0000, 0.2775},   {10, 10, 0.7225, 1.0000},
        {30, 30, 0.8865, 1.0000},  {5, 10, 0.2366, 0.7634},   {2194, 2199, 0.9947, 0.9990},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vr_interval interval = vr_interval_wilson(rows[i].hits, rows[i].n);
        cr_expect_float_eq(interval.low, rows[i].low, 5e-5, "row %zu: %.6f", i, interval.low);
        cr_expect_float_eq(interval.high, rows[i].high, 5e-5, "row %zu: %.6f", i, interval.high);
    }
}

Test(interval, wilson_holds_the_proportion_and_stays_in_0_to_1)
{
    for (int64_t n = 1; n <= 200; n++)
        for (int64_t hits = 0; hits <= n; hits++) {
            struct vr_interval interval = vr_interval_wilson(hits, n);
            double p = (double)hits / (double)n;
            cr_assert(interval.low >= 0 && interval.high <= 1, "%d of %d", (int)hits, (int)n);
            cr_assert(interval.low <= p && p <= interval.high, "%d of %d", (int)hits, (int)n);
        }
}

Test(interval, wilson_of_nothing_is_nothing)
{
    struct vr_interval interval = vr_interval_wilson(0, 0);
    cr_expect(isnan(interval.low));
    cr_expect(isnan(interval.high));
}

/* Exact intervals of a Poisson count: F. Garwood, Biometrika 28 (1936) 437-442. */
Test(interval, poisson_is_near_the_exact_one)
{
    static const struct {
        int64_t count;
        double low, high, error;
    } rows[] = {
        {0, 0, 3.689, 0.025},      {1, 0.025, 5.572, 0.025},   {5, 1.623, 11.668, 0.013},
        {10, 4.795, 18.390, 0.01}, {50, 37.111, 65.919, 0.01}, {100, 81.364, 121.627, 0.01},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vr_interval interval = vr_interval_poisson(rows[i].count);
        cr_expect_float_eq(
            interval.low, rows[i].low, rows[i].error, "row %zu: %.4f", i, interval.low);
        cr_expect_float_eq(
            interval.high, rows[i].high, rows[i].error, "row %zu: %.4f", i, interval.high);
    }
}
