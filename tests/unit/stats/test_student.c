#include "stats/student.h"

#include <criterion/criterion.h>
#include <math.h>

/* Any table of the t distribution; two-sided chances. */
Test(student, quantiles_are_those_of_the_table)
{
    static const struct {
        double p, degrees, t;
    } rows[] = {
        {0.05, 1, 12.7062047},  {0.05, 2, 4.3026527},  {0.05, 4, 2.7764451},
        {0.05, 10, 2.2281389},  {0.05, 16, 2.1199053}, {0.05, 30, 2.0422725},
        {0.05, 100, 1.9839715}, {0.01, 5, 4.0321430},  {0.2, 3, 1.6377444},
        {0.001, 20, 3.8495163}, {0.5, 7, 0.7111418},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double t = vr_student_quantile(rows[i].p, rows[i].degrees);
        cr_expect_float_eq(t, rows[i].t, 5e-8 * rows[i].t, "row %zu: %.9f", i, t);
    }
}

/* With one degree P(|T| > t) = 1 - 2 atan(t) / pi, with two 1 - t / sqrt(2 + t^2). */
Test(student, chances_are_those_of_the_closed_forms)
{
    for (double t = 1e-6; t < 1e6; t *= 3) {
        double one = atan2(1, t) * 2 / M_PI, root = sqrt(2 + t * t);
        double two = 2 / (root * (root + t));
        cr_expect_float_eq(
            vr_student_p(t, 1), one, 1e-12 * one, "t %g: %.15g", t, vr_student_p(t, 1));
        cr_expect_float_eq(
            vr_student_p(t, 2), two, 1e-12 * two, "t %g: %.15g", t, vr_student_p(t, 2));
        cr_expect_eq(vr_student_p(t, 5), vr_student_p(-t, 5));
    }
}

Test(student, of_many_degrees_is_the_normal_distribution)
{
    for (double t = 0.1; t < 6; t += 0.37)
        cr_expect_float_eq(
            vr_student_p(t, 1e9), erfc(t / M_SQRT2), 1e-6 * erfc(t / M_SQRT2), "%g", t);
}

Test(student, ends_are_certain)
{
    cr_expect_eq(vr_student_p(0, 3), 1);
    cr_expect_eq(vr_student_p(INFINITY, 3), 0);
    cr_expect(isnan(vr_student_p(NAN, 3)));
}
