#include "score/gate.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- gates --- */

static const char *const records[] = {"a", "b"};

/* The metric x: 90 of a, 100 of b; y: none of b; z: only of a, as if b had not been scored. */
static struct vr_metrics metrics_make(void)
{
    static const struct vr_metric_row rows[] = {
        {"x", "gross", 95, "%", NAN, NAN, 200}, {"x", "average", 95, "%", NAN, NAN, 2},
        {"x", "a", 90, "%", NAN, NAN, 100},     {"x", "b", 100, "%", NAN, NAN, 100},
        {"y", "gross", 80, "%", NAN, NAN, 10},  {"y", "average", 80, "%", NAN, NAN, 1},
        {"y", "a", 80, "%", NAN, NAN, 10},      {"y", "b", NAN, "%", NAN, NAN, 0},
        {"z", "gross", 70, "%", NAN, NAN, 10},  {"z", "average", 70, "%", NAN, NAN, 1},
        {"z", "a", 70, "%", NAN, NAN, 10},      {"n", "gross", NAN, "%", NAN, NAN, 0},
        {"n", "a", NAN, "%", NAN, NAN, 0},      {"n", "b", NAN, "%", NAN, NAN, 0},
    };
    struct vr_metrics metrics = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_assert_eq(vr_metrics_add(&metrics, &rows[i], NULL), 0);
    return metrics;
}

#define MIN(limit) .has_min = true, .min = limit
#define MAX(limit) .has_max = true, .max = limit

static const struct {
    struct vr_scenario_gate gate;
    struct vr_gate_row rows[2]; /* metric NULL = the end */
} cases[] = {
    {{"x", "gross", MIN(95)}, {{.metric = "x", "gross", "min", 95, 95, "pass"}}},
    {{"x", "gross", MIN(95.001)}, {{.metric = "x", "gross", "min", 95.001, 95, "fail"}}},
    {{"x", "gross", MAX(95)}, {{.metric = "x", "gross", "max", 95, 95, "pass"}}},
    {{"x", "gross", MAX(94)}, {{.metric = "x", "gross", "max", 94, 95, "fail"}}},
    {{"x", "average", MIN(90)}, {{.metric = "x", "average", "min", 90, 95, "pass"}}},
    {{"x", "b", MIN(100)}, {{.metric = "x", "b", "min", 100, 100, "pass"}}},
    {{"x", "each", MIN(95)},
     {{.metric = "x", "a", "min", 95, 90, "fail"}, {.metric = "x", "b", "min", 95, 100, "pass"}}},
    /* Both limits: the one that is broken, else the nearer one. */
    {{"x", "gross", MIN(90), MAX(110)}, {{.metric = "x", "gross", "min", 90, 95, "pass"}}},
    {{"x", "gross", MIN(80), MAX(100)}, {{.metric = "x", "gross", "max", 100, 95, "pass"}}},
    {{"x", "gross", MIN(80), MAX(90)}, {{.metric = "x", "gross", "max", 90, 95, "fail"}}},
    {{"x", "gross", MIN(96), MAX(200)}, {{.metric = "x", "gross", "min", 96, 95, "fail"}}},
    /* What is not there never passes. */
    {{"n", "gross", MIN(0)}, {{.metric = "n", "gross", "min", 0, NAN, "inconclusive"}}},
    {{"n", "gross", MAX(0)}, {{.metric = "n", "gross", "max", 0, NAN, "inconclusive"}}},
    {{"n", "gross", MIN(0), MAX(1)}, {{.metric = "n", "gross", "min", 0, NAN, "inconclusive"}}},
    {{"y", "each", MIN(80)},
     {{.metric = "y", "a", "min", 80, 80, "pass"},
      {.metric = "y", "b", "min", 80, NAN, "inconclusive"}}},
    {{"w", "gross", MIN(0)}, {{.metric = "w", "gross", "min", 0, NAN, "inconclusive"}}},
    {{"w", "each", MIN(0)},
     {{.metric = "w", "a", "min", 0, NAN, "inconclusive"},
      {.metric = "w", "b", "min", 0, NAN, "inconclusive"}}},
    {{"x", "c", MIN(0)}, {{.metric = "x", "c", "min", 0, NAN, "inconclusive"}}},
    /* No value for b is one thing, b not scored another: it might have broken the limit. */
    {{"y", "gross", MIN(80)}, {{.metric = "y", "gross", "min", 80, 80, "pass"}}},
    {{"z", "gross", MIN(60)}, {{.metric = "z", "gross", "min", 60, 70, "inconclusive"}}},
    {{"z", "average", MIN(60)}, {{.metric = "z", "average", "min", 60, 70, "inconclusive"}}},
    {{"z", "gross", MIN(80)}, {{.metric = "z", "gross", "min", 80, 70, "fail"}}},
    {{"z", "a", MIN(60)}, {{.metric = "z", "a", "min", 60, 70, "pass"}}},
    {{"z", "each", MIN(60)},
     {{.metric = "z", "a", "min", 60, 70, "pass"},
      {.metric = "z", "b", "min", 60, NAN, "inconclusive"}}},
};

