/* Minutes of a record in a trace: borders where the device consumed them, with a bound that holds when it ran out of samples. */
#include "score/power_segment.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "wire/protocol.h"

#define RATE 1000.0     /* of the trace */
#define HZ 250.0        /* of the record */
#define TICKS 1000000.0 /* of the device, a second */
#define LENGTH_S 150
#define START 2000 /* sample of the trace at which sample 0 of the record is consumed */
#define SAMPLES 200000
#define OUTPUTS 190
#define VOLTS 3.0

static float samples[SAMPLES];
static struct vr_output_row outputs[OUTPUTS];
static struct vr_power_inference_row inferences[OUTPUTS];
static struct vr_power_stream_row stream;
static struct vr_power_span_row span;
static struct vr_power_segment_row *rows;
static size_t count;
static double stall_at_s, stall_s; /* the device had no samples there, for so long */

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

/* Where in the trace that instant of the record is consumed, at the sensor's own pace. */
static double truth_at(double record_s)
{
    return START + RATE * (record_s + (record_s > stall_at_s ? stall_s : 0));
}

/* A beat every 0.8 s, told 1 s later; the device draws 1 mA in the first minute of the record, 2 in the second, 3 behind it. */
static void make(double at_s, double length_s)
{
    stall_at_s = at_s;
    stall_s = length_s;
    supply_v = VOLTS;
    for (size_t i = 0; i < SAMPLES; i++)
        samples[i] = (double)i < truth_at(60) ? 1e-3f : (double)i < truth_at(120) ? 2e-3f : 3e-3f;
    for (size_t i = 0; i < OUTPUTS; i++) {
        int64_t refers = (int64_t)(HZ * 0.75 * (double)i);
        int64_t at = refers + (int64_t)HZ;
        double ticks = (truth_at((double)at / HZ) - START) / RATE * TICKS;
        outputs[i] = (struct vr_output_row){
            .number = (int64_t)i,
            .kind = WIRE_OUTPUT_BEAT,
            .sample_index = refers,
            .at_index = at,
            .ticks_arrival = (uint32_t)llrint(ticks),
            .ticks_emitted = (uint32_t)llrint(ticks) + 500,
            .host_ns = llrint(ticks * 1e3) + 2000000};
        inferences[i] = (struct vr_power_inference_row){.output = (int64_t)i, .why = ""};
    }
    stream = (struct vr_power_stream_row){.mode = "paced", .inference_line = -1, .why = ""};
    span = (struct vr_power_span_row){
        .first = START,
        .end = llrint(truth_at(LENGTH_S - 1 / HZ)),
        .busy_s = 1,
        .validity = "valid"};
}

/* The device's clock begins at sample START; its bound is 0.5 samples. */
static void cut(size_t output_count)
{
    const struct vr_power_clock_row clocks[] = {
        {"device", "edges", 0, INT64_C(1000000000), START, RATE / TICKS, 0, 0.5, 9},
        {"host", "arrivals", 0, INT64_C(1000000000000), START, RATE / 1e9, 0, NAN, 9}};
    const struct vr_attribute_input input = {
        .stream = &stream,
        .trace = {.sum = give_sum, .count = SAMPLES, .rate_hz = RATE, .supply_v = supply_v},
        .clocks = {clocks, 2},
        .outputs = outputs,
        .output_count = output_count,
        .has_mark = true,
        .ticks_hz = (int64_t)TICKS,
        .record_hz = HZ,
        .record_samples = (int64_t)(LENGTH_S * HZ)};
    struct vr_err err;
    free(rows);
    cr_assert_eq(vr_power_segments_cut(&input, &span, inferences, &rows, &count, &err), 0);
}

