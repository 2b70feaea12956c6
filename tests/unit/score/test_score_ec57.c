/* The scorers runs, episodes and measures, on trials made by hand. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "scored.h"

enum { NORMAL = 1, PVC = 5, MEASURE = 23, RHYTHM = 28 };
enum { BEAT_KIND = 1, MEASURE_KIND = 4, LABEL_KIND = 5 };

static struct vr_scenario_class classes[] = {{.name = "N"}, {.name = "AFIB"}, {.name = "VF"}};

static struct vr_scenario_score config_of(const char *task)
{
    return (struct vr_scenario_score){
        .task = task,
        .window_ms = 150,
        .measurement = 1,
        .window_s = 8,
        .coverage_pct = 90,
        .classes = classes,
        .class_count = 3,
    };
}

static void add_text(struct scored_trial *trial, int64_t at, uint8_t code, const char *text)
{
    scored_truth(trial, at, code);
    trial->truth[trial->truth_count - 1].text = text;
    trial->truth[trial->truth_count - 1].subtype = code == MEASURE ? 1 : 0;
}

static void add_output(struct scored_trial *trial, uint8_t kind, int64_t at, int32_t a, int32_t b)
{
    cr_assert_lt(trial->output_count, SCORED_ROWS_MAX);
    trial->outputs[trial->output_count++] = (struct vr_output_row){
        .kind = kind, .sample_index = at, .value_count = 3, .values = {a, b, -1}};
}

static void add_beats(struct scored_trial *trial, int device_code)
{
    static const uint8_t truth[] = {1, 5, 5, 1, 1, 5, 5, 5, 1, 1};
    for (int i = 0; i < 10; i++) {
        scored_truth(trial, 1000 + 500 * i, truth[i]);
        scored_beat(trial, 1000 + 500 * i, truth[i] == 5 && i > 4 ? device_code : truth[i], 0, 0);
    }
}

Test(score_ec57, runs_are_found_and_missed)
{
    struct vr_scenario_score config = config_of("runs");
    struct vr_score *score = scored_open(&config);
    struct scored_trial trial;
    scored_make(&trial, "a");
    add_beats(&trial, PVC);
    scored_put(score, &trial);
    scored_make(&trial, "b");
    add_beats(&trial, NORMAL);
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "runs.compared", "a", 1, 1);
    scored_expect(&metrics, "runs.ve_couplet_sensitivity_pct", "gross", 100, 2);
    scored_expect(&metrics, "runs.ve_short_run_sensitivity_pct", "a", 100, 1);
    scored_expect(&metrics, "runs.ve_short_run_sensitivity_pct", "b", 0, 1);
    scored_expect(&metrics, "runs.ve_short_run_sensitivity_pct", "gross", 50, 2);
    scored_expect(&metrics, "runs.ve_short_run_ppv_pct", "gross", 100, 1);
    scored_expect(&metrics, "runs.sve_couplet_sensitivity_pct", "gross", NAN, 0);
    vr_metrics_finish(&metrics);
}

Test(score_ec57, episodes_come_from_labels)
{
    struct vr_scenario_score config = config_of("episodes");
    struct vr_score *score = scored_open(&config);
    struct scored_trial trial;
    scored_make(&trial, "a");
    add_text(&trial, 10000, RHYTHM, "(AFIB");
    add_text(&trial, 20000, RHYTHM, "(N");
    add_text(&trial, 30000, 32, NULL); /* VFON */
    add_text(&trial, 32000, 33, NULL);
    add_text(&trial, 40000, RHYTHM, "(AFIB");
    add_text(&trial, 50000, RHYTHM, NULL);
    add_output(&trial, LABEL_KIND, 15000, 1, -1);
    add_output(&trial, LABEL_KIND, 25000, 0, -1);
    add_output(&trial, LABEL_KIND, 31000, 2, -1);
    add_output(&trial, LABEL_KIND, 33000, -1, -1);
    add_output(&trial, LABEL_KIND, 55000, 1, -1);
    scored_put(score, &trial);
    scored_make(&trial, "without rhythms");
    scored_truth(&trial, 1000, NORMAL);
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "episodes.compared_s", "gross", 60, 1);
    scored_expect(&metrics, "episodes.af_sensitivity_pct", "gross", 50, 2);
    scored_expect(&metrics, "episodes.af_ppv_pct", "gross", 50, 2);
    scored_expect(&metrics, "episodes.af_duration_sensitivity_pct", "gross", 25, 2);
    scored_expect(&metrics, "episodes.af_duration_ppv_pct", "gross", 500 / 15.0, 2);
    scored_expect(&metrics, "episodes.af_false_per_day", "gross", 1440, 1);
    scored_expect(&metrics, "episodes.vf_sensitivity_pct", "gross", 100, 1);
    scored_expect(&metrics, "episodes.vf_duration_sensitivity_pct", "gross", 50, 1);
    cr_expect_null(
        vr_metrics_find(&metrics, "episodes.compared_s", "without rhythms"),
        "nothing is known of it");
    vr_metrics_finish(&metrics);
}

