/* Windows of MLPerf Tiny in a trial: cut by inferences, summed exactly, and none that breaks a rule. */
#include "score/power_window.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#define RATE 100.0
#define COUNT 200 /* inferences at most */
#define SAMPLES 20000

static float samples[SAMPLES];
static struct vr_power_inference_row rows[COUNT];
static struct vr_power_windows windows;
static double supply_v;

static int give_sum(
    void *context, int64_t first, int64_t end, struct vr_power_sum *ret_sum, struct vr_err *err)
{
    (void)context;
    (void)err;
    cr_assert(first >= 0 && first <= end && end <= SAMPLES);
    *ret_sum = (struct vr_power_sum){0};
    for (int64_t i = first; i < end; i++) {
        ret_sum->lost += isnan(samples[i]);
        ret_sum->count += !isnan(samples[i]);
        ret_sum->energy_j += isnan(samples[i]) ? 0 : samples[i] * supply_v / RATE;
    }
    ret_sum->gain_err_j = 0.1 * ret_sum->energy_j;
    return 0;
}

static int give_samples(
    void *context, int64_t first, size_t count, float *values, float *volts, struct vr_err *err)
{
    (void)context;
    (void)err;
    for (size_t i = 0; i < count; i++) {
        values[i] = samples[first + (int64_t)i];
        volts[i] = NAN;
    }
    return 0;
}

/* An inference every `period` samples from sample 100 on; the device draws 1 mA at 2 V, k mA in the k-th fifth. */
static void make(size_t count, int64_t period)
{
    supply_v = 2;
    for (size_t i = 0; i < SAMPLES; i++) {
        int64_t fifth = ((int64_t)i - 100) * 5 / (period * (int64_t)(count - 1));
        samples[i] = 1e-3f * (float)(1 + (fifth < 0 ? 0 : fifth > 4 ? 4 : fifth));
    }
    for (size_t i = 0; i < count; i++)
        rows[i] = (struct vr_power_inference_row){
            .output = (int64_t)i,
            .first = 100 + (double)((int64_t)i * period) + 0.25,
            .gross_uj = 1,
            .why = ""};
}

static void cut(size_t count)
{
    struct vr_err err;
    const struct vr_power_trace trace = {
        .sum = give_sum,
        .samples = give_samples,
        .count = SAMPLES,
        .rate_hz = RATE,
        .quantity = VR_POWER_CURRENT,
        .supply_v = supply_v};
    cr_assert_eq(vr_power_windows_cut(&trace, rows, count, &windows, &err), 0);
}

/* 51 inferences 1 s apart: five windows of 10 s with 10 of them, at 2 V and 1, 2, .. 5 mA: 20, 40, .. 100 mJ. */
Test(power_window, five_windows_by_hand)
{
    make(51, 100);
    cut(51);
    cr_assert_eq(windows.count, 5);
    for (int i = 0; i < 5; i++) {
        const struct vr_power_window_row *row = &windows.rows[i];
        cr_expect_eq(row->number, i + 1);
        cr_expect_eq(row->first, 100 + 1000 * i);
        cr_expect_eq(row->end, 1100 + 1000 * i);
        cr_expect_eq(row->seconds, 10);
        cr_expect_eq(row->inferences, 10);
        cr_expect_float_eq(row->gross_uj, 20000 * (i + 1), 0.1, "%g", row->gross_uj);
        cr_expect_float_eq(row->gain_err_uj, 2000 * (i + 1), 0.1);
        /* an end may be a sample off: 2 V, up to i + 2 mA, 10 ms, at both ends */
        cr_expect_leq(row->edge_err_uj, 2 * 20 * (i + 2) + 0.01);
        cr_expect_geq(row->edge_err_uj, 2 * 20 * (i + 1) - 0.01);
        cr_expect_str_empty(row->why);
    }
    cr_expect_float_eq(vr_power_windows_median(windows.rows, 5), 6000, 0.01);
    cr_expect(isnan(vr_power_windows_median(windows.rows, 4)), "the rules ask for five");
}

Test(power_window, a_short_trial_has_none_and_says_why)
{
    make(51, 99);
    cut(51);
    cr_expect_str_eq(windows.rows[0].why, "window 1 lasts 9.900 s, less than 10");
    cr_expect_not(isnan(windows.rows[0].gross_uj), "the energy itself is true");
    cr_expect(isnan(vr_power_windows_median(windows.rows, windows.count)));
    make(50, 150);
    cut(50);
    cr_expect_str_eq(windows.rows[0].why, "window 1 has 9 inferences, fewer than 10");
    cr_expect(isnan(vr_power_windows_median(windows.rows, windows.count)));
    make(3, 100);
    cut(1);
    cr_expect_eq(windows.count, 5);
    cr_expect_str_eq(windows.rows[4].why, "window 5 lasts 0.000 s, less than 10");
}

/* Of 1000 samples one may be missing. */
Test(power_window, more_than_a_thousandth_lost_voids_it)
{
    make(51, 100);
    samples[1500] = NAN;
    cut(51);
    cr_expect_eq(windows.rows[1].lost, 1);
    cr_expect_str_empty(windows.rows[1].why);
    cr_expect_not(isnan(vr_power_windows_median(windows.rows, 5)));
    samples[1501] = NAN;
    cut(51);
    cr_expect_str_eq(windows.rows[1].why, "window 2 lacks 2 of 1000 samples, more than 0.1 %");
    cr_expect_str_empty(windows.rows[0].why);
    cr_expect(isnan(vr_power_windows_median(windows.rows, 5)));
}

/* Outputs that share an inference are none of their own; one without energy happened all the same. */
Test(power_window, inferences_are_counted_once)
{
    make(102, 50);
    for (size_t i = 1; i < 102; i += 2) {
        rows[i].shares = 1;
        rows[i].first = NAN;
    }
    rows[30].first = rows[30].gross_uj = NAN;
    cut(102);
    for (int i = 0; i < 5; i++)
        cr_expect_eq(windows.rows[i].inferences, 10);
    cr_expect_str_empty(windows.rows[0].why);
}

/* A border whose inference has no place moves on to the next one that has. */
Test(power_window, a_border_is_an_inference_with_a_place)
{
    make(101, 100);
    rows[20].first = NAN;
    rows[100].first = NAN; /* the 100th is now the last */
    rows[0].first = NAN;
    cut(101);
    /* of inferences 1 to 99 the borders are 1, 1 + 98 k / 5: 20 has none, so 21, then 40, .. */
    static const int64_t borders[] = {1, 21, 40, 59, 79, 99};
    for (int i = 0; i < 5; i++) {
        cr_expect_eq(windows.rows[i].first, 100 + 100 * borders[i], "%d", i);
        cr_expect_eq(windows.rows[i].inferences, borders[i + 1] - borders[i], "%d", i);
    }
}

Test(power_window, without_a_place_or_a_voltage_there_is_nothing)
{
    make(51, 100);
    for (size_t i = 0; i < 51; i++)
        rows[i].first = NAN;
    cut(51);
    cr_expect_eq(windows.count, 0);
    make(51, 100);
    supply_v = NAN;
    cut(51);
    cr_expect_str_eq(
        windows.rows[0].why, "the supply's voltage is not known: there is charge, but no energy");
    cr_expect(isnan(windows.rows[0].gross_uj));
}