/* 60 s at 3 V and 1 mA are 180 mJ; 2 mA 360 mJ; the last half minute at 3 mA 270 mJ.  Beats at 0, 0.75, .. 141.75 s: 80, 80, and 30. */
Test(power_segment, minutes_by_hand)
{
    static const double wanted_uj[] = {180000, 360000, 270000};
    static const int64_t beats[] = {80, 80, 30};
    make(1e9, 0);
    cut(OUTPUTS);
    cr_assert_eq(count, 3);
    for (size_t i = 0; i < count; i++) {
        const struct vr_power_segment_row *row = &rows[i];
        cr_expect_str_empty(row->why);
        cr_expect_eq(row->from_s, 60.0 * (double)i);
        cr_expect_eq(row->to_s, i == 2 ? LENGTH_S : 60.0 * (double)(i + 1));
        cr_expect_float_eq(row->gross_uj, wanted_uj[i], 20, "%zu: %.1f uJ", i, row->gross_uj);
        cr_expect_float_eq(row->seconds, i == 2 ? 30 : 60, 0.002);
        cr_expect_eq(row->beats, beats[i], "%zu: %d beats", i, (int)row->beats);
        cr_expect_eq(row->coverage, 1);
        cr_expect_leq(row->time_err_us, 2000, "%g us", row->time_err_us);
        cr_expect_leq(
            fabs(row->gross_uj - wanted_uj[i]), row->edge_err_uj, "%zu: %g uJ", i,
            row->edge_err_uj);
    }
    cr_expect_eq(rows[0].end, rows[1].first, "no sample is in two or in none");
    /* told 1 s later, the last beat of a minute may be an inference of the next one */
    cr_expect_eq(rows[0].inferences + rows[1].inferences + rows[2].inferences, OUTPUTS);
}

/* The device ran dry for 400 ms: within the minute, and in the very interval of a border, on either side of it. */
Test(power_segment, a_border_is_within_its_bound_where_the_device_ran_dry)
{
    static const double stalls[] = {30, 59.9, 60.1, 119.95, 0.2, 149.5};
    for (size_t k = 0; k < sizeof stalls / sizeof *stalls; k++) {
        make(stalls[k], 0.4);
        cut(OUTPUTS);
        cr_assert_eq(count, 3);
        for (size_t i = 0; i < count; i++) {
            double first = truth_at(60.0 * (double)i), end = truth_at(i == 2 ? 150 : 60 * (i + 1));
            double bound = rows[i].time_err_us * RATE / 1e6 + 0.5; /* and the whole sample */
            double true_uj = 0;
            for (int64_t s = llrint(first); s < llrint(end); s++)
                true_uj += 1e6 * samples[s] * VOLTS / RATE;
            cr_expect_leq(
                fabs((double)rows[i].first - first), bound, "stall %g, %zu", stalls[k], i);
            cr_expect_leq(fabs((double)rows[i].end - end), bound, "stall %g, %zu", stalls[k], i);
            cr_expect_leq(
                fabs(rows[i].gross_uj - true_uj), rows[i].edge_err_uj + 10,
                "stall %g, %zu: %g of %g uJ, bound %g", stalls[k], i, rows[i].gross_uj, true_uj,
                rows[i].edge_err_uj);
            bool is_far = k == 0;
            if (is_far)
                cr_expect_leq(rows[i].time_err_us, 2000, "a stall elsewhere widens no bound");
        }
    }
}

Test(power_segment, a_gap_leaves_its_minute_without_energy)
{
    make(1e9, 0);
    for (size_t i = 70000; i < 70070; i++)
        samples[i] = NAN;
    cut(OUTPUTS);
    cr_expect_str_eq(rows[1].why, "more than 0.1 % of its samples were lost");
    cr_expect(isnan(rows[1].gross_uj));
    cr_expect_eq(rows[1].lost, 70);
    cr_expect_str_empty(rows[0].why);
    cr_expect_str_empty(rows[2].why);
}

Test(power_segment, outputs_of_one_inference_count_once)
{
    make(1e9, 0);
    for (size_t i = 1; i < OUTPUTS; i += 2)
        inferences[i].shares = 1;
    cut(OUTPUTS);
    cr_expect_eq(rows[0].inferences, 40);
    cr_expect_eq(rows[0].beats, 80);
}

Test(power_segment, without_a_pace_outputs_or_a_voltage_there_is_none)
{
    make(1e9, 0);
    cut(1);
    cr_assert_eq(count, 3);
    cr_expect_str_eq(rows[0].why, "fewer than two outputs have a place in the trace");
    cr_expect(isnan(rows[0].gross_uj));
    supply_v = NAN;
    cut(OUTPUTS);
    cr_expect_str_eq(
        rows[0].why, "the supply's voltage is not known: there is charge, but no energy");
    static const char *const modes[] = {"silent", "max"};
    for (int i = 0; i < 2; i++) {
        make(1e9, 0);
        stream.mode = modes[i];
        cut(OUTPUTS);
        cr_expect_eq(count, 0);
        cr_expect_null(rows);
    }
}
