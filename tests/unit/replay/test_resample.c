/* Sines through the filter: what is passed must be the same sine at the new instants, what is stopped must be gone. */
#include "replay/resample.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"

static const struct {
    struct vr_rate from, to;
} pairs[] = {
    {{360, 1}, {250, 1}},     {{250, 1}, {360, 1}},    {{125, 1}, {250, 1}},
    {{1000, 1}, {125, 1}},    {{128, 1}, {31, 2}},     {{256, 1}, {2573, 10}},
    {{44100, 1}, {48000, 1}}, {{360, 1}, {10007, 29}}, /* 10,440 phases: between 1024 of them */
};
#define PAIR_COUNT (sizeof pairs / sizeof *pairs)

static double hz(struct vr_rate rate)
{
    return (double)rate.num / rate.den;
}

#define OUTPUTS 600
#define FIRST INT64_C(100000000) /* days into a recording, where a phase that drifts would show */

/* Largest difference between the sine of `frequency` sent through and amplitude * the same sine at the new instants. */
static double difference(size_t pair, double frequency, double amplitude)
{
    _cleanup_(vr_resample_finish) struct vr_resample resample;
    struct vr_err err = {0};
    static double values[OUTPUTS];
    int64_t begin;
    size_t count;
    double from = hz(pairs[pair].from), to = hz(pairs[pair].to), worst = 0;
    cr_assert_eq(
        vr_resample_init(&resample, pairs[pair].from, pairs[pair].to, &err), 0, "%s", err.text);
    vr_resample_range(&resample, FIRST, OUTPUTS, &begin, &count);
    _cleanup_free_ double *input = calloc(count, sizeof *input);
    /* Time from the first output on, as a fraction of an input sample: exact enough for a sine. */
    double origin = (double)((__int128)FIRST * (int64_t)resample.num % (int64_t)resample.den) /
                    (double)resample.den;
    int64_t whole = (int64_t)((__int128)FIRST * (int64_t)resample.num / (int64_t)resample.den);
    for (size_t i = 0; i < count; i++)
        input[i] = sin(2 * M_PI * frequency * ((double)(begin - whole + (int64_t)i) / from) + 0.7);
    vr_resample_apply(&resample, FIRST, OUTPUTS, input, values);
    for (int i = 0; i < OUTPUTS; i++) {
        double time = origin / from + i / to;
        double error = fabs(values[i] - amplitude * sin(2 * M_PI * frequency * time + 0.7));
        worst = error > worst ? error : worst;
    }
    return worst;
}

Test(resample, passes_the_passband_at_its_right_time)
{
    double limit = pow(10, 0.002 / 20) - 1;
    for (size_t pair = 0; pair < PAIR_COUNT; pair++) {
        double nyquist = fmin(hz(pairs[pair].from), hz(pairs[pair].to)) / 2;
        for (int i = 0; i <= 24; i++) {
            double frequency = nyquist * VR_RESAMPLE_PASSBAND * i / 24;
            double error = difference(pair, frequency, 1);
            cr_expect_lt(error, limit, "pair %zu, %.3f Hz: %.2g", pair, frequency, error);
        }
    }
}

Test(resample, stops_what_would_alias)
{
    for (size_t pair = 0; pair < PAIR_COUNT; pair++) {
        double lower = hz(pairs[pair].to) / 2, upper = hz(pairs[pair].from) / 2;
        for (int i = 0; i < 24 && lower < upper; i++) {
            double frequency = lower + (upper - lower) * i / 24;
            double left = difference(pair, frequency, 0);
            cr_expect_lt(
                left, 1e-4, "pair %zu, %.3f Hz: %.1f dB", pair, frequency, 20 * log10(left));
        }
    }
}

