#include <criterion/criterion.h>
#include <math.h>

#include "score/rate.h"
#include "scored.h"

enum { MEASURE_CODE = 23, NORMAL = 1, MEASURE_KIND = 4 };

/* Windows of 8 s, one each 2 s, at 1000 Hz. */
static const struct vr_scenario_score config = {
    .task = "rate",
    .window_ms = 150,
    .measurement = 1,
    .window_s = 8,
    .step_s = 2,
    .max_age_s = 8,
    .coverage_pct = 90};

static const char *const texts[] = {"60", "72", "80", "95", "110"};

static void truth_of(struct scored_trial *trial, const char *text, int window)
{
    scored_text(trial, 8000 + 2000 * window, MEASURE_CODE, 1, text);
}

static void say(struct scored_trial *trial, int64_t at, double value, double confidence)
{
    scored_output(
        trial, MEASURE_KIND, at, 0, 3, 1, (int32_t)lround(1000 * value),
        confidence < 0 ? -1 : (int32_t)lround(1e6 * confidence));
}

/* x = 60 72 80 95 110, y = 61 70 83 90 118. */
static void golden(struct scored_trial *trial, const char *record)
{
    static const double values[] = {61, 70, 83, 90, 118};
    scored_make(trial, record);
    for (int i = 0; i < 5; i++) {
        truth_of(trial, texts[i], i);
        say(trial, 8000 + 2000 * i, values[i], 0.9 - 0.1 * i);
    }
}

Test(score_rate, the_golden_example)
{
    struct scored_trial trial;
    struct vr_score *score = scored_open(&config);
    golden(&trial, "a");
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "rate.pairs", "a", 5, 5);
    scored_expect(&metrics, "rate.mae_bpm", "a", 3.8, 5);
    scored_expect(&metrics, "rate.rmse_bpm", "a", sqrt(103 / 5.0), 5);
    scored_expect(&metrics, "rate.bias_bpm", "a", 1, 5);
    scored_expect(&metrics, "rate.availability_pct", "a", 100, 5);
    scored_expect(&metrics, "rate.within_2_pct", "a", 40, 5);
    scored_expect(&metrics, "rate.within_5_pct", "a", 80, 5);
    scored_expect(&metrics, "rate.within_10_pct", "a", 100, 5);
    scored_expect(&metrics, "rate.ec13_within_pct", "a", 100, 5);
    /* Best 4.5 of 5, rounded up: all.  */
    scored_expect(&metrics, "rate.mae_at_coverage_bpm", "a", 3.8, 5);
    scored_expect(&metrics, "rate.mae", "a", NAN, 0);
    scored_expect(&metrics, "rate.arms_pct", "a", NAN, 0);
    scored_expect(&metrics, "rate.lag_mae_bpm", "a", NAN, 0);
    double mape = vr_metrics_find(&metrics, "rate.mape_pct", "a")->value;
    cr_expect_float_eq(mape, 4.146066, 5e-7, "%.9f", mape);
    double ccc = vr_metrics_find(&metrics, "rate.ccc", "a")->value;
    cr_expect_float_eq(ccc, 0.970174321, 5e-10, "%.12f", ccc);
    double r = vr_metrics_find(&metrics, "rate.pearson_r", "a")->value;
    cr_expect_float_eq(r, 0.977725617, 5e-10, "%.12f", r);
    vr_metrics_finish(&metrics);
}

