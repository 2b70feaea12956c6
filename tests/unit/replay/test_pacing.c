/* Lateness and drift of planted instants. */
#include "replay/pacing.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/rng.h"

#define COUNT 720

static struct vr_output_row outputs[COUNT];
static struct vr_err err;

struct planted {
    uint32_t rate_num, rate_den, speed_milli;
    int64_t ticks_hz;
    uint32_t start_ticks;
    double drift_ppm;
    double jitter_us; /* mean of an exponential delay */
    int64_t step;     /* samples between outputs */
};

static double period_s(const struct planted *planted)
{
    return 1000.0 * planted->rate_den / planted->rate_num / planted->speed_milli;
}

static struct vr_pacing_input make(const struct planted *planted)
{
    struct vr_rng rng;
    vr_rng_init(&rng, 7);
    for (size_t i = 0; i < COUNT; i++) {
        int64_t index = (int64_t)(i + 1) * planted->step;
        double late_s = -log(1 - vr_rng_unit(&rng)) * planted->jitter_us / 1e6;
        double at_s = (double)index * period_s(planted) * (1 + planted->drift_ppm / 1e6) + late_s;
        outputs[i] = (struct vr_output_row){
            .number = (int64_t)i,
            .at_index = index,
            .ticks_arrival =
                planted->start_ticks + (uint32_t)(uint64_t)(at_s * (double)planted->ticks_hz),
            .host_ns = 1000000000000 + (int64_t)(at_s * 1e9) + 2000000,
        };
    }
    return (struct vr_pacing_input){
        .outputs = outputs,
        .output_count = COUNT,
        .rate_num = planted->rate_num,
        .rate_den = planted->rate_den,
        .sample_count = (COUNT + 1) * planted->step,
        .speed_milli = planted->speed_milli,
        .ticks_hz = planted->ticks_hz,
    };
}

static struct vr_pacing_row measure(const struct vr_pacing_input *input)
{
    struct vr_pacing_row row;
    const char *why = "";
    cr_assert_eq(vr_pacing_measure(input, &row, &why, &err), 1, "%s", why);
    return row;
}

Test(pacing, planted_drift_is_found_within_its_error)
{
    static const struct planted rows[] = {
        {360, 1, 1000, 64000000, 0, 37, 20, 300},
        {360, 1, 1000, 1000000, 4294900000u, -37, 20, 300},
        {250, 1, 1000, 25000000, 1, 0.5, 200, 200},
        {360, 7, 1000, 1000000000, 77, 0, 1000, 51}, /* a turn of 4.3 s */
        {999983, 4095, 1500, 32768, 0, 120, 30, 300},
        {1000, 3, 20, 1000000, 0, -5, 100,
         1000}, /* minutes between outputs: two turns of the clock */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vr_pacing_input input = make(&rows[i]);
        struct vr_pacing_row row = measure(&input);
        double tick_ppm = 2e6 / ((double)rows[i].ticks_hz * (COUNT - 1) * (double)rows[i].step *
                                 period_s(&rows[i]));
        cr_expect_eq(row.n, COUNT, "row %zu", i);
        cr_expect_leq(
            fabs(row.drift_ppm - rows[i].drift_ppm), row.drift_ppm_err + tick_ppm,
            "row %zu: %g +- %g", i, row.drift_ppm, row.drift_ppm_err);
        double span_s = (COUNT - 1) * (double)rows[i].step * period_s(&rows[i]);
        cr_expect_leq(
            row.drift_ppm_err, 3 * rows[i].jitter_us / span_s + 2 * tick_ppm, "row %zu: +- %g", i,
            row.drift_ppm_err);
    }
}

Test(pacing, lateness_is_that_of_the_delays)
{
    const struct planted planted = {360, 1, 1000, 1000000000, 0, 0, 100, 300};
    struct vr_pacing_input input = make(&planted);
    struct vr_pacing_row row = measure(&input);
    cr_expect_float_eq(
        row.error_p50_us, 100 * log(2), 10, "%g", row.error_p50_us); /* of an exponential */
    cr_expect_float_eq(row.error_p99_us, 100 * log(100), 80, "%g", row.error_p99_us);
    cr_expect_geq(row.error_max_us, row.error_p99_us);
    cr_expect(isnan(row.clock_ppm) && isnan(row.clock_ppm_err), "there was no exchange");
}

Test(pacing, a_perfect_device_is_late_by_less_than_a_tick)
{
    const struct planted planted = {360, 1, 1000, 1000000, 4294967290u, 0, 0, 301};
    struct vr_pacing_input input = make(&planted);
    struct vr_pacing_row row = measure(&input);
    cr_expect_lt(row.error_max_us, 1.0001, "%g", row.error_max_us);
    cr_expect_lt(fabs(row.drift_ppm), 0.002, "%g", row.drift_ppm);
}

