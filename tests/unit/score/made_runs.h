/* Two runs of the same records, of which only counts of beats are known. */
#ifndef TEST_SCORE_MADE_RUNS_H
#define TEST_SCORE_MADE_RUNS_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "score/gate.h"
#include "scored.h"

#define MADE_RECORDS_MAX 64

struct made_record {
    const char *name, *subject, *strata;
    int found, missed;
};

struct made_run {
    struct vr_scored scored;
    struct vr_score *scores[1];
    struct vr_scored_record records[MADE_RECORDS_MAX];
    struct vr_replayed contents[MADE_RECORDS_MAX];
    struct vr_metrics metrics;
};

static const struct vr_scenario_score made_config = {.task = "beats", .window_ms = 150};

static inline char *made_text(const char *text)
{
    return (char *)(uintptr_t)(text ? text : "");
}

/* The items of 2^k beats, found or missed. */
static inline void *made_power(bool is_found, int k)
{
    static void *items[2][16];
    const struct vr_scorer *scorer = vr_scorer_find("beats", NULL);
    void **item = &items[is_found][k];
    if (*item)
        return *item;
    *item = calloc(1, scorer->table->item_size);
    if (k > 0) {
        scorer->table->add(*item, made_power(is_found, k - 1));
        scorer->table->add(*item, made_power(is_found, k - 1));
        return *item;
    }
    struct scored_trial trial;
    scored_make(&trial, "x");
    scored_truth(&trial, 1000, 1);
    if (is_found)
        scored_beat(&trial, 1000, 1, 10, 5);
    const struct vr_score_trial view = {&trial.record, &trial.trial,       trial.truth, 1,
                                        trial.outputs, trial.output_count, NULL};
    cr_assert_eq(scorer->trial(&made_config, &view, *item, NULL), 0);
    return *item;
}

static inline void *made_item(int found, int missed)
{
    const struct vr_measure_table *table = vr_scorer_find("beats", NULL)->table;
    void *item = calloc(1, table->item_size);
    for (int k = 0; k < 16; k++) {
        if (found >> k & 1)
            table->add(item, made_power(true, k));
        if (missed >> k & 1)
            table->add(item, made_power(false, k));
    }
    return item;
}

/* Records in ascending order of their names. */
static inline void made_open(struct made_run *run, const struct made_record *records, size_t count)
{
    *run = (struct made_run){0};
    run->scores[0] = scored_open(&made_config);
    void *by_record = (void *)(uintptr_t)vr_score_records(run->scores[0]);
    for (size_t i = 0; i < count; i++) {
        const struct made_record *record = &records[i];
        const struct vr_trial_row trial = {.subject = record->subject, .strata = record->strata};
        run->contents[i] = (struct vr_replayed){
            .record = made_text(record->name),
            .subject = made_text(record->subject),
            .strata = made_text(record->strata),
            .sha256 = made_text("s"),
            .signal = made_text("II"),
            .truth_sha256 = made_text("t"),
            .rate_num = 360,
            .rate_den = 1,
            .is_sound = true,
        };
        run->records[i] =
            (struct vr_scored_record){.content = &run->contents[i], .repeats = 1, .sound = 1};
        cr_assert_eq(
            vr_by_record_add(
                by_record, record->name, &trial, made_item(record->found, record->missed), NULL),
            0);
    }
    run->scored = (struct vr_scored){
        .records = run->records, .record_count = count, .scores = run->scores, .score_count = 1};
    cr_assert_eq(vr_score_finish(run->scores[0], &run->metrics, NULL), 0);
}

static inline void made_close(struct made_run *run)
{
    vr_score_close(run->scores[0]);
    vr_metrics_finish(&run->metrics);
}

/* Judge one gate of `run` against `baseline`; the caller finishes the rows. */
static inline void made_judge(
    const struct made_run *run, const struct made_run *baseline,
    const struct vr_scenario_gate *gates, size_t gate_count, struct vr_gate_rows *rows)
{
    struct vr_baseline_run at_hand = {
        .against = made_text("baseline:main"),
        .is_found = baseline != NULL,
        .identity = {.uid = made_text("20261122T220004Z-x-5f3a09c2")},
        .why = "it is not there"};
    if (baseline)
        at_hand.scored = baseline->scored;
    struct vr_baseline_run *items[] = {&at_hand};
    struct vr_baselines baselines = {.items = items, .count = 1};
    struct vr_scenario_gate *copies = calloc(gate_count, sizeof *copies);
    memcpy(copies, gates, gate_count * sizeof *copies);
    const struct vr_scenario scenario = {.gates = copies, .gate_count = gate_count};
    const struct vr_gate_case gate_case = {&scenario, &run->scored, &run->metrics, &baselines};
    struct vr_err err = {0};
    cr_assert_eq(vr_gates_judge(&gate_case, rows, &err), 0, "%s", err.text);
    free(copies);
}

#define MADE_METRIC "beats.qrs_sensitivity_pct"

/* A gate against the baseline as a scenario without more words has it. */
#define MADE_GATE(scope_, change_, limit_) \
    .metric = MADE_METRIC, .scope = (scope_), .against = "baseline:main", .confidence = 0.95, \
    .resamples = 2000, .has_change[change_] = true, .changes[change_] = (limit_)

#endif