/* Differences A = 1 2 1.5, B = -0.5 0, C = 0.3 0.4 0.2 0.1; B in two records. */
Test(score_rate, limits_are_by_subject_over_records)
{
    static const struct {
        const char *record, *subject;
        int count;
        double differences[4];
    } rows[] = {
        {"1", "A", 3, {1, 2, 1.5}},
        {"2", "B", 1, {-0.5}},
        {"3", "", 4, {0.3, 0.4, 0.2, 0.1}},
        {"4", "B", 1, {0}}};
    struct vr_score *score = scored_open(&config);
    for (size_t i = 0; i < 4; i++) {
        struct scored_trial trial;
        scored_make(&trial, rows[i].record);
        trial.trial.subject = rows[i].subject;
        for (int k = 0; k < rows[i].count; k++) {
            truth_of(&trial, texts[k], k);
            say(&trial, 8000 + 2000 * k, atof(texts[k]) + rows[i].differences[k], -1);
        }
        scored_put(score, &trial);
    }
    struct vr_metrics metrics = scored_end(score);
    const struct vr_metric_row *low = vr_metrics_find(&metrics, "rate.loa_low_bpm", "gross");
    const struct vr_metric_row *high = vr_metrics_find(&metrics, "rate.loa_high_bpm", "gross");
    cr_expect_float_eq(low->value, -1.225740, 5e-7, "%.7f", low->value);
    cr_expect_float_eq(high->value, 2.336851, 5e-7, "%.7f", high->value);
    cr_expect(isnan(low->low));
    scored_expect(&metrics, "rate.bias_bpm", "subject:B", -0.25, 2);
    scored_expect(&metrics, "rate.mae_bpm", "subject_average", (1.5 + 0.25) / 2, 2);
    scored_expect(&metrics, "rate.mae_at_coverage_bpm", "gross", NAN, 0);
    vr_metrics_finish(&metrics);
}

/* The last value at or before the end of the window, at most 8 s old: later, too late and absent are missing. */
Test(score_rate, what_is_missing_is_availability_and_no_error)
{
    struct scored_trial trial;
    struct vr_score *score = scored_open(&config);
    scored_make(&trial, "a");
    truth_of(&trial, "60", 0);  /* at 8000: 62 */
    truth_of(&trial, "60", 1);  /* at 10000: 62 of 2000, 8 s old */
    truth_of(&trial, "60", 2);  /* at 12000: too old */
    truth_of(&trial, "60", 10); /* at 28000: the later one of two */
    truth_of(&trial, "60", 15); /* at 38000: nothing */
    say(&trial, 2000, 62, -1);
    say(&trial, 28000, 90, -1);
    say(&trial, 28000, 64, -1);
    say(&trial, 28001, 200, -1);
    scored_put(score, &trial);
    scored_make(&trial, "silent");
    truth_of(&trial, "60", 0);
    scored_output(&trial, MEASURE_KIND, 8000, 0, 3, 2, 60000, -1); /* another measurement */
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "rate.mae_bpm", "a", 8 / 3.0, 3);
    scored_expect(&metrics, "rate.availability_pct", "a", 60, 5);
    scored_expect(&metrics, "rate.pairs", "silent", NAN, 0);
    scored_expect(&metrics, "rate.mae_bpm", "silent", NAN, 0);
    scored_expect(&metrics, "rate.availability_pct", "silent", 0, 1);
    scored_expect(&metrics, "rate.availability_pct", "gross", 50, 6);
    vr_metrics_finish(&metrics);
}

/* floor((N - 8 FS) / (2 FS)) + 1 = 27 windows of a minute; beats 1 s apart, then 0.5 s: windows over both
 * have the mean of 60 / RR, not 60 / mean RR. */
Test(score_rate, beats_give_the_truth_by_window)
{
    struct scored_trial trial;
    struct vr_score *score = scored_open(&config);
    scored_make(&trial, "a");
    for (int64_t at = 0; at < 60000; at += at < 30000 ? 1000 : 500)
        scored_truth(&trial, at, NORMAL);
    for (int64_t at = 2000; at <= 60000; at += 2000)
        say(&trial, at, 100, -1);
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    /* Windows 0..11 end at 30 s or before: 60; 15..26 begin at 30 s: 120; 12, 13, 14 have 6, 4, 2 slow and
     * 3, 7, 11 fast intervals. */
    double mixed = (100 - (6 * 60 + 3 * 120) / 9.0) + (100 - (4 * 60 + 7 * 120) / 11.0) +
                   ((2 * 60 + 11 * 120) / 13.0 - 100);
    scored_expect(&metrics, "rate.mae_bpm", "a", (12 * 40 + 12 * 20 + mixed) / 27, 27);
    vr_metrics_finish(&metrics);
}

