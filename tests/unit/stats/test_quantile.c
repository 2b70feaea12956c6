#include "stats/quantile.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

/* What R's quantile(x, p, type = 7) gives. */
Test(quantile, is_type_7)
{
    static const double sorted[] = {1, 2, 4, 8, 16};
    static const struct {
        size_t count;
        double p, value;
    } rows[] = {
        {5, 0, 1},   {5, 0.5, 4},    {5, 1, 16},    {5, 0.25, 2}, {5, 0.1, 1.4}, {5, 0.9, 12.8},
        {4, 0.5, 3}, {4, 0.95, 7.4}, {2, 0.5, 1.5}, {1, 0, 1},    {1, 0.5, 1},   {1, 1, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_float_eq(
            vr_quantile(sorted, rows[i].count, rows[i].p), rows[i].value, 1e-12, "row %zu", i);
}

Test(quantile, of_nothing_is_nothing)
{
    cr_expect(isnan(vr_quantile(NULL, 0, 0.5)));
    cr_expect(isnan(vr_quantile_interval(NULL, 0, 0.5).low));
}

Test(quantile, sort_puts_values_in_ascending_order)
{
    double values[] = {3, -1, 2, 2, INFINITY, -INFINITY};
    static const double sorted[] = {-INFINITY, -1, 2, 2, 3, INFINITY};
    vr_quantile_sort(values, 6);
    for (int i = 0; i < 6; i++)
        cr_expect_eq(values[i], sorted[i], "value %d", i);
}

/* Ranks by exact summation of binomial terms as fractions; those of the median are in every table of order statistics.  Rank 0: none. */
Test(quantile, interval_has_the_ranks_of_the_binomial_distribution)
{
    static const struct {
        size_t count;
        double p;
        int low, high;
    } rows[] = {
        {5, 0.5, 0, 0},       {6, 0.5, 1, 6},    {10, 0.5, 2, 9},       {20, 0.5, 6, 15},
        {100, 0.5, 40, 61},   {71, 0.95, 0, 0},  {72, 0.95, 64, 72},    {73, 0.95, 65, 73},
        {100, 0.95, 90, 100}, {367, 0.99, 0, 0}, {368, 0.99, 360, 368}, {1000, 0.99, 983, 997},
    };
    double ranks[1000];
    for (int i = 0; i < 1000; i++)
        ranks[i] = i + 1;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vr_interval interval = vr_quantile_interval(ranks, rows[i].count, rows[i].p);
        if (rows[i].low == 0) {
            cr_expect(isnan(interval.low) && isnan(interval.high), "row %zu", i);
            continue;
        }
        cr_expect_eq(interval.low, rows[i].low, "row %zu: %g", i, interval.low);
        cr_expect_eq(interval.high, rows[i].high, "row %zu: %g", i, interval.high);
    }
}

/* (1 - p)^count is far below the smallest double here; about 0.99 n +- 1.96 sqrt(n 0.99 0.01). */
Test(quantile, interval_works_for_long_records)
{
    enum { COUNT = 1000000 };
    double *ranks = malloc(COUNT * sizeof *ranks);
    cr_assert(ranks);
    for (int i = 0; i < COUNT; i++)
        ranks[i] = i + 1;
    struct vr_interval interval = vr_quantile_interval(ranks, COUNT, 0.99);
    cr_expect_float_eq(interval.low, 989805, 2, "%f", interval.low);
    cr_expect_float_eq(interval.high, 990196, 2, "%f", interval.high);
    free(ranks);
}
