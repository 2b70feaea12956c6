/* The world: its integral against a sum over small steps, instants of the past, and changes that come too late. */
#include "simulate/world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

#include "base/rng.h"

enum { BUSY = 1, INFERENCE = 2, SYNC = 4 };

static struct vr_world *world;
static const struct vr_sim_world *view;

static void make(const struct vr_world_model *model, int64_t start_ns)
{
    struct vr_err err;
    cr_assert_eq(vr_world_create(model, start_ns, &world, &err), 0);
    view = vr_world_view(world);
}

static void destroy(void)
{
    vr_world_destroy(world);
    world = NULL;
}

static struct vr_world_model usual(void)
{
    struct vr_world_model model;
    vr_world_model_init(&model);
    return model;
}

/* Simpson's rule over steps of step_ns: true to the fourth power of them, between changes. */
static double brute(double from_ns, double to_ns, double step_ns)
{
    const size_t steps = (size_t)ceil((to_ns - from_ns) / step_ns);
    const double step = (to_ns - from_ns) / (double)steps;
    double sum = 0;
    for (size_t i = 0; i < steps; i++) {
        const double at = from_ns + (double)i * step;
        /* The right end by its limit from the left: a change may lie there. */
        sum += view->amperes(view->context, at) + 4 * view->amperes(view->context, at + step / 2) +
               view->amperes(view->context, at + step * (1 - 1e-9));
    }
    return sum * step / 6 * 1e-9;
}

Test(world, without_lines_it_is_idle_for_ever, .fini = destroy)
{
    const struct vr_world_model model = usual();
    make(&model, 1000);
    cr_assert_eq(view->amperes(view->context, 5e9), 3e-6);
    cr_assert_eq(view->amperes(view->context, 0), 3e-6);
    cr_assert_float_eq(view->coulombs(view->context, 1e9, 3e9), 6e-6, 1e-18);
    cr_assert_float_eq(vr_world_coulombs(world, 1000000001000), 3e-3, 1e-15);
    cr_assert_eq(view->lines(view->context, 5e9), 0);
    cr_assert_eq(view->volts, 3);
}

Test(world, lines_say_where_the_current_goes, .fini = destroy)
{
    struct vr_world_model model = usual();
    model.tau_s = 0;
    make(&model, 0);
    static const struct {
        uint8_t levels;
        double amperes;
    } rows[] = {{BUSY, 2e-3},    {BUSY | INFERENCE, 6e-3}, {INFERENCE, 6e-3},
                {SYNC, 3e-6},    {SYNC | BUSY, 2e-3},      {0, 3e-6},
                {0xf0 | 8, 3e-6}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const int64_t at_ns = (int64_t)(i + 1) * 1000;
        cr_assert_eq(vr_world_change(world, at_ns, rows[i].levels), 0);
        cr_expect_eq(view->amperes(view->context, (double)at_ns), rows[i].amperes, "row %zu", i);
        cr_expect_eq(view->lines(view->context, (double)at_ns), rows[i].levels, "row %zu", i);
    }
}

Test(world, a_current_takes_its_time, .fini = destroy)
{
    const struct vr_world_model model = usual();
    make(&model, 0);
    vr_world_change(world, 1000000, BUSY);
    cr_assert_float_eq(
        view->amperes(view->context, 1e6 + 30e3), 2e-3 + (3e-6 - 2e-3) * exp(-1), 1e-12);
    cr_assert_float_eq(view->amperes(view->context, 2e6), 2e-3, 1e-10);
}

/* Any lines at any time, with ripple: each stretch between changes by brute force, and all of it from outside. */
Test(world, charge_is_the_integral_of_the_current, .fini = destroy)
{
    struct vr_world_model model = usual();
    struct vr_rng rng;
    const uint64_t seed = 20;
    int64_t changes[65];
    double sum = 0;
    model.ripple_a = 1e-3;
    model.ripple_hz = 20e3;
    vr_rng_init(&rng, seed);
    make(&model, 0);
    changes[0] = 0;
    for (size_t i = 1; i < 65; i++) {
        changes[i] = changes[i - 1] + 1 + vr_rng_below(&rng, i % 4 ? 200000 : 300);
        cr_assert_eq(vr_world_change(world, changes[i], (uint8_t)vr_rng_below(&rng, 8)), 0);
    }
    for (size_t i = 1; i < 65; i++) {
        const double from = (double)changes[i - 1], to = (double)changes[i];
        const double truth = brute(from, to, 500);
        cr_expect_float_eq(
            view->coulombs(view->context, from, to), truth, 1e-9 * truth + 1e-18,
            "seed %lu, stretch %zu", (unsigned long)seed, i);
        sum += truth;
    }
    cr_expect_float_eq(view->coulombs(view->context, 0, (double)changes[64]), sum, 1e-9 * sum);
    cr_expect_float_eq(vr_world_coulombs(world, changes[64]), sum, 1e-9 * sum);
    const double from = (double)changes[3] + 11.5, to = (double)changes[60] - 7.25;
    double parts = brute(from, (double)changes[4], 200) + brute((double)changes[59], to, 200);
    for (size_t i = 5; i < 60; i++)
        parts += brute((double)changes[i - 1], (double)changes[i], 500);
    cr_expect_float_eq(view->coulombs(view->context, from, to), parts, 1e-9 * parts);
}

/* A change of another line during an inference does not begin its ripple anew. */
Test(world, ripple_goes_on_when_another_line_changes, .fini = destroy)
{
    struct vr_world_model model = usual();
    model.tau_s = 0;
    model.ripple_a = 1e-3;
    model.ripple_hz = 1000;
    make(&model, 0);
    vr_world_change(world, 1000000, INFERENCE);
    vr_world_change(world, 1100000, INFERENCE | SYNC);
    cr_assert_float_eq(view->amperes(view->context, 1250000), 7e-3, 1e-9);
}

Test(world, a_change_after_the_answer_is_late, .fini = destroy)
{
    const struct vr_world_model model = usual();
    make(&model, 0);
    view->amperes(view->context, 5000);
    cr_assert_eq(vr_world_change(world, 5000, BUSY), 0);
    view->lines(view->context, 9000);
    cr_assert_eq(vr_world_change(world, 8000, 0), 1000);
    cr_assert_eq(vr_world_change(world, 9500, BUSY), 0);
}

Test(world, of_very_old_changes_the_charge_is_kept, .fini = destroy)
{
    struct vr_world_model model = usual();
    model.tau_s = 0;
    make(&model, 0);
    const int64_t count = 300000;
    for (int64_t i = 1; i <= count; i++)
        cr_assert_eq(vr_world_change(world, 1000 * i, i % 2 ? BUSY : 0), 0);
    cr_assert_float_eq(
        vr_world_coulombs(world, 1000 * count), 1e-6 * (double)count / 2 * (2e-3 + 3e-6), 1e-12);
    cr_assert_float_eq(view->coulombs(view->context, 2e8, 3e8), 0.05 * (2e-3 + 3e-6), 1e-12);
    cr_assert_eq(vr_world_forgotten(world), 0);
    view->lines(view->context, 1000);
    cr_assert_eq(vr_world_forgotten(world), 1);
}