#define CASE_COUNT (sizeof cases / sizeof cases[0])

/* All cases as one scenario, so that rows must also come in order and know their gate. */
Test(gate, decides_by_limit_and_by_what_is_there)
{
    struct vr_scenario_gate gates[CASE_COUNT];
    for (size_t i = 0; i < CASE_COUNT; i++) {
        gates[i] = cases[i].gate;
        gates[i].place = (struct vr_place){(int)i + 10, 7};
    }
    const struct vr_scenario scenario = {.gates = gates, .gate_count = CASE_COUNT};
    struct vr_metrics metrics = metrics_make();
    struct vr_gate_row *rows = NULL;
    size_t count = 0, next = 0;
    cr_assert_eq(vr_gates_judge(&scenario, records, 2, &metrics, &rows, &count, NULL), 0);
    for (size_t i = 0; i < CASE_COUNT; i++)
        for (size_t k = 0; k < 2 && cases[i].rows[k].metric; k++) {
            const struct vr_gate_row *wanted = &cases[i].rows[k], *row = &rows[next++];
            cr_assert_leq(next, count);
            cr_expect_eq(row->gate, (int)i, "case %zu", i);
            cr_expect_eq(row->line, (int)i + 10, "case %zu", i);
            cr_expect_eq(row->column, 7, "case %zu", i);
            cr_expect_str_eq(row->metric, wanted->metric, "case %zu", i);
            cr_expect_str_eq(row->scope, wanted->scope, "case %zu", i);
            cr_expect_str_eq(row->rule, wanted->rule, "case %zu: %s", i, row->rule);
            cr_expect_eq(row->limit, wanted->limit, "case %zu: %g", i, row->limit);
            cr_expect(
                row->value == wanted->value || (isnan(row->value) && isnan(wanted->value)),
                "case %zu: %g", i, row->value);
            cr_expect_str_eq(row->verdict, wanted->verdict, "case %zu: %s", i, row->verdict);
        }
    cr_expect_eq(next, count);
    free(rows);
    vr_metrics_finish(&metrics);
}

Test(gate, each_of_no_record_is_one_inconclusive_row)
{
    struct vr_scenario_gate gate = {"x", "each", MIN(1)};
    const struct vr_scenario scenario = {.gates = &gate, .gate_count = 1};
    struct vr_metrics metrics = {0};
    struct vr_gate_row *rows = NULL;
    size_t count = 0;
    cr_assert_eq(vr_gates_judge(&scenario, NULL, 0, &metrics, &rows, &count, NULL), 0);
    cr_assert_eq(count, 1);
    cr_expect_str_eq(rows[0].scope, "each");
    cr_expect_str_eq(rows[0].verdict, "inconclusive");
    free(rows);
}

/* --- verdict --- */

