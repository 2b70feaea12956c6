/* Energy of inferences against a planted one: what is told is near, and the truth is within what is said to be unsure. */
#include "score/attribute.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

#define PULSES 40
#define SEEDS 5
#define VOLTS 3.0
#define IDLE_A 2e-3
#define BUSY_A 8e-3
#define CORE_A 20e-3

/* --- a device of known power ----------------------------------------------------------------------- */

/* On the axis of samples; a busy pulse with an inference in it. */
struct truth {
    double rise, core_rise, core_fall, fall;
};

struct world {
    const char *name;
    double rate_hz;
    bool is_integrating, has_inference_line, has_busy_line;
    double noise_a;
};

static struct truth truths[PULSES];
static float *samples;
static uint8_t *missing;
static int64_t sample_count;
static struct vr_power_edge edges[4 * PULSES];
static size_t edge_count;
static struct vr_output_row outputs[PULSES];
static struct vr_power_inference_row rows[PULSES];
static struct vr_power_span_row span;
static struct vr_power_stream_row stream;
static struct vr_power_gap gaps[4];
static size_t gap_count;
static double rate_hz;

static double current_a(double at)
{
    for (size_t i = 0; i < PULSES; i++) {
        const struct truth *truth = &truths[i];
        if (at >= truth->core_rise && at < truth->core_fall)
            return CORE_A;
        if (at >= truth->rise && at < truth->fall)
            return BUSY_A;
    }
    return IDLE_A;
}

static double overlap(double a, double b, double first, double end)
{
    return fmax(fmin(b, end) - fmax(a, first), 0);
}

/* Charge of [a, b) in A * samples, pulse `i` alone. */
static double above_idle(const struct truth *truth, double a, double b)
{
    return (BUSY_A - IDLE_A) * overlap(a, b, truth->rise, truth->fall) +
           (CORE_A - BUSY_A) * overlap(a, b, truth->core_rise, truth->core_fall);
}

static int64_t seen(const struct world *world, double at)
{
    return (int64_t)(world->is_integrating ? floor(at) : ceil(at - 0.5));
}

static void see(const struct world *world, double at, uint8_t line, bool level)
{
    edges[edge_count++] = (struct vr_power_edge){seen(world, at), line, level};
}

static void make(const struct world *world, uint64_t seed)
{
    struct vr_rng rng;
    vr_rng_init(&rng, seed);
    rate_hz = world->rate_hz;
    edge_count = gap_count = 0;
    double at = 0.02 * rate_hz;
    for (size_t i = 0; i < PULSES; i++) {
        struct truth *truth = &truths[i];
        truth->rise = at;
        truth->core_rise = at + (0.5e-3 + 0.2e-3 * vr_rng_unit(&rng)) * rate_hz;
        truth->core_fall = truth->core_rise + (5e-3 + 1e-3 * vr_rng_unit(&rng)) * rate_hz;
        truth->fall = truth->core_fall + (0.6e-3 + 0.2e-3 * vr_rng_unit(&rng)) * rate_hz;
        at = truth->fall + (10e-3 + 5e-3 * vr_rng_unit(&rng)) * rate_hz;
        if (world->has_busy_line)
            see(world, truth->rise, 0, true);
        if (world->has_inference_line) {
            see(world, truth->core_rise, 1, true);
            see(world, truth->core_fall, 1, false);
        }
        if (world->has_busy_line)
            see(world, truth->fall, 0, false);
        outputs[i] = (struct vr_output_row){
            .number = (int64_t)i,
            .ticks_arrival = (uint32_t)llrint(truth->core_rise / rate_hz * 64e6) + 4294000000u,
            .ticks_emitted = (uint32_t)llrint(truth->core_fall / rate_hz * 64e6) + 4294000000u,
            .host_ns = llrint((truth->core_fall / rate_hz + 0.002) * 1e9),
        };
    }
    sample_count = (int64_t)(at + 0.02 * rate_hz);
    free(samples);
    free(missing);
    samples = calloc((size_t)sample_count, sizeof *samples);
    missing = calloc((size_t)sample_count, 1);
    size_t near = 0;
    for (int64_t i = 0; i < sample_count; i++) {
        while (near + 1 < PULSES && (double)i > truths[near].fall + 1)
            near++;
        double a = world->is_integrating
                       ? IDLE_A + above_idle(&truths[near], (double)i, (double)i + 1)
                       : current_a((double)i + 0.5);
        samples[i] = (float)(a + world->noise_a * vr_rng_normal(&rng));
    }
    stream = (struct vr_power_stream_row){
        .quantity = VR_POWER_CURRENT,
        .is_integrating = world->is_integrating,
        .supply_v = VOLTS,
        .busy_line = world->has_busy_line ? 0 : -1,
        .inference_line = world->has_inference_line ? 1 : -1,
        .ended_ns = 1,
        .why = ""};
}

