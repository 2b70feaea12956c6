/* Trials made by hand, put through a scorer. */
#ifndef TEST_SCORE_SCORED_H
#define TEST_SCORE_SCORED_H

#include <criterion/criterion.h>
#include <math.h>

#include "score/score.h"

#define SCORED_ROWS_MAX 512

struct scored_trial {
    struct vr_record_row record;
    struct vr_trial_row trial;
    struct vr_truth_row truth[SCORED_ROWS_MAX];
    size_t truth_count;
    struct vr_output_row outputs[SCORED_ROWS_MAX];
    size_t output_count;
};

/* An empty trial of a record of a minute at 1000 Hz, with a device clock of 1 MHz. */
static inline void scored_make(struct scored_trial *trial, const char *record)
{
    *trial = (struct scored_trial){
        .record = {.name = record, .rate_num = 1000, .rate_den = 1, .sample_count = 60000},
        .trial = {.record = record, .device_clock = "timer", .device_clock_hz = 1000000},
    };
}

static inline void scored_truth(struct scored_trial *trial, int64_t sample_index, uint8_t code)
{
    cr_assert_lt(trial->truth_count, SCORED_ROWS_MAX);
    trial->truth[trial->truth_count++] =
        (struct vr_truth_row){.sample_index = sample_index, .code = code};
}

/* An annotation with a text (NULL = none), which outlives the trial. */
static inline void scored_text(
    struct scored_trial *trial, int64_t sample_index, uint8_t code, int8_t subtype,
    const char *text)
{
    scored_truth(trial, sample_index, code);
    trial->truth[trial->truth_count - 1].subtype = subtype;
    trial->truth[trial->truth_count - 1].text = text;
}

/* An output of up to three values, emitted `delay` samples later. */
static inline void scored_output(
    struct scored_trial *trial, uint8_t kind, int64_t sample_index, int64_t delay, int value_count,
    int32_t value0, int32_t value1, int32_t value2)
{
    cr_assert_lt(trial->output_count, SCORED_ROWS_MAX);
    trial->outputs[trial->output_count] = (struct vr_output_row){
        .number = (int64_t)trial->output_count,
        .kind = kind,
        .sample_index = sample_index,
        .at_index = sample_index + delay,
        .value_count = value_count,
        .values = {value0, value1, value2},
    };
    trial->output_count++;
}

/* A beat of this code, emitted `delay` samples later and `ticks` of the device's clock after that sample came in. */
static inline void scored_beat(
    struct scored_trial *trial, int64_t sample_index, int32_t code, int64_t delay, uint32_t ticks)
{
    cr_assert_lt(trial->output_count, SCORED_ROWS_MAX);
    trial->outputs[trial->output_count++] = (struct vr_output_row){
        .kind = 1,
        .sample_index = sample_index,
        .at_index = sample_index + delay,
        .ticks_arrival = UINT32_MAX - 10,
        .ticks_emitted = UINT32_MAX - 10 + ticks,
        .value_count = 2,
        .values = {code, 700},
    };
}

static inline void scored_put(struct vr_score *score, const struct scored_trial *trial)
{
    const struct vr_score_trial view = {
        .record = &trial->record,
        .trial = &trial->trial,
        .truth = trial->truth,
        .truth_count = trial->truth_count,
        .outputs = trial->outputs,
        .output_count = trial->output_count,
    };
    struct vr_err err = {0};
    cr_assert_eq(vr_score_trial(score, &view, &err), 0, "%s", err.text);
}

/* The trial cannot be scored: why. */
static inline struct vr_err scored_refuse(struct vr_score *score, const struct scored_trial *trial)
{
    const struct vr_score_trial view = {
        .record = &trial->record,
        .trial = &trial->trial,
        .truth = trial->truth,
        .truth_count = trial->truth_count,
        .outputs = trial->outputs,
        .output_count = trial->output_count,
    };
    struct vr_err err = {0};
    cr_assert_eq(vr_score_trial(score, &view, &err), -VR_ERR_INPUT);
    return err;
}

static inline struct vr_score *scored_open(const struct vr_scenario_score *config)
{
    struct vr_score *score = NULL;
    struct vr_err err = {0};
    cr_assert_eq(vr_score_open(config, &score, &err), 0, "%s", err.text);
    return score;
}

/* Ends the scorer. */
static inline struct vr_metrics scored_end(struct vr_score *score)
{
    struct vr_metrics metrics = {0};
    cr_assert_eq(vr_score_finish(score, &metrics, NULL), 0);
    vr_score_close(score);
    return metrics;
}

/* NaN expects NaN. */
static inline void scored_expect(
    const struct vr_metrics *metrics, const char *name, const char *scope, double value, int64_t n)
{
    const struct vr_metric_row *row = vr_metrics_find(metrics, name, scope);
    cr_assert(row, "no %s of %s", name, scope);
    if (isnan(value))
        cr_expect(isnan(row->value), "%s of %s is %g", name, scope, row->value);
    else
        cr_expect_float_eq(row->value, value, 1e-9, "%s of %s is %.12g", name, scope, row->value);
    cr_expect_eq(row->n, n, "%s of %s has n = %ld", name, scope, (long)row->n);
}

#endif