Test(pacing, a_drift_shows_in_the_lateness_too)
{
    const struct planted planted = {360, 1, 1000, 64000000, 0, -50, 0, 300}; /* 600 s */
    struct vr_pacing_input input = make(&planted);
    cr_expect_float_eq(measure(&input).error_max_us, 50e-6 * 599.2e6, 60);
}

Test(pacing, what_an_underrun_shifted_stays_late_and_has_no_drift)
{
    const struct planted planted = {360, 1, 1000, 64000000, 0, 0, 1, 300};
    struct vr_pacing_input input = make(&planted);
    input.underruns = 1;
    for (size_t i = COUNT / 3; i < COUNT; i++) { /* 40 ms */
        outputs[i].ticks_arrival += 2560000;
        outputs[i].host_ns += 40000000;
    }
    struct vr_pacing_row row = measure(&input);
    cr_expect_float_eq(row.error_p50_us, 40000, 10, "%g", row.error_p50_us);
    cr_expect_float_eq(row.error_max_us, 40000, 10, "%g", row.error_max_us);
    cr_expect(isnan(row.drift_ppm) && isnan(row.drift_ppm_err));
}

/* 4.3 s on a clock that turns in 4.3 s look like nothing at all. */
Test(pacing, a_shift_of_a_whole_turn_is_no_figure)
{
    const struct planted planted = {360, 1, 1000, 1000000000, 0, 0, 1, 300};
    struct vr_pacing_input input = make(&planted);
    struct vr_pacing_row row;
    const char *why = "";
    input.underruns = 1;
    cr_expect_eq(vr_pacing_measure(&input, &row, &why, &err), 1);
    for (size_t i = COUNT / 3; i < COUNT; i++)
        outputs[i].host_ns += INT64_C(4294967296);
    cr_expect_eq(vr_pacing_measure(&input, &row, &why, &err), 0);
    cr_expect_not_null(strstr(why, "wrapped"), "%s", why);
}

Test(pacing, outputs_that_are_no_instants_are_left_out)
{
    const struct planted planted = {360, 1, 1000, 1000000, 0, 0, 0, 300};
    struct vr_pacing_input input = make(&planted);
    outputs[10].at_index = outputs[9].at_index; /* two outputs at one sample */
    outputs[20].at_index = -1;
    input.sample_count =
        outputs[COUNT - 1].at_index + 1; /* the last one was emitted at the end of the record */
    outputs[COUNT - 1].ticks_arrival += 500000;
    struct vr_pacing_row row = measure(&input);
    cr_expect_eq(row.n, COUNT - 3);
    cr_expect_lt(row.error_max_us, 1.0001, "%g", row.error_max_us);
}

Test(pacing, too_little_is_said_in_words)
{
    const struct planted planted = {360, 1, 1000, 1000000, 0, 0, 0, 300};
    struct vr_pacing_input input = make(&planted);
    struct vr_pacing_row row;
    const char *why = "";
    input.output_count = VR_PACING_DRIFT_MIN;
    cr_expect_not(isnan(measure(&input).drift_ppm));
    input.output_count = VR_PACING_DRIFT_MIN - 1;
    cr_expect(isnan(measure(&input).drift_ppm), "a line through few points says nothing");
    input.output_count = 1;
    cr_expect_eq(vr_pacing_measure(&input, &row, &why, &err), 0);
    cr_expect_str_eq(why, "fewer than two samples had an output");
    input.output_count = 0;
    cr_expect_eq(vr_pacing_measure(&input, &row, &why, &err), 0);
    input = make(&planted);
    input.ticks_hz = 0;
    cr_expect_eq(vr_pacing_measure(&input, &row, &why, &err), 0);
    cr_expect_not_null(strstr(why, "clock"), "%s", why);
}

Test(pacing, the_clock_comes_with_it)
{
    const struct planted planted = {360, 1, 1000, 1000000, 0, 0, 0, 300};
    static const struct vr_sync_row syncs[] = {
        {0, 100000, 50, 50}, {100000000000, 100000100000, 100003750, 100003750}};
    struct vr_pacing_input input = make(&planted);
    input.syncs = syncs;
    input.sync_count = 2;
    struct vr_pacing_row row = measure(&input);
    cr_expect_float_eq(row.clock_ppm, 37, 0.01, "%g", row.clock_ppm);
    cr_expect_float_eq(
        row.clock_ppm_err, 1, 0.02, "%g", row.clock_ppm_err); /* 0.1 ms in 100 s, twice, halved */
}
