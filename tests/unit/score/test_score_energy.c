/* The scorer of energy: its figures by hand, and when there are none. */
#include "scored.h"

#include <string.h>

#define COUNT 40

static struct vr_power_inference_row rows[COUNT];
static struct vr_energy_rows energy;

/* 30 inferences in each, of 9 to 13 uJ. */
static const struct vr_power_window_row windows[] = {
    {1, 0, 1000, 12, 30, 30 * 12, 0, 0, 0, ""},    {2, 1000, 2000, 12, 30, 30 * 9, 0, 0, 0, ""},
    {3, 2000, 3000, 12, 30, 30 * 13, 0, 0, 0, ""}, {4, 3000, 4000, 12, 30, 30 * 10, 0, 0, 1, ""},
    {5, 4000, 5000, 12, 30, 30 * 11, 0, 0, 0, ""},
};
static struct scored_trial trial;

/* Inferences of 1, 2, .. 40 uJ, of which 1 uJ is idle, in a trial of 60 s that takes 6 J. */
static void make(const char *mode)
{
    scored_make(&trial, "r");
    for (int i = 0; i < COUNT; i++) {
        scored_beat(&trial, 1000 * i, 1, 10, 1000);
        trial.outputs[i].number = i;
        rows[i] = (struct vr_power_inference_row){
            .output = i,
            .first = 100 * i,
            .end = 100 * i + 50,
            .duration_us = 500,
            .gross_uj = i + 1,
            .net_uj = i,
            .peak_ma = 5 + i,
            .edge_err_uj = 0.02 * (i + 1),
            .gain_err_uj = 0.05 * (i + 1),
            .noise_err_uj = 0.01 * (i + 1),
            .why = ""};
    }
    energy = (struct vr_energy_rows){
        .has_stream = true,
        .has_span = true,
        .stream = {.mode = mode, .why = ""},
        .span =
            {.seconds = 60,
             .gross_uj = 6e6,
             .charge_uc = 2e6,
             .coverage = 1,
             .validity = "valid",
             .why = ""},
        .inferences = rows,
        .inference_count = COUNT,
        .window_count = 5};
    memcpy(energy.windows, windows, sizeof windows);
}

static int put(struct vr_score *score, struct vr_err *err)
{
    const struct vr_score_trial view = {
        .record = &trial.record,
        .trial = &trial.trial,
        .outputs = trial.outputs,
        .output_count = trial.output_count,
        .energy = &energy};
    return vr_score_trial(score, &view, err);
}

static double value_of(const struct vr_metrics *metrics, const char *name)
{
    const struct vr_metric_row *row = vr_metrics_find(metrics, name, "r");
    cr_assert_not_null(row, "%s", name);
    return row->value;
}

static struct vr_metrics score_one(const struct vr_scenario_score *config)
{
    struct vr_score *score = scored_open(config);
    struct vr_err err = {0};
    cr_assert_eq(put(score, &err), 0, "%s", err.text);
    return scored_end(score);
}