static const struct {
    const char *gates; /* p f i: a gate each */
    struct vr_outcome_counts outcomes;
    const char *word;
    int exit_code;
    const char *why;
} verdicts[] = {
    {"pp",
     {.complete = 7, .records = 7, .records_scored = 7},
     "pass",
     0,
     "2 of 2 gates passed, 7 of 7 records scored"},
    {"", {.complete = 3}, "pass", 0, "no gates"},
    {"",
     {.complete = 3, .records = 3, .records_scored = 3},
     "pass",
     0,
     "no gates, 3 of 3 records scored"},
    {"pf",
     {.complete = 7, .records = 7, .records_scored = 7},
     "fail",
     1,
     "1 of 2 gates failed, 7 of 7 records scored"},
    {"pi",
     {.complete = 7, .records = 7, .records_scored = 6, .unscored = "118e06"},
     "inconclusive",
     5,
     "1 of 2 gates inconclusive, 6 of 7 records scored, the first that is not: 118e06"},
    {"p",
     {.complete = 7, .records = 7, .records_scored = 6, .unscored = "104"},
     "pass",
     0,
     "1 of 1 gates passed, 6 of 7 records scored, the first that is not: 104"},
    /* Fail outranks rig, rig outranks inconclusive. */
    {"p",
     {.complete = 6, .firmware_failed = 1},
     "fail",
     1,
     "the firmware failed in 1 of 7 trials, 1 of 1 gates passed"},
    {"p",
     {.complete = 5, .firmware_failed = 1, .rig_trouble = 1},
     "fail",
     1,
     "the firmware failed in 1 of 7 trials, rig trouble in 1 of 7 trials, 1 of 1 gates passed"},
    {"fi",
     {.complete = 6, .rig_trouble = 1},
     "fail",
     1,
     "1 of 2 gates failed, rig trouble in 1 of 7 trials, 1 of 2 gates inconclusive"},
    {"i",
     {.complete = 6, .rig_trouble = 1},
     "rig",
     3,
     "rig trouble in 1 of 7 trials, 1 of 1 gates inconclusive"},
    {"p",
     {.complete = 6, .unfinished = 1},
     "rig",
     3,
     "1 of 7 trials without an end, 1 of 1 gates passed"},
    {"p",
     {.complete = 7, .interrupted = true},
     "rig",
     3,
     "the run was interrupted, 1 of 1 gates passed"},
    {"f",
     {.complete = 7, .interrupted = true},
     "fail",
     1,
     "1 of 1 gates failed, the run was interrupted"},
    {"", {.interrupted = true}, "rig", 3, "the run was interrupted, no trials, no gates"},
    {"", {.complete = 0}, "inconclusive", 5, "no trials, no gates"},
    {"i", {.rig_trouble = 7}, "rig", 3, "rig trouble in 7 of 7 trials, 1 of 1 gates inconclusive"},
};

Test(gate, verdict_follows_the_order_of_what_decides)
{
    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++) {
        struct vr_gate_row rows[4];
        size_t count = strlen(verdicts[i].gates);
        for (size_t k = 0; k < count; k++) {
            char gate = verdicts[i].gates[k];
            rows[k].verdict = gate == 'p' ? "pass" : gate == 'f' ? "fail" : "inconclusive";
        }
        struct vr_verdict verdict;
        vr_verdict_reach(rows, count, &verdicts[i].outcomes, &verdict);
        cr_expect_str_eq(verdict.word, verdicts[i].word, "row %zu: %s", i, verdict.word);
        cr_expect_eq(verdict.exit_code, verdicts[i].exit_code, "row %zu", i);
        cr_expect_str_eq(verdict.why, verdicts[i].why, "row %zu: %s", i, verdict.why);
    }
}

Test(gate, a_clause_that_does_not_fit_is_left_out)
{
    char name[300];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    const struct vr_outcome_counts outcomes = {
        .complete = 2, .records = 2, .records_scored = 1, .unscored = name};
    struct vr_verdict verdict;
    vr_verdict_reach(NULL, 0, &outcomes, &verdict);
    cr_expect_str_eq(verdict.why, "no gates, 1 of 2 records scored");
}