/* Fibrillation from 20 to 40 s: no RR across it, and no truth within. */
Test(score_rate, a_window_without_an_interval_has_no_truth)
{
    struct scored_trial trial;
    struct vr_score *score = scored_open(&config);
    scored_make(&trial, "a");
    for (int64_t at = 0; at < 60000; at += 1000) {
        if (at == 20000 || at == 40000)
            scored_truth(&trial, at + 1, at == 20000 ? 32 : 33);
        if (at <= 20000 || at > 40000)
            scored_truth(&trial, at, NORMAL);
    }
    struct vr_truth_row on = trial.truth[20]; /* beats and marks in ascending time */
    trial.truth[20] = trial.truth[21];
    trial.truth[21] = on;
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    /* 20..27, 22..29, ... 34..41 hold fewer than two beats: 8 of 27. */
    scored_expect(&metrics, "rate.availability_pct", "a", 0, 19);
    vr_metrics_finish(&metrics);
}

Test(score_rate, windows_before_from_s_do_not_count)
{
    struct vr_scenario_score late = config;
    late.from_s = 2;
    struct scored_trial trial;
    struct vr_score *score = scored_open(&late);
    golden(&trial, "a");
    trial.trial.warmup_count = 2000;
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "rate.bias_bpm", "a", 2, 3);
    vr_metrics_finish(&metrics);
}

/* Of a window that began before the replay did, the device has not had the samples. */
Test(score_rate, windows_that_were_not_all_replayed_do_not_count)
{
    struct scored_trial trial;
    struct vr_score *score = scored_open(&config);
    scored_make(&trial, "part");
    trial.record.window_start = 30000;
    scored_text(&trial, 4000, MEASURE_CODE, 1, "60");
    scored_text(&trial, 8000, MEASURE_CODE, 1, "60");
    say(&trial, 4000, 99, -1);
    say(&trial, 8000, 61, -1);
    scored_put(score, &trial);
    scored_make(&trial, "all");
    scored_text(&trial, 4000, MEASURE_CODE, 1, "60");
    say(&trial, 4000, 61, -1);
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "rate.mae_bpm", "part", 1, 1);
    scored_expect(&metrics, "rate.availability_pct", "part", 100, 1);
    scored_expect(&metrics, "rate.mae_bpm", "all", 1, 1);
    vr_metrics_finish(&metrics);
}

/* The device is 4 s late: with that lag it is exact.  Only windows that end 6 s before the record does are compared. */
Test(score_rate, a_lag_is_told_beside)
{
    struct vr_scenario_score lagged = config;
    lagged.max_lag_s = 6;
    struct scored_trial trial;
    struct vr_score *score = scored_open(&lagged);
    scored_make(&trial, "a");
    static const char *const values[] = {"60", "63", "61", "65", "70",
                                         "71", "69", "64", "62", "60"};
    for (int i = 0; i < 10; i++)
        truth_of(&trial, values[i], i);
    for (int i = 0; i < 12; i++)
        say(&trial, 8000 + 2000 * i, atof(values[i > 2 ? i - 2 : 0]), -1);
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "rate.lag_mae_bpm", "a", 0, 10);
    scored_expect(&metrics, "rate.lag_s", "a", 4, 1);
    cr_expect_gt(vr_metrics_find(&metrics, "rate.mae_bpm", "a")->value, 3);
    vr_metrics_finish(&metrics);
}

/* The same device falls silent after 26 s: with a lag of 4 s its last two windows have nothing, and a lag must not win by that. */
Test(score_rate, a_lag_that_loses_pairs_is_no_candidate)
{
    struct vr_scenario_score lagged = config;
    lagged.max_lag_s = 6;
    lagged.max_age_s = 1;
    struct scored_trial trial;
    struct vr_score *score = scored_open(&lagged);
    scored_make(&trial, "a");
    static const char *const values[] = {"60", "63", "61", "65", "70",
                                         "71", "69", "64", "62", "60"};
    for (int i = 0; i < 10; i++) {
        truth_of(&trial, values[i], i);
        say(&trial, 8000 + 2000 * i, atof(values[i > 2 ? i - 2 : 0]), -1);
    }
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "rate.lag_s", "a", 0, 1);
    double mae = vr_metrics_find(&metrics, "rate.mae_bpm", "a")->value;
    scored_expect(&metrics, "rate.lag_mae_bpm", "a", mae, 10);
    vr_metrics_finish(&metrics);
}

