#include "stats/distribution.h"

#include <criterion/criterion.h>
#include <math.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* Quantiles: Wichura's examples (AS 241, Appl. Stat. 37 (1988) 477-484) -0.6744897501960817, -3.090232306167814 and
 * -9.262340089798408; the others are as widely tabulated. */
Test(distribution, normal_has_the_published_quantiles)
{
    static const struct {
        double p, x;
    } rows[] = {
        {0.25, -0.6744897501960817}, {0.001, -3.090232306167814},
        {1e-20, -9.262340089798408}, {0.8, 0.8416212335729143},
        {0.95, 1.6448536269514722},  {0.975, 1.959963984540054},
        {0.99, 2.3263478740408408},  {0.5, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        double x = vr_normal_quantile(rows[i].p), p = vr_normal_cdf(rows[i].x);
        cr_expect_float_eq(x, rows[i].x, 1e-13, "row %zu: %.17g", i, x);
        cr_expect_float_eq(p / rows[i].p, 1, 1e-13, "row %zu: %.17g", i, p);
    }
}

/* NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2: critical values of Student's t. */
Test(distribution, student_has_the_published_quantiles)
{
    static const struct {
        double p, df, t;
    } rows[] = {
        {0.975, 1, 12.706}, {0.975, 2, 4.303},  {0.975, 5, 2.571},   {0.975, 10, 2.228},
        {0.975, 23, 2.069}, {0.975, 30, 2.042}, {0.975, 100, 1.984}, {0.95, 1, 6.314},
        {0.95, 10, 1.812},  {0.95, 23, 1.714},  {0.90, 7, 1.415},    {0.99, 10, 2.764},
        {0.999, 30, 3.385}, {0.995, 15, 2.947},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        double t = vr_student_quantile(rows[i].p, rows[i].df);
        cr_expect_float_eq(t, rows[i].t, 5.1e-4, "row %zu: %.6f", i, t);
        cr_expect_float_eq(vr_student_quantile(1 - rows[i].p, rows[i].df), -t, 1e-10 * t);
    }
}

/* df = 1 is Cauchy's distribution, df = 2 has a closed form, df = 4 as well. */
Test(distribution, student_agrees_with_the_closed_forms)
{
    for (double t = -40; t <= 40; t += 0.37) {
        double x = t / sqrt(t * t + 4);
        cr_expect_float_eq(vr_student_cdf(t, 1), 0.5 + atan(t) / M_PI, 1e-14, "t %g", t);
        cr_expect_float_eq(vr_student_cdf(t, 2), 0.5 + t / (2 * sqrt(2 + t * t)), 1e-14, "t %g", t);
        cr_expect_float_eq(
            vr_student_cdf(t, 4), 0.5 + 0.75 * (x - x * x * x / 3), 1e-14, "t %g", t);
    }
}

Test(distribution, quantiles_are_the_inverse)
{
    static const double dfs[] = {0.7, 1, 3, 8.5, 23, 400, 1e6};
    for (double p = 1e-12; p < 0.5; p *= 3.1) {
        cr_expect_float_eq(vr_normal_cdf(vr_normal_quantile(p)) / p, 1, 1e-12, "p %g", p);
        for (size_t i = 0; i < COUNT_OF(dfs); i++) {
            double back = vr_student_cdf(vr_student_quantile(p, dfs[i]), dfs[i]);
            cr_expect_float_eq(back / p, 1, 1e-9, "p %g df %g: %.17g", p, dfs[i], back);
        }
    }
}

Test(distribution, student_becomes_normal)
{
    cr_expect_float_eq(vr_student_quantile(0.975, 1e7), vr_normal_quantile(0.975), 1e-6);
    cr_expect_eq(vr_student_quantile(0.975, INFINITY), vr_normal_quantile(0.975));
}

Test(distribution, ends_and_nonsense)
{
    cr_expect_eq(vr_normal_quantile(0), -INFINITY);
    cr_expect_eq(vr_normal_quantile(1), INFINITY);
    cr_expect(isnan(vr_normal_quantile(-0.1)));
    cr_expect(isnan(vr_normal_quantile(NAN)));
    cr_expect_eq(vr_student_quantile(1, 5), INFINITY);
    cr_expect_eq(vr_student_quantile(0.5, 5), 0);
    cr_expect(isnan(vr_student_quantile(0.4, 0)));
    cr_expect(isnan(vr_student_cdf(1, NAN)));
    cr_expect_eq(vr_student_cdf(INFINITY, 5), 1);
    cr_expect_eq(vr_student_cdf(-INFINITY, 5), 0);
}