static void lose(int64_t first, int64_t count, int64_t place_err)
{
    memset(missing + first, 1, (size_t)count);
    gaps[gap_count++] =
        (struct vr_power_gap){first, count, place_err ? VR_POWER_GAP_ARRIVAL : VR_POWER_GAP_COUNTER,
                              count, count, place_err};
}

static int give_sum(
    void *context, int64_t first, int64_t end, struct vr_power_sum *ret_sum, struct vr_err *err)
{
    (void)context;
    (void)err;
    cr_assert(first >= 0 && first <= end && end <= sample_count);
    *ret_sum = (struct vr_power_sum){0};
    for (int64_t i = first; i < end; i++) {
        if (missing[i]) {
            ret_sum->lost++;
            continue;
        }
        ret_sum->count++;
        ret_sum->charge_c += (double)samples[i] / rate_hz;
    }
    ret_sum->energy_j = ret_sum->charge_c * stream.supply_v;
    ret_sum->gain_err_j = 0.1 * ret_sum->energy_j;
    return 0;
}

static int give_samples(
    void *context, int64_t first, size_t count, float *values, float *volts, struct vr_err *err)
{
    (void)context;
    (void)err;
    cr_assert(first >= 0 && first + (int64_t)count <= sample_count);
    for (size_t i = 0; i < count; i++) {
        values[i] = missing[first + (int64_t)i] ? NAN : samples[first + (int64_t)i];
        volts[i] = NAN;
    }
    return 0;
}

static void attribute(const struct vr_power_clock_row *clocks, size_t clock_count)
{
    struct vr_attribute_input input = {
        .stream = &stream,
        .trace =
            {.sum = give_sum,
             .samples = give_samples,
             .count = sample_count,
             .rate_hz = rate_hz,
             .quantity = VR_POWER_CURRENT,
             .is_integrating = stream.is_integrating,
             .supply_v = stream.supply_v},
        .edges = edges,
        .edge_count = edge_count,
        .gaps = gaps,
        .gap_count = gap_count,
        .clocks = {clocks, clock_count},
        .outputs = outputs,
        .output_count = PULSES,
        .has_mark = true,
        .mark_ticks = 4294000000u,
        .ticks_hz = 64000000,
        .started_ns = 30000000,
        .ended_ns = 200000000};
    struct vr_err err;
    cr_assert_eq(vr_attribute(&input, &span, rows, &err), 0);
}

/* The axis begins with both clocks; that of the device is off by `off` samples, as its bound says. */
static void attribute_joined(double off)
{
    const struct vr_power_clock_row clocks[] = {
        {"device", "edges", -64000000, INT64_C(64000000) * 100, off - rate_hz, rate_hz / 64e6, 0,
         fabs(off) + 0.1, 9},
        {"host", "round trips", -1000000000, INT64_C(100000000000), -rate_hz, rate_hz / 1e9, 0,
         0.001 * rate_hz, 9},
    };
    attribute(clocks, 2);
}

/* --- against the truth ------------------------------------------------------------------------------ */

