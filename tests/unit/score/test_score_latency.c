#include <criterion/criterion.h>
#include <math.h>

#include "scored.h"
#include "stats/quantile.h"

static const struct vr_scenario_score config = {.task = "latency"};

Test(score_latency, takes_quantiles_of_each_record_of_all_and_their_mean)
{
    struct vr_score *score = scored_open(&config);
    struct scored_trial trial;
    scored_make(&trial, "a");
    for (int i = 100; i >= 0; i--)
        scored_beat(&trial, 100 * i, 1, 200 + i, (uint32_t)(1000 + 10 * i));
    scored_put(score, &trial);
    scored_make(&trial, "b");
    for (int i = 0; i < 101; i++)
        scored_beat(&trial, 100 * i, 1, 400, 5000);
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);

    static const struct {
        const char *name;
        double a, b, gross;
    } rows[] = {
        {"latency.detection_ms_p50", 250, 400, 350},  {"latency.detection_ms_p95", 295, 400, 400},
        {"latency.detection_ms_p99", 299, 400, 400},  {"latency.detection_ms_max", 300, 400, 400},
        {"latency.compute_us_p50", 1500, 5000, 3500}, {"latency.compute_us_p95", 1950, 5000, 5000},
        {"latency.compute_us_p99", 1990, 5000, 5000}, {"latency.compute_us_max", 2000, 5000, 5000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        scored_expect(&metrics, rows[i].name, "a", rows[i].a, 101);
        scored_expect(&metrics, rows[i].name, "b", rows[i].b, 101);
        scored_expect(&metrics, rows[i].name, "gross", rows[i].gross, 202);
        scored_expect(&metrics, rows[i].name, "average", (rows[i].a + rows[i].b) / 2, 2);
    }
    cr_expect_eq(metrics.count, 4 * sizeof rows / sizeof rows[0]);
    vr_metrics_finish(&metrics);
}

Test(score_latency, quantiles_have_the_interval_of_their_order_statistics)
{
    struct vr_score *score = scored_open(&config);
    struct scored_trial trial;
    scored_make(&trial, "a");
    for (int i = 1; i <= 100; i++)
        scored_beat(&trial, 100 * i, 1, i, 100);
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    const struct vr_metric_row *row =
        vr_metrics_find(&metrics, "latency.detection_ms_p50", "gross");
    cr_expect_eq(row->low, 40);
    cr_expect_eq(row->high, 61);
    row = vr_metrics_find(&metrics, "latency.detection_ms_p99", "gross");
    cr_expect(isnan(row->low) && isnan(row->high), "100 are too few");
    row = vr_metrics_find(&metrics, "latency.detection_ms_max", "gross");
    cr_expect(isnan(row->low) && isnan(row->high));
    vr_metrics_finish(&metrics);
}

Test(score_latency, has_no_compute_time_without_a_clock)
{
    struct vr_score *score = scored_open(&config);
    struct scored_trial trial;
    scored_make(&trial, "a");
    trial.trial.device_clock = "";
    trial.trial.device_clock_hz = 0;
    scored_beat(&trial, 1000, 1, 250, 50);
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "latency.detection_ms_p50", "a", 250, 1);
    scored_expect(&metrics, "latency.compute_us_p50", "a", NAN, 0);
    scored_expect(&metrics, "latency.compute_us_max", "gross", NAN, 0);
    scored_expect(&metrics, "latency.compute_us_p50", "average", NAN, 0);
    vr_metrics_finish(&metrics);
}

Test(score_latency, of_no_outputs_there_is_none)
{
    struct vr_score *score = scored_open(&config);
    struct scored_trial trial;
    scored_make(&trial, "silent");
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "latency.detection_ms_p50", "silent", NAN, 0);
    scored_expect(&metrics, "latency.detection_ms_max", "gross", NAN, 0);
    vr_metrics_finish(&metrics);
}

Test(score_latency, leaves_out_what_lies_before_from_s_and_other_streams)
{
    const struct vr_scenario_score from_2 = {.task = "latency", .from_s = 2};
    struct vr_score *score = scored_open(&from_2);
    struct scored_trial trial;
    scored_make(&trial, "a");
    scored_beat(&trial, 1999, 1, 100, 50);
    scored_beat(&trial, 2000, 1, 200, 50);
    scored_beat(&trial, 3000, 1, 900, 50);
    trial.outputs[2].stream = 1;
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "latency.detection_ms_max", "a", 200, 1);
    vr_metrics_finish(&metrics);
}

Test(score_latency, adds_up_repeats)
{
    struct vr_score *score = scored_open(&config);
    struct scored_trial trial;
    for (int repeat = 0; repeat < 3; repeat++) {
        scored_make(&trial, "a");
        scored_beat(&trial, 1000, 1, 100 * (repeat + 1), 50);
        scored_put(score, &trial);
    }
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "latency.detection_ms_p50", "a", 200, 3);
    scored_expect(&metrics, "latency.detection_ms_max", "gross", 300, 3);
    vr_metrics_finish(&metrics);
}