Test(resample, a_constant_stays_what_it_is)
{
    for (size_t pair = 0; pair < PAIR_COUNT; pair++) {
        _cleanup_(vr_resample_finish) struct vr_resample resample;
        struct vr_err err = {0};
        double values[50];
        int64_t begin;
        size_t count;
        cr_assert_eq(vr_resample_init(&resample, pairs[pair].from, pairs[pair].to, &err), 0);
        vr_resample_range(&resample, 7, 50, &begin, &count);
        _cleanup_free_ double *input = calloc(count, sizeof *input);
        for (size_t i = 0; i < count; i++)
            input[i] = 1234;
        vr_resample_apply(&resample, 7, 50, input, values);
        for (int i = 0; i < 50; i++)
            cr_expect_float_eq(values[i], 1234, 1e-9, "pair %zu: %.17g", pair, values[i]);
    }
}

/* By position: in one piece or in many, the same bits. */
Test(resample, does_not_depend_on_how_it_is_read)
{
    _cleanup_(vr_resample_finish) struct vr_resample resample;
    struct vr_err err = {0};
    double input[1000], whole[200], piece[200];
    int64_t begin, part_begin;
    size_t count, part_count;
    cr_assert_eq(
        vr_resample_init(&resample, (struct vr_rate){360, 1}, (struct vr_rate){250, 1}, &err), 0);
    vr_resample_range(&resample, -20, 200, &begin, &count);
    cr_assert_leq(count, 1000);
    for (size_t i = 0; i < count; i++)
        input[i] = (double)((i * i * 31) % 997);
    vr_resample_apply(&resample, -20, 200, input, whole);
    for (size_t first = 0, size = 1; first < 200; first += size, size = size % 13 + 1) {
        size_t some = size < 200 - first ? size : 200 - first;
        vr_resample_range(&resample, -20 + (int64_t)first, some, &part_begin, &part_count);
        vr_resample_apply(
            &resample, -20 + (int64_t)first, some, input + (part_begin - begin), piece);
        for (size_t i = 0; i < some; i++)
            cr_expect_eq(piece[i], whole[first + i], "sample %zu", first + i);
    }
}

Test(resample, says_no_sample_where_one_within_reach_is_missing)
{
    _cleanup_(vr_resample_finish) struct vr_resample resample;
    struct vr_err err = {0};
    double input[1000] = {0}, values[400];
    int64_t begin;
    size_t count;
    cr_assert_eq(
        vr_resample_init(&resample, (struct vr_rate){125, 1}, (struct vr_rate){250, 1}, &err), 0);
    vr_resample_range(&resample, 0, 400, &begin, &count);
    input[100 - begin] = NAN;
    vr_resample_apply(&resample, 0, 400, input, values);
    for (int64_t i = 0; i < 400; i++) {
        int64_t place = i / 2;
        bool reached = 100 >= place - 31 && 100 <= place + 32;
        cr_expect_eq(isnan(values[i]), reached, "sample %d", (int)i);
    }
    /* The rail: where the nearest stands there, and only there. */
    input[100 - begin] = -INFINITY;
    vr_resample_apply(&resample, 0, 400, input, values);
    cr_expect_eq(values[200], -INFINITY);
    cr_expect_eq(values[199], -INFINITY, "half way is nearest to the later");
    cr_expect(isnan(values[198]));
}

Test(resample, counts_and_places_by_exact_fractions)
{
    _cleanup_(vr_resample_finish) struct vr_resample resample;
    struct vr_err err = {0};
    cr_assert_eq(
        vr_resample_init(&resample, (struct vr_rate){360, 1}, (struct vr_rate){250, 1}, &err), 0);
    cr_expect_eq(vr_resample_count(&resample, 650000), 451388);
    cr_expect_eq(vr_resample_place(&resample, 360), 250);
    for (int64_t tick = -2000; tick < 2000; tick++) {
        int64_t expected;
        cr_assert(
            vr_rate_convert(tick, (struct vr_rate){360, 1}, (struct vr_rate){250, 1}, &expected));
        cr_expect_eq(vr_resample_place(&resample, tick), expected, "tick %d", (int)tick);
    }
}

Test(resample, refuses_rates_that_are_too_far_apart)
{
    struct vr_resample resample;
    struct vr_err err = {0};
    cr_expect_eq(
        vr_resample_init(&resample, (struct vr_rate){4000000, 1}, (struct vr_rate){1, 100}, &err),
        -VR_ERR_INPUT);
}
