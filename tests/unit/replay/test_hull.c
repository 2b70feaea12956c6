/* Times of arrival: the line lies under all of them and keeps the rate, whatever the stalls. */
#include "replay/hull.h"

#include <criterion/criterion.h>
#include <math.h>

#include "base/rng.h"

/* Reads every 1.1 ms from a stream at 100 kHz that is 300 us late at least, with jitter and stalls of 30 ms. */
static void arrive(struct vr_hull *hull, double length_s, double ppm, uint64_t seed)
{
    struct vr_rng rng;
    double had_s = 0;
    vr_rng_init(&rng, seed);
    vr_hull_init(hull, 1e5);
    for (double t = 0.01; t < length_s; t += 0.0011) {
        double delay_s = 300e-6 - 900e-6 * log(1 - vr_rng_unit(&rng));
        if (vr_rng_unit(&rng) < 0.02)
            delay_s -= 0.03 * log(1 - vr_rng_unit(&rng));
        had_s = fmax(had_s, 5000 + t + delay_s);
        cr_assert_eq(
            vr_hull_add(hull, (int64_t)floor(t * 1e5 * (1 + ppm / 1e6)), llrint(had_s * 1e9)), 0);
    }
    cr_assert_eq(vr_hull_end(hull), 0);
}

/* How far the line is from the truth, but for the smallest delay. */
static double wander_us(const struct vr_hull *hull, double length_s, double ppm)
{
    double worst = 0;
    for (double t = 0.01; t < length_s; t += length_s / 500) {
        double ns = vr_hull_ns(hull->lines, hull->line_count, t * 1e5 * (1 + ppm / 1e6));
        worst = fmax(worst, fabs((ns / 1e9 - 5000 - t) * 1e6 - 300));
    }
    return worst;
}

Test(hull, stalls_of_30_ms_do_not_move_it)
{
    double worst_10_s = 0, worst_200_s = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct vr_hull hull;
        double ppm = 10 * (double)seed - 100;
        arrive(&hull, 10, ppm, seed);
        worst_10_s = fmax(worst_10_s, wander_us(&hull, 10, ppm));
        vr_hull_finish(&hull);
        arrive(&hull, 200, ppm, seed);
        cr_expect_eq(hull.line_count, 4, "%zu lines", hull.line_count);
        worst_200_s = fmax(worst_200_s, wander_us(&hull, 200, ppm));
        vr_hull_finish(&hull);
    }
    cr_log_info("the line wanders by %.1f us in 10 s, %.1f us in 200 s", worst_10_s, worst_200_s);
    cr_expect_leq(worst_10_s, 60);
    cr_expect_leq(worst_200_s, 30);
}

Test(hull, lies_under_every_arrival_of_its_segment)
{
    struct vr_rng rng;
    struct vr_hull hull;
    static int64_t arrivals[5000];
    vr_rng_init(&rng, 7);
    vr_hull_init(&hull, 1000);
    for (int i = 0; i < 5000; i++) {
        arrivals[i] = INT64_C(1000000) * i + vr_rng_below(&rng, 40000000);
        vr_hull_add(&hull, i, arrivals[i]);
    }
    vr_hull_end(&hull);
    cr_assert_eq(hull.line_count, 1);
    cr_expect_eq(hull.lines[0].n, 5000);
    for (int i = 0; i < 5000; i++)
        cr_assert_geq((double)arrivals[i], vr_hull_ns(hull.lines, 1, i) - 1e-3, "arrival %d", i);
    vr_hull_finish(&hull);
}

/* A bowl has every arrival as a corner: more than are kept. */
Test(hull, more_corners_than_are_kept_leave_it_near)
{
    struct vr_hull hull;
    vr_hull_init(&hull, 1e5);
    for (int64_t i = 0; i < 3000; i++)
        vr_hull_add(&hull, i * 1000, i * 10000000 + i * i * 10);
    vr_hull_end(&hull);
    cr_assert_eq(hull.line_count, 1);
    double middle_ns = vr_hull_ns(hull.lines, 1, 1500e3);
    cr_expect_float_eq(middle_ns, 1500 * 1e7 + 1500.0 * 1500 * 10, 20e3, "%f", middle_ns);
    vr_hull_finish(&hull);
}

Test(hull, goes_both_ways)
{
    struct vr_hull hull;
    arrive(&hull, 150, 40, 3);
    for (double count = -5e5; count < 20e6; count += 777777) {
        double ns = vr_hull_ns(hull.lines, hull.line_count, count);
        double back = vr_hull_count(hull.lines, hull.line_count, ns);
        cr_expect_float_eq(back, count, 10, "%f comes back as %f", count, back);
    }
    vr_hull_finish(&hull);
}

Test(hull, of_nothing_is_nothing)
{
    struct vr_hull hull;
    vr_hull_init(&hull, 1e5);
    cr_expect_eq(vr_hull_end(&hull), 0);
    cr_expect_eq(hull.line_count, 0);
    vr_hull_add(&hull, 10, 100);
    vr_hull_add(&hull, 10, 90); /* does not go forward */
    vr_hull_add(&hull, 9, 200);
    cr_expect_eq(vr_hull_end(&hull), 0);
    cr_expect_eq(hull.line_count, 0);
    cr_expect(isnan(vr_hull_ns(hull.lines, 0, 1)));
    cr_expect(isnan(vr_hull_count(hull.lines, 0, 1)));
    vr_hull_finish(&hull);
}