/* Confidence 0.9 0.8 0.8 0.1, errors 1 2 4 100; half of them are 2: the first, and the mean of the tie. */
Test(score_rate, of_equal_confidence_the_mean_counts)
{
    struct vr_scenario_score half = config;
    half.coverage_pct = 50;
    struct scored_trial trial;
    struct vr_score *score = scored_open(&half);
    scored_make(&trial, "a");
    static const double errors[] = {100, 2, 4, 1}, confidences[] = {0.1, 0.8, 0.8, 0.9};
    for (int i = 0; i < 4; i++) {
        truth_of(&trial, "60", i);
        say(&trial, 8000 + 2000 * i, 60 + errors[i], confidences[i]);
    }
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "rate.mae_at_coverage_bpm", "a", (1 + 3) / 2.0, 2);
    vr_metrics_finish(&metrics);
}

/* Saturations: 69 is below the range of ARMS. */
Test(score_rate, another_measurement_has_its_own_unit)
{
    struct vr_scenario_score saturation = config;
    saturation.measurement = 3;
    struct scored_trial trial;
    struct vr_score *score = scored_open(&saturation);
    scored_make(&trial, "a");
    static const char *const values[] = {"69", "70", "100", "97"};
    for (int i = 0; i < 4; i++) {
        scored_text(&trial, 8000 + 2000 * i, MEASURE_CODE, 3, values[i]);
        scored_output(
            &trial, MEASURE_KIND, 8000 + 2000 * i, 0, 2, 3,
            (int32_t)(1000 * (atof(values[i]) + (i == 0 ? 20 : 2 - i))), 0);
    }
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "rate.arms_pct", "a", sqrt((1 + 0 + 1) / 3.0), 3);
    scored_expect(&metrics, "rate.mae", "a", 22 / 4.0, 4);
    scored_expect(&metrics, "rate.mae_bpm", "a", NAN, 0);
    scored_expect(&metrics, "rate.ec13_within_pct", "a", NAN, 0);
    vr_metrics_finish(&metrics);
}

Test(score_rate, a_text_that_is_no_number_is_refused)
{
    struct scored_trial trial;
    struct vr_score *score = scored_open(&config);
    scored_make(&trial, "a");
    truth_of(&trial, "fast", 0);
    struct vr_err err = scored_refuse(score, &trial);
    cr_expect(strstr(err.text, "\"fast\"") && strstr(err.text, "8000"), "%s", err.text);
    golden(&trial, "other stream");
    trial.outputs[2].stream = 1;
    err = scored_refuse(score, &trial);
    cr_expect(strstr(err.text, "stream 1"), "%s", err.text);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "rate.mae_bpm", "a", NAN, 0);
    vr_metrics_finish(&metrics);
}

Test(score_rate, without_truth_there_is_no_record)
{
    struct scored_trial trial;
    struct vr_score *score = scored_open(&config);
    scored_make(&trial, "a");
    say(&trial, 8000, 60, -1);
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    cr_expect_eq(metrics.count, 0);
    vr_metrics_finish(&metrics);
}

/* Samples at 125 Hz, and windows of 8 s by 2 s, of the recordings of the IEEE Signal Processing Cup 2015. */
Test(score_rate, so_many_windows_fit)
{
    static const struct {
        double samples;
        int64_t windows;
    } rows[] = {{37937, 148}, {37850, 148}, {35989, 140}, {37250, 146}, {37328, 146}, {38373, 150},
                {36650, 143}, {40803, 160}, {38121, 149}, {38042, 149}, {36500, 143}, {37316, 146},
                {27576, 107}, {1000, 1},    {999, 0},     {1249, 1},    {1250, 2},    {0, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_eq(
            vr_rate_window_count(rows[i].samples, 1000, 250), rows[i].windows, "%g samples",
            rows[i].samples);
}