Test(score_ec57, episodes_need_to_know_what_labels_mean)
{
    struct vr_scenario_score config = config_of("episodes");
    const struct vr_scorer *scorer = vr_scorer_find("episodes", NULL);
    struct vr_err err = {0};
    cr_expect_eq(scorer->check(&config, &err), 0);
    config.class_count = 1;
    cr_expect_eq(scorer->check(&config, &err), -VR_ERR_INPUT);
    cr_expect(strstr(err.text, "AFIB"), "%s", err.text);
}

Test(score_ec57, measures_are_held_against_measures)
{
    struct vr_scenario_score config = config_of("measures");
    struct vr_score *score = scored_open(&config);
    struct scored_trial trial;
    scored_make(&trial, "a");
    add_text(&trial, 10000, MEASURE, "60");
    add_text(&trial, 20000, MEASURE, "80");
    add_output(&trial, MEASURE_KIND, 11000, 1, 63000);
    add_output(&trial, MEASURE_KIND, 19000, 1, 77000);
    add_output(&trial, MEASURE_KIND, 19500, 2, 5000);
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "measures.rms_error", "gross", 3, 2);
    scored_expect(&metrics, "measures.rms_error_pct", "gross", 300 / 70.0, 2);
    scored_expect(&metrics, "measures.bias", "gross", 0, 2);
    scored_expect(&metrics, "measures.reference_mean", "gross", 70, 2);
    scored_expect(&metrics, "measures.sdnn_error_ms", "gross", NAN, 0);
    vr_metrics_finish(&metrics);
}

Test(score_ec57, measures_are_held_against_beats)
{
    struct vr_scenario_score config = config_of("measures");
    struct vr_score *score = scored_open(&config);
    struct scored_trial trial;
    scored_make(&trial, "a");
    for (int i = 0; i < 40; i++) /* 75 a minute, then 60 */
        scored_truth(&trial, i < 20 ? 800 * i : 16000 + 1000 * (i - 20), NORMAL);
    add_output(&trial, MEASURE_KIND, 10000, 1, 76000);
    add_output(&trial, MEASURE_KIND, 30000, 1, 61000);
    add_output(&trial, MEASURE_KIND, 500, 1, 61000); /* no interval yet */
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "measures.rms_error", "gross", 1, 2);
    scored_expect(&metrics, "measures.reference_mean", "gross", 67.5, 2);
    vr_metrics_finish(&metrics);
}

Test(score_ec57, variability_is_compared_by_window)
{
    struct vr_scenario_score config = config_of("measures");
    struct vr_score *score = scored_open(&config);
    struct scored_trial trial;
    scored_make(&trial, "a");
    trial.record.sample_count = 650000;
    for (int i = 0; i < 500; i++) {
        int64_t at = 1300 * i + (i % 2 ? 100 : 0);
        scored_truth(&trial, at, NORMAL);
        if (i < 300) /* the device is silent in the second window */
            scored_beat(&trial, at + (i % 2 ? 10 : 0), NORMAL, 0, 0);
    }
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "measures.hrv_availability_pct", "gross", 50, 2);
    /* RMSSD 200 in truth (1400 and 1200 in turn), 220 of the device. */
    scored_expect(&metrics, "measures.rmssd_error_ms", "gross", 20, 1);
    scored_expect(&metrics, "measures.pnn50_error_pct", "gross", 0, 1);
    vr_metrics_finish(&metrics);
}

Test(score_ec57, outputs_on_another_stream_are_refused)
{
    struct vr_scenario_score config = config_of("runs");
    struct vr_score *score = scored_open(&config);
    struct scored_trial trial;
    scored_make(&trial, "a");
    add_beats(&trial, PVC);
    trial.outputs[3].stream = 1;
    struct vr_err err = scored_refuse(score, &trial);
    cr_expect(strstr(err.text, "stream 1"), "%s", err.text);
    vr_score_close(score);
}
