#include <criterion/criterion.h>
#include <math.h>

#include "base/rng.h"
#include "power/ppk2_filter.h"

/* The filter line by line as the reference has it (2.5). */
struct reference {
    bool has_average, has_range;
    double average, average4;
    unsigned range;
    int after, consecutive;
};

static double reference_filter(struct reference *state, unsigned range, double value)
{
    double before = state->average, before4 = state->average4;
    state->average = state->has_average ? 0.18 * value + 0.82 * state->average : value;
    state->average4 = state->has_average ? 0.06 * value + 0.94 * state->average4 : value;
    state->has_average = true;
    if (!state->has_range)
        state->range = range;
    state->has_range = true;
    if (state->range != range || state->after > 0) {
        if (state->range != range) {
            state->consecutive = 0;
            state->after = 3;
        } else {
            state->consecutive++;
        }
        if (range == 4) {
            if (state->consecutive < 2) {
                state->average4 = before4;
                state->average = before;
            }
            value = state->average4;
        } else {
            value = state->average;
        }
        state->after--;
    }
    state->range = range;
    return value;
}

Test(ppk2_filter, gives_what_the_application_draws)
{
    const uint64_t seed = 3;
    struct vr_rng rng;
    struct reference reference = {0};
    struct vr_ppk2_filter filter = {0};
    unsigned range = 2;
    vr_rng_init(&rng, seed);
    for (int i = 0; i < 20000; i++) {
        range = vr_rng_below(&rng, 6) == 0 ? vr_rng_below(&rng, 5) : range;
        double value = 1e-3 * vr_rng_unit(&rng);
        double expected = reference_filter(&reference, range, value);
        double got = vr_ppk2_filter(&filter, range, value);
        cr_assert_float_eq(got, expected, 1e-15, "sample %d: %g, not %g", i, got, expected);
    }
}

Test(ppk2_filter, leaves_a_range_that_does_not_switch_alone)
{
    struct vr_ppk2_filter filter = {0};
    for (int i = 0; i < 100; i++)
        cr_expect_eq(vr_ppk2_filter(&filter, 3, i), i);
}

Test(ppk2_filter, replaces_three_samples_from_a_switch_on)
{
    struct vr_ppk2_filter filter = {0};
    for (int i = 0; i < 100; i++)
        vr_ppk2_filter(&filter, 1, 10);
    for (int i = 0; i < 3; i++)
        cr_expect(vr_ppk2_filter(&filter, 2, 100) < 60);
    cr_expect_eq(vr_ppk2_filter(&filter, 2, 100), 100);
}

Test(ppk2_filter, starts_anew_behind_a_hole)
{
    struct vr_ppk2_filter filter = {0};
    vr_ppk2_filter(&filter, 1, 10);
    cr_expect(isnan(vr_ppk2_filter(&filter, 15, (double)NAN)));
    cr_expect_eq(vr_ppk2_filter(&filter, 4, 100), 100);
}
