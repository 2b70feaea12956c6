#include "score/gate.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- gates --- */

static const char *const records[] = {"a", "b"};

/* X: 90 of a, 100 of b; Y: none of b; Z: only of a, as if b had not been scored; N: none; W: not given.
 * U is of the scorer of Z, and has a value of b. */
#define X "beats.qrs_sensitivity_pct"
#define Y "beats.veb_ppv_pct"
#define N "beats.sveb_ppv_pct"
#define W "beats.rr_error_ms"
#define Z "latency.detection_ms_p50"
#define U "latency.detection_ms_max"

static struct vr_metrics metrics_make(void)
{
    static const struct vr_metric_row rows[] = {
        {X, "gross", 95, "%", NAN, NAN, 200}, {X, "average", 95, "%", NAN, NAN, 2},
        {X, "a", 90, "%", NAN, NAN, 100},     {X, "b", 100, "%", NAN, NAN, 100},
        {Y, "gross", 80, "%", NAN, NAN, 10},  {Y, "average", 80, "%", NAN, NAN, 1},
        {Y, "a", 80, "%", NAN, NAN, 10},      {Y, "b", NAN, "%", NAN, NAN, 0},
        {Z, "gross", 70, "%", NAN, NAN, 10},  {Z, "average", 70, "%", NAN, NAN, 1},
        {Z, "a", 70, "%", NAN, NAN, 10},      {N, "gross", NAN, "%", NAN, NAN, 0},
        {N, "a", NAN, "%", NAN, NAN, 0},      {N, "b", NAN, "%", NAN, NAN, 0},
        {Z, "b", NAN, "ms", NAN, NAN, 0},     {U, "gross", 70, "ms", NAN, NAN, 10},
        {U, "b", 70, "ms", NAN, NAN, 10},
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
    {{X, "gross", MIN(95)}, {{.metric = X, "gross", "min", 95, 95, "pass"}}},
    {{X, "gross", MIN(95.001)}, {{.metric = X, "gross", "min", 95.001, 95, "fail"}}},
    {{X, "gross", MAX(95)}, {{.metric = X, "gross", "max", 95, 95, "pass"}}},
    {{X, "gross", MAX(94)}, {{.metric = X, "gross", "max", 94, 95, "fail"}}},
    {{X, "average", MIN(90)}, {{.metric = X, "average", "min", 90, 95, "pass"}}},
    {{X, "b", MIN(100)}, {{.metric = X, "b", "min", 100, 100, "pass"}}},
    {{X, "each", MIN(95)},
     {{.metric = X, "a", "min", 95, 90, "fail"}, {.metric = X, "b", "min", 95, 100, "pass"}}},
    /* Both limits: the one that is broken, else the nearer one. */
    {{X, "gross", MIN(90), MAX(110)}, {{.metric = X, "gross", "min", 90, 95, "pass"}}},
    {{X, "gross", MIN(80), MAX(100)}, {{.metric = X, "gross", "max", 100, 95, "pass"}}},
    {{X, "gross", MIN(80), MAX(90)}, {{.metric = X, "gross", "max", 90, 95, "fail"}}},
    {{X, "gross", MIN(96), MAX(200)}, {{.metric = X, "gross", "min", 96, 95, "fail"}}},
    /* What is not there never passes. */
    {{N, "gross", MIN(0)}, {{.metric = N, "gross", "min", 0, NAN, "inconclusive"}}},
    {{N, "gross", MAX(0)}, {{.metric = N, "gross", "max", 0, NAN, "inconclusive"}}},
    {{N, "gross", MIN(0), MAX(1)}, {{.metric = N, "gross", "min", 0, NAN, "inconclusive"}}},
    {{Y, "each", MIN(80)},
     {{.metric = Y, "a", "min", 80, 80, "pass"},
      {.metric = Y, "b", "min", 80, NAN, "inconclusive"}}},
    {{W, "gross", MIN(0)}, {{.metric = W, "gross", "min", 0, NAN, "inconclusive"}}},
    {{W, "each", MIN(0)},
     {{.metric = W, "a", "min", 0, NAN, "inconclusive"},
      {.metric = W, "b", "min", 0, NAN, "inconclusive"}}},
    {{X, "c", MIN(0)}, {{.metric = X, "c", "min", 0, NAN, "inconclusive"}}},
    /* No value for b is one thing, b not scored another: it might have broken the limit. */
    {{Y, "gross", MIN(80)}, {{.metric = Y, "gross", "min", 80, 80, "pass"}}},
    {{Z, "gross", MIN(60)}, {{.metric = Z, "gross", "min", 60, 70, "inconclusive"}}},
    {{Z, "average", MIN(60)}, {{.metric = Z, "average", "min", 60, 70, "inconclusive"}}},
    {{Z, "gross", MIN(80)}, {{.metric = Z, "gross", "min", 80, 70, "fail"}}},
    {{Z, "a", MIN(60)}, {{.metric = Z, "a", "min", 60, 70, "pass"}}},
    {{U, "gross", MIN(60)}, {{.metric = U, "gross", "min", 60, 70, "inconclusive"}}},
    {{U, "b", MIN(60)}, {{.metric = U, "b", "min", 60, 70, "inconclusive"}}},
    {{Z, "each", MIN(60)},
     {{.metric = Z, "a", "min", 60, 70, "pass"},
      {.metric = Z, "b", "min", 60, NAN, "inconclusive"}}},
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
    struct vr_scenario_gate gate = {X, "each", MIN(1)};
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
     "inconclusive",
     5,
     "1 of 1 gates passed, 6 of 7 records scored, the first that is not: 104"},
    {"",
     {.complete = 2, .records = 2, .records_scored = 1, .unscored = "104", .refusal = "no"},
     "inconclusive",
     5,
     "no gates, 1 of 2 records scored, the first that is not: 104, no"},
    {"f", {.complete = 2, .records = 2}, "fail", 1, "1 of 1 gates failed, 0 of 2 records scored"},
    /* Against a golden run. */
    {"p",
     {.complete = 4, .agreement = {.is_asked = true, .equal = 4}},
     "pass",
     0,
     "4 of 4 trials equal to the golden run, 1 of 1 gates passed"},
    {"p",
     {.complete = 4,
      .agreement = {.is_asked = true, .equal = 2, .different = 1, .inconclusive = 1, .first = "x"}},
     "fail",
     1,
     "1 of 4 trials differ from the golden run, the first: x, 1 of 4 trials not compared with the "
     "golden run, 1 of 1 gates passed"},
    {"p",
     {.complete = 4, .agreement = {.is_asked = true, .equal = 3, .inconclusive = 1, .first = "x"}},
     "inconclusive",
     5,
     "1 of 4 trials not compared with the golden run, the first: x, 1 of 1 gates passed"},
    {"",
     {.complete = 3,
      .rig_trouble = 1,
      .agreement = {.is_asked = true, .equal = 2, .inconclusive = 1, .first = "x"}},
     "rig",
     3,
     "rig trouble in 1 of 4 trials, 1 of 3 trials not compared with the golden run, the first: x, "
     "no "
     "gates"},
    {"f",
     {.complete = 3,
      .rig_trouble = 1,
      .agreement = {.is_asked = true, .equal = 2, .different = 1, .first = "x"}},
     "fail",
     1,
     "1 of 1 gates failed, 1 of 3 trials differ from the golden run, the first: x, rig trouble in "
     "1 of "
     "4 trials"},
    {"", {.agreement = {.is_asked = true}}, "inconclusive", 5, "no trials, no gates"},
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
    /* Who stops a run is not the bench's trouble, and what was stopped never passes. */
    {"p",
     {.complete = 3, .stopped = 1, .interrupted = true},
     "rig",
     3,
     "the user stopped 1 of 4 trials that began, the run was interrupted, 1 of 1 gates passed"},
    {"p",
     {.complete = 3, .stopped = 1},
     "rig",
     3,
     "the user stopped 1 of 4 trials that began, 1 of 1 gates passed"},
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