static double core_uj(size_t i)
{
    return 1e6 * VOLTS * CORE_A * (truths[i].core_fall - truths[i].core_rise) / rate_hz;
}

static const struct world worlds[] = {
    {"PPK2", 1e5, false, true, true, 20e-6},
    {"JS220", 1e6, true, true, true, 20e-6},
    {"JS110", 2e6, false, true, true, 20e-6},
    {"integrating, 5 kHz", 5e3, true, true, true, 2e-6},
    {"PowerShield by clock", 5e3, true, false, false, 2e-6},
    {"PPK2 by clock", 1e5, false, false, false, 20e-6},
};

Test(attribute, planted_energies_are_found_and_lie_within_what_is_unsure)
{
    for (size_t w = 0; w < sizeof worlds / sizeof *worlds; w++) {
        const struct world *world = &worlds[w];
        double worst_pct = 0, worst_edge_us = 0, worst_ratio = 0, mean_pct = 0;
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            make(world, seed);
            attribute_joined(5e-6 * rate_hz * (seed % 2 ? 1 : -1));
            cr_assert_str_eq(span.validity, "valid", "%s: %s", world->name, span.why);
            for (size_t i = 0; i < PULSES; i++) {
                const struct vr_power_inference_row *row = &rows[i];
                cr_assert_str_empty(row->why, "%s, output %zu: %s", world->name, i, row->why);
                double error_uj = row->gross_uj - core_uj(i);
                double unsure_uj = row->edge_err_uj + row->noise_err_uj;
                double edge_us = fmax(
                    fabs(row->first - truths[i].core_rise), fabs(row->end - truths[i].core_fall));
                edge_us *= 1e6 / rate_hz;
                worst_pct = fmax(worst_pct, 100 * fabs(error_uj) / core_uj(i));
                mean_pct += 100 * error_uj / core_uj(i) / PULSES / SEEDS;
                worst_edge_us = fmax(worst_edge_us, edge_us);
                worst_ratio = fmax(worst_ratio, fabs(error_uj) / unsure_uj);
                cr_expect_leq(
                    edge_us, row->time_err_us * 1.001,
                    "%s, seed %zu, output %zu: an end is %g us off", world->name, (size_t)seed, i,
                    edge_us);
                cr_expect_leq(
                    fabs(error_uj), unsure_uj, "%s, seed %zu, output %zu: %g uJ off", world->name,
                    (size_t)seed, i, error_uj);
                cr_expect_float_eq(row->peak_ma, 1e3 * CORE_A, 0.2);
                double idle_uj = VOLTS * IDLE_A * row->duration_us;
                if (world->has_busy_line)
                    cr_expect_float_eq(row->net_uj, row->gross_uj - idle_uj, 0.01 * core_uj(i));
            }
        }
        cr_log_info(
            "%-22s worst energy %.3f %%, mean %+.4f %%, worst end %.2f us, error / unsure %.2f",
            world->name, worst_pct, mean_pct, worst_edge_us, worst_ratio);
        cr_expect_leq(worst_pct, 0.5, "%s: %g %%", world->name, worst_pct);
        cr_expect_leq(worst_edge_us, 10, "%s: %g us", world->name, worst_edge_us);
    }
}

Test(attribute, phases_are_what_stands_before_and_behind_in_the_busy_pulse)
{
    make(&worlds[0], 3);
    attribute_joined(0);
    for (size_t i = 0; i < PULSES; i++) {
        double per_sample_uj = 1e6 * VOLTS * BUSY_A / rate_hz;
        cr_expect_float_eq(
            rows[i].pre_uj, per_sample_uj * (truths[i].core_rise - truths[i].rise),
            1.1 * per_sample_uj);
        cr_expect_float_eq(
            rows[i].post_uj, per_sample_uj * (truths[i].fall - truths[i].core_fall),
            1.1 * per_sample_uj);
        cr_expect_eq(rows[i].core_uj, rows[i].gross_uj);
    }
    cr_expect_eq(span.first, seen(&worlds[0], truths[0].rise));
    cr_expect_eq(span.end, seen(&worlds[0], truths[PULSES - 1].fall));
    cr_expect_float_eq(span.idle_uw, 1e6 * VOLTS * IDLE_A, 60);
}