Test(score_energy, figures_are_those_of_the_rows)
{
    const struct vr_scenario_score config = {
        .task = "energy", .battery_mah = 100, .battery_v = 4, .battery_usable_pct = 60};
    make("paced");
    struct vr_metrics metrics = score_one(&config);
    const struct {
        const char *name;
        double value;
    } wanted[] = {
        {"energy.mean_power_mw", 100},
        {"energy.per_inference_uj_mean", 20.5},
        {"energy.per_inference_uj_p50", 20.5},
        {"energy.per_inference_uj_p95", 38.05},
        {"energy.mlperf_per_inference_uj", 11},
        {"energy.net_per_inference_uj_mean", 19.5},
        {"energy.relative_err_pct", 8},
        {"energy.duration_us_p50", 500},
        {"energy.peak_ma", 44},
        {"energy.charge_uc", 2e6},
        {"energy.per_beat_uj", 150000},
        {"energy.per_hour_mj", 360000},
        {"energy.battery_days", 0.1},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        cr_expect_float_eq(
            value_of(&metrics, wanted[i].name), wanted[i].value, 1e-9 * wanted[i].value, "%s: %g",
            wanted[i].name, value_of(&metrics, wanted[i].name));
    vr_metrics_finish(&metrics);
}

/* At another pace than the sensor's, an hour of the device is not an hour of its user. */
Test(score_energy, a_battery_is_told_of_records_replayed_as_recorded)
{
    const struct vr_scenario_score config = {
        .task = "energy", .battery_mah = 100, .battery_v = 4, .battery_usable_pct = 100};
    for (int i = 0; i < 2; i++) {
        make(i == 0 ? "paced" : "silent");
        energy.span.seconds = i == 0 ? 30 : 60;
        struct vr_metrics metrics = score_one(&config);
        cr_expect(isnan(value_of(&metrics, "energy.per_hour_mj")));
        cr_expect(isnan(value_of(&metrics, "energy.battery_days")));
        cr_expect_not(isnan(value_of(&metrics, "energy.mean_power_mw")));
        vr_metrics_finish(&metrics);
    }
}

/* From 5 s on there are outputs 5 to 39 with 6 to 40 uJ, of which output 8 shares the inference of output 7: 34 inferences without 9 uJ. */
Test(score_energy, outputs_of_one_inference_count_once)
{
    const struct vr_scenario_score config = {.task = "energy", .from_s = 5};
    make("paced");
    rows[8].gross_uj = NAN;
    rows[8].shares = 1;
    rows[8].why = "it came out of the inference of an output before it";
    struct vr_metrics metrics = score_one(&config);
    const struct vr_metric_row *row =
        vr_metrics_find(&metrics, "energy.per_inference_uj_mean", "r");
    int sum = -9;
    for (int uj = 6; uj <= 40; uj++)
        sum += uj;
    cr_expect_eq(row->n, COUNT - 5 - 1, "%d", (int)row->n);
    cr_expect_float_eq(row->value, sum / 34.0, 1e-9, "%g", row->value);
    vr_metrics_finish(&metrics);
    /* and are none that is missing: of 20 inferences with two outputs each all have an energy: 1, 3, .. 39 uJ */
    make("paced");
    for (int i = 1; i < COUNT; i += 2) {
        rows[i].gross_uj = NAN;
        rows[i].shares = 1;
    }
    const struct vr_scenario_score all = {.task = "energy"};
    metrics = score_one(&all);
    cr_expect_float_eq(value_of(&metrics, "energy.per_inference_uj_mean"), 20, 1e-9);
    vr_metrics_finish(&metrics);
}

Test(score_energy, windows_of_mlperf_are_five_that_keep_the_rules)
{
    const struct vr_scenario_score config = {.task = "energy"};
    for (int i = 0; i < 3; i++) {
        make("silent");
        if (i == 0)
            energy.window_count = 4;
        if (i == 1)
            energy.windows[2].why = "it breaks a rule";
        struct vr_metrics metrics = score_one(&config);
        cr_expect_eq(isnan(value_of(&metrics, "energy.mlperf_per_inference_uj")) != 0, i < 2);
        cr_expect_not(isnan(value_of(&metrics, "energy.per_inference_uj_mean")));
        vr_metrics_finish(&metrics);
    }
}

/* Of two trials of a record there is a figure when both have one. */
Test(score_energy, windows_are_those_of_every_trial)
{
    const struct vr_scenario_score config = {.task = "energy"};
    for (int broken = 0; broken < 2; broken++) {
        struct vr_score *score = scored_open(&config);
        struct vr_err err = {0};
        make("silent");
        cr_assert_eq(put(score, &err), 0, "%s", err.text);
        make("silent");
        for (int i = 0; i < 5; i++)
            energy.windows[i].gross_uj *= 2;
        energy.windows[4].why = broken ? "it breaks a rule" : "";
        cr_assert_eq(put(score, &err), 0, "%s", err.text);
        struct vr_metrics metrics = scored_end(score);
        double value = value_of(&metrics, "energy.mlperf_per_inference_uj");
        if (broken)
            cr_expect(isnan(value), "%g", value);
        else
            cr_expect_float_eq(value, (11 + 22) / 2.0, 1e-9, "%g", value);
        vr_metrics_finish(&metrics);
    }
}

Test(score_energy, too_many_without_energy_leave_no_figure_of_an_inference)
{
    const struct vr_scenario_score config = {.task = "energy"};
    for (int lost = 2; lost <= 3; lost++) {
        make("paced");
        for (int i = 0; i < lost; i++)
            rows[10 + i].gross_uj = NAN;
        struct vr_metrics metrics = score_one(&config);
        cr_expect_eq(isnan(value_of(&metrics, "energy.per_inference_uj_p95")) != 0, lost > 2);
        cr_expect_not(isnan(value_of(&metrics, "energy.mean_power_mw")));
        vr_metrics_finish(&metrics);
    }
}

Test(score_energy, an_unsound_trace_has_no_figures_and_says_why)
{
    const struct vr_scenario_score config = {.task = "energy"};
    const char *const wanted[] = {
        "record r has no energy: no meter was at work",
        "record r has no energy: the port went away",
        "record r has no energy: its trace was never attributed",
        "record r has no energy: more than 0.1 % of its samples were lost",
        ("record r has no energy: the line to the device was busy all the time (speed max); replay "
         "it at 1, or silent"),
    };
    for (int i = 0; i < 5; i++) {
        make(i == 4 ? "max" : "paced");
        energy.has_stream = i != 0;
        energy.stream.why = i == 1 ? "the port went away" : "";
        energy.has_span = i != 2;
        energy.span.validity = i == 3 ? "incomplete" : "valid";
        energy.span.why = i == 3 ? "more than 0.1 % of its samples were lost" : "";
        struct vr_score *score = scored_open(&config);
        struct vr_err err = {0};
        cr_expect_eq(put(score, &err), -VR_ERR_INPUT);
        cr_expect_str_eq(err.text, wanted[i]);
        struct vr_metrics metrics = scored_end(score);
        for (size_t k = 0; k < metrics.count; k++)
            cr_expect(isnan(metrics.items[k].value), "%s", metrics.items[k].name);
        vr_metrics_finish(&metrics);
    }
}
