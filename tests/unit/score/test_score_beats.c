#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "scored.h"
#include "stats/interval.h"

static const struct vr_scenario_score config = {.task = "beats", .from_s = 0, .window_ms = 150};

/* 10 beats a second apart; the codes of the device's, from the first; 0 = missed. */
static void add_beats(struct scored_trial *trial, const uint8_t truth[10], const uint8_t device[10])
{
    for (int i = 0; i < 10; i++) {
        scored_truth(trial, 1000 + 1000 * i, truth[i]);
        if (device[i])
            scored_beat(trial, 1010 + 1000 * i, device[i], 300, 50);
    }
}

static struct vr_metrics two_records(void)
{
    struct vr_score *score = scored_open(&config);
    struct scored_trial trial;
    scored_make(&trial, "a");
    add_beats(
        &trial, (uint8_t[10]){1, 1, 1, 1, 1, 1, 1, 1, 5, 5},
        (uint8_t[10]){1, 1, 1, 1, 1, 1, 1, 0, 5, 1});
    scored_put(score, &trial);
    scored_make(&trial, "b");
    add_beats(
        &trial, (uint8_t[10]){1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
        (uint8_t[10]){1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
    scored_beat(&trial, 20500, 5, 300, 50);
    scored_beat(&trial, 21500, 1, 300, 50);
    scored_put(score, &trial);
    return scored_end(score);
}

Test(score_beats, gross_sums_and_average_does_not)
{
    struct vr_metrics metrics = two_records();
    const struct {
        const char *name;
        double a, b, gross, average;
        int64_t a_n, b_n, gross_n, average_n;
    } rows[] = {
        {"beats.qrs_sensitivity_pct", 90, 100, 95, 95, 10, 10, 20, 2},
        {"beats.qrs_ppv_pct", 100, 1000 / 12.0, 1900 / 21.0, 50 + 500 / 12.0, 9, 12, 21, 2},
        {"beats.veb_sensitivity_pct", 50, NAN, 50, 50, 2, 0, 2, 1},
        {"beats.veb_ppv_pct", 100, 0, 50, 50, 1, 1, 2, 2},
        {"beats.veb_fpr_pct", 0, 100 / 12.0, 100 / 19.0, 50 / 12.0, 7, 12, 19, 2},
        {"beats.sveb_sensitivity_pct", NAN, NAN, NAN, NAN, 0, 0, 0, 0},
        {"beats.sveb_ppv_pct", NAN, NAN, NAN, NAN, 0, 0, 0, 0},
        {"beats.position_bias_ms", 10, 10, 10, 10, 9, 10, 19, 2},
        {"beats.position_sd_ms", 0, 0, 0, 0, 9, 10, 19, 2},
        {"beats.qrs_tp", 9, 10, 19, 9.5, 1, 1, 2, 2},
        {"beats.qrs_fn", 1, 0, 1, 0.5, 1, 1, 2, 2},
        {"beats.qrs_fp", 0, 2, 2, 1, 1, 1, 2, 2},
        /* RR of the device after the missed beat: 2000 ms against 1000. */
        {"beats.rr_error_ms", sqrt(1e6 / 8), 0, sqrt(1e6 / 17), sqrt(1e6 / 8) / 2, 8, 9, 17, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        scored_expect(&metrics, rows[i].name, "a", rows[i].a, rows[i].a_n);
        scored_expect(&metrics, rows[i].name, "b", rows[i].b, rows[i].b_n);
        scored_expect(&metrics, rows[i].name, "gross", rows[i].gross, rows[i].gross_n);
        scored_expect(&metrics, rows[i].name, "average", rows[i].average, rows[i].average_n);
    }
    cr_expect_eq(metrics.count, 4 * sizeof rows / sizeof rows[0], "every metric has 4 scopes");
    vr_metrics_finish(&metrics);
}

Test(score_beats, proportions_have_their_interval_and_averages_none)
{
    struct vr_metrics metrics = two_records();
    struct vr_interval wilson = vr_interval_wilson(19, 20);
    const struct vr_metric_row *row =
        vr_metrics_find(&metrics, "beats.qrs_sensitivity_pct", "gross");
    cr_expect_float_eq(row->low, 100 * wilson.low, 1e-9);
    cr_expect_float_eq(row->high, 100 * wilson.high, 1e-9);
    cr_expect_str_eq(row->unit, "%");
    row = vr_metrics_find(&metrics, "beats.qrs_sensitivity_pct", "average");
    cr_expect(isnan(row->low) && isnan(row->high));
    row = vr_metrics_find(&metrics, "beats.sveb_ppv_pct", "gross");
    cr_expect(isnan(row->low) && isnan(row->high));
    row = vr_metrics_find(&metrics, "beats.rr_error_ms", "a");
    cr_expect(isnan(row->low) && isnan(row->high));
    cr_expect_str_eq(row->unit, "ms");
    vr_metrics_finish(&metrics);
}

Test(score_beats, repeats_add_up_under_their_record)
{
    struct vr_score *score = scored_open(&config);
    struct scored_trial trial;
    for (int repeat = 0; repeat < 3; repeat++) {
        scored_make(&trial, "a");
        add_beats(
            &trial, (uint8_t[10]){1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
            (uint8_t[10]){repeat != 1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
        scored_put(score, &trial);
    }
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "beats.qrs_sensitivity_pct", "a", 2900 / 30.0, 30);
    scored_expect(&metrics, "beats.qrs_tp", "a", 29, 3);
    scored_expect(&metrics, "beats.qrs_tp", "average", 29, 1);
    const char *const scopes[] = {"a", "gross"};
    for (size_t i = 0; i < 2; i++) {
        const struct vr_metric_row *row =
            vr_metrics_find(&metrics, "beats.qrs_sensitivity_pct", scopes[i]);
        cr_expect(isnan(row->low) && isnan(row->high), "repeats are no new cases");
    }
    vr_metrics_finish(&metrics);
}

/* Outputs without any truth are not 100 %, and not 0 %: there is no number. */
Test(score_beats, a_record_without_truth_has_no_metrics)
{
    struct vr_score *score = scored_open(&config);
    struct scored_trial trial;
    scored_make(&trial, "no truth");
    scored_beat(&trial, 1000, 1, 300, 50);
    scored_put(score, &trial);
    scored_make(&trial, "a");
    add_beats(
        &trial, (uint8_t[10]){1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
        (uint8_t[10]){1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    cr_expect_null(vr_metrics_find(&metrics, "beats.qrs_ppv_pct", "no truth"));
    scored_expect(&metrics, "beats.qrs_ppv_pct", "gross", 100, 10);
    vr_metrics_finish(&metrics);

    score = scored_open(&config);
    scored_make(&trial, "no truth");
    scored_put(score, &trial);
    metrics = scored_end(score);
    cr_expect_eq(metrics.count, 0, "not even gross");
    vr_metrics_finish(&metrics);
}

/* A rhythm mark or a flutter wave does not say that there is no beat. */
Test(score_beats, truth_without_beats_is_none)
{
    struct vr_score *score = scored_open(&config);
    struct scored_trial trial;
    scored_make(&trial, "flat");
    scored_truth(&trial, 10, 28);
    scored_truth(&trial, 20, 31);
    scored_beat(&trial, 1000, 1, 300, 50);
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    cr_expect_eq(metrics.count, 0);
    vr_metrics_finish(&metrics);
}

Test(score_beats, counts_nothing_where_no_beat_was_to_be_found)
{
    const struct vr_scenario_score from_5 = {.task = "beats", .from_s = 5, .window_ms = 150};
    struct vr_score *score = scored_open(&from_5);
    struct scored_trial trial;
    scored_make(&trial, "short");
    scored_truth(&trial, 1000, 1);
    scored_beat(&trial, 9000, 1, 300, 50);
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "beats.qrs_sensitivity_pct", "short", NAN, 0);
    scored_expect(&metrics, "beats.qrs_fn", "short", NAN, 0);
    scored_expect(&metrics, "beats.qrs_ppv_pct", "short", 0, 1);
    vr_metrics_finish(&metrics);
}

Test(score_beats, scores_from_from_s_on_and_within_window_ms)
{
    const struct vr_scenario_score from_5 = {.task = "beats", .from_s = 5, .window_ms = 9};
    struct vr_score *score = scored_open(&from_5);
    struct scored_trial trial;
    scored_make(&trial, "a");
    for (int i = 1; i <= 10; i++) {
        scored_truth(&trial, 1000 * i, 1);
        scored_beat(&trial, 1000 * i + i, 1, 300, 50);
    }
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "beats.qrs_tp", "a", 5, 1); /* 5 to 9: the tenth is 10 ms away */
    scored_expect(&metrics, "beats.qrs_fn", "a", 1, 1);
    scored_expect(&metrics, "beats.qrs_fp", "a", 1, 1);
    vr_metrics_finish(&metrics);
}

Test(score_beats, only_beats_are_beats_and_odd_codes_have_no_class)
{
    struct vr_score *score = scored_open(&config);
    struct scored_trial trial;
    scored_make(&trial, "a");
    for (int i = 1; i <= 5; i++)
        scored_truth(&trial, 1000 * i, 5);
    scored_beat(&trial, 1000, 5 + 256, 300, 50); /* no code: class Q, not V */
    scored_beat(&trial, 2000, -1, 300, 50);
    scored_beat(&trial, 3000, 28, 300, 50); /* a rhythm change: class Q, too */
    scored_beat(&trial, 4000, 5, 300, 50);
    trial.outputs[3].kind = 2; /* echo */
    scored_beat(&trial, 5000, 5, 300, 50);
    trial.outputs[4].value_count = 0;
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "beats.qrs_tp", "a", 4, 1);
    scored_expect(&metrics, "beats.qrs_fn", "a", 1, 1);
    scored_expect(&metrics, "beats.qrs_fp", "a", 0, 1);
    scored_expect(&metrics, "beats.veb_sensitivity_pct", "a", 0, 5);
    scored_expect(&metrics, "beats.veb_ppv_pct", "a", NAN, 0);
    vr_metrics_finish(&metrics);
}

Test(score_beats, a_beat_of_another_stream_leaves_its_record_without_numbers)
{
    struct vr_score *score = scored_open(&config);
    struct scored_trial trial;
    scored_make(&trial, "a");
    scored_truth(&trial, 1000, 1);
    scored_beat(&trial, 1000, 1, 300, 50);
    scored_put(score, &trial);
    trial.outputs[0].stream = 1;
    const struct vr_score_trial view = {
        &trial.record, &trial.trial, trial.truth, 1, trial.outputs, 1, NULL};
    struct vr_err err;
    cr_expect_eq(vr_score_trial(score, &view, &err), -VR_ERR_INPUT);
    cr_expect(strstr(err.text, "record a: output 0 is on stream 1"), "%s", err.text);
    trial.outputs[0].stream = 0;
    scored_put(score, &trial);
    trial.record.name = "b";
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "beats.qrs_sensitivity_pct", "a", NAN, 0);
    scored_expect(&metrics, "beats.qrs_tp", "a", NAN, 0);
    scored_expect(&metrics, "beats.qrs_tp", "gross", 1, 1);
    vr_metrics_finish(&metrics);
}