Test(attribute, lost_samples_leave_no_energy_where_they_are)
{
    make(&worlds[0], 4);
    lose((int64_t)truths[5].core_rise + 100, 3, 0);
    /* the rise was in them: what is left of the pulse looks whole */
    int64_t rise = seen(&worlds[0], truths[7].core_rise);
    lose(rise - 4, 4, 0);
    /* somewhere about the pulse, but its place is not sure */
    lose((int64_t)truths[9].fall + 20, 1, 400);
    attribute_joined(0);
    for (size_t i = 0; i < PULSES; i++) {
        bool is_hurt = i == 5 || i == 7 || i == 9;
        cr_expect_eq(isnan(rows[i].gross_uj), is_hurt, "output %zu: %s", i, rows[i].why);
        cr_expect_eq(rows[i].why[0] != '\0', is_hurt);
    }
    cr_expect_eq(rows[5].lost, 3);
    cr_expect_str_eq(span.validity, "valid");
    lose((int64_t)truths[11].fall + 50, 200, 0);
    attribute_joined(0);
    cr_expect_str_eq(span.validity, "incomplete");
    cr_expect_lt(span.coverage, VR_ATTRIBUTE_COVERAGE_MIN);
}

Test(attribute, a_loss_that_may_have_hidden_the_last_pulse_makes_no_valid_span)
{
    make(&worlds[0], 4);
    lose(sample_count - 1000, 10, 0);
    attribute_joined(0);
    cr_expect_str_eq(span.validity, "valid", "less than a thousandth of the span");
    lose(sample_count - 900, 800, 0);
    attribute_joined(0);
    cr_expect_str_eq(span.validity, "incomplete");
    cr_expect_eq(span.lost, 0);
}

Test(attribute, without_a_clock_there_is_the_span_alone)
{
    make(&worlds[0], 5);
    attribute(NULL, 0);
    cr_expect_str_eq(span.validity, "valid", "busy pulses tell where the trial is");
    for (size_t i = 0; i < PULSES; i++)
        cr_expect_str_eq(rows[i].why, "the meter's samples are not joined to the device's clock");
    make(&worlds[5], 5);
    const struct vr_power_clock_row host = {
        "host", "arrivals", 0, INT64_C(1000000000), 0, rate_hz / 1e9, 0, 50, 9};
    attribute(&host, 1);
    cr_expect_str_eq(span.validity, "valid");
    cr_expect_eq(span.first, 3000, "the trial began at 30 ms");
    cr_expect_eq(span.end, 20000);
    cr_expect_float_eq(span.time_err_us, 500, 1e-6);
    attribute(NULL, 0);
    cr_expect_str_eq(span.validity, "none");
}

Test(attribute, without_a_voltage_there_is_charge)
{
    make(&worlds[0], 6);
    stream.supply_v = NAN;
    attribute_joined(0);
    cr_expect_str_eq(span.validity, "none");
    cr_expect(isnan(span.gross_uj));
    cr_expect_gt(span.charge_uc, 0);
    cr_expect_gt(rows[3].charge_uc, 0);
    cr_expect(isnan(rows[3].gross_uj));
    cr_expect_str_not_empty(rows[3].why);
}

Test(attribute, a_time_in_two_pulses_has_no_energy)
{
    make(&worlds[0], 7);
    /* the clock is known to 20 ms, and the pulses are 15 ms apart */
    attribute_joined(0.02 * rate_hz);
    for (size_t i = 1; i + 1 < PULSES; i++)
        cr_expect_str_eq(rows[i].why, "it may belong to more than one pulse of the inference line");
}

Test(attribute, a_meter_in_trouble_makes_no_valid_span)
{
    make(&worlds[0], 8);
    stream.why = "the port went away";
    attribute_joined(0);
    cr_expect_str_eq(span.validity, "incomplete");
    cr_expect_str_eq(span.why, "the port went away");
    stream.why = "";
    stream.ended_ns = 0;
    attribute_joined(0);
    cr_expect_str_eq(span.validity, "incomplete");
}

/* --- several outputs of one step --------------------------------------------------------------------- */

/* Every second output is now of the step of the one before it, emitted a little later or earlier. */
static void pair_up(void)
{
    for (size_t i = 0; i < PULSES; i++)
        outputs[i].at_index = 250 * (int64_t)i;
    for (size_t i = 1; i < PULSES; i += 2) {
        uint32_t earlier = outputs[i - 1].ticks_emitted - 64 * 200;
        outputs[i] = outputs[i - 1];
        outputs[i].number = (int64_t)i;
        outputs[i - 1].ticks_emitted = earlier;
    }
}

Test(attribute, outputs_of_one_step_share_its_energy)
{
    static const size_t of_lines[] = {0, 5}; /* with the inference line, and without */
    for (size_t k = 0; k < sizeof of_lines / sizeof *of_lines; k++) {
        const struct world *world = &worlds[of_lines[k]];
        make(world, 9);
        pair_up();
        attribute_joined(0);
        double sum_uj = 0, wanted_uj = 0;
        for (size_t i = 0; i < PULSES; i++) {
            cr_expect_eq(rows[i].shares, i % 2, "%s, output %zu", world->name, i);
            cr_expect_eq(rows[i].why[0] != '\0', i % 2, "output %zu: %s", i, rows[i].why);
            cr_expect_eq(isnan(rows[i].gross_uj) != 0, i % 2);
            sum_uj += i % 2 ? 0 : rows[i].gross_uj;
            wanted_uj += i % 2 ? 0 : core_uj(i);
        }
        cr_expect_float_eq(
            sum_uj, wanted_uj, 0.002 * wanted_uj, "%s: %g of %g uJ", world->name, sum_uj,
            wanted_uj);
    }
}

/* A third output leads to the first, past one whose number was lost on the line. */
Test(attribute, a_shared_inference_is_found_by_its_number)
{
    make(&worlds[0], 10);
    outputs[4].ticks_arrival = outputs[3].ticks_arrival = outputs[2].ticks_arrival;
    outputs[4].ticks_emitted = outputs[3].ticks_emitted = outputs[2].ticks_emitted;
    for (size_t i = 3; i < PULSES; i++)
        outputs[i].number++;
    attribute_joined(0);
    cr_expect_eq(rows[2].shares, 0);
    cr_expect_eq(rows[3].output - rows[3].shares, rows[2].output);
    cr_expect_eq(rows[4].output - rows[4].shares, rows[2].output);
    cr_expect_eq(rows[5].shares, 0);
}

/* Two steps in one pulse, for the meter saw no edge between them: neither has the energy of both. */
Test(attribute, pulses_that_ran_together_have_no_energy)
{
    make(&worlds[0], 11);
    uint32_t arrival = outputs[6].ticks_arrival, emitted = outputs[6].ticks_emitted;
    for (size_t i = 0; i < PULSES; i++)
        outputs[i].at_index = 250 * (int64_t)i;
    outputs[6].ticks_emitted = arrival + (emitted - arrival) / 2;
    outputs[7].ticks_arrival = arrival + (emitted - arrival) / 2;
    outputs[7].ticks_emitted = emitted;
    attribute_joined(0);
    for (size_t i = 6; i < 8; i++) {
        cr_expect(isnan(rows[i].gross_uj), "output %zu: %g uJ", i, rows[i].gross_uj);
        cr_expect_not_null(strstr(rows[i].why, "pulses have run together"), "%s", rows[i].why);
        cr_expect_eq(rows[i].shares, 0);
    }
    cr_expect_str_empty(rows[5].why);
    cr_expect_str_empty(rows[8].why);
}
