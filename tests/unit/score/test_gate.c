#include "score/gate.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- gates --- */

static char a[] = "a", b[] = "b", none[] = "";
static const struct vr_replayed contents[] = {
    {.record = a, .subject = none, .strata = none}, {.record = b, .subject = none, .strata = none}};
static struct vr_scored_record records[] = {
    {.content = &contents[0], .repeats = 1, .sound = 1},
    {.content = &contents[1], .repeats = 1, .sound = 1}};

static void judge(
    const struct vr_scenario *scenario, const struct vr_metrics *metrics, size_t record_count,
    struct vr_gate_rows *rows)
{
    const struct vr_scored scored = {.records = records, .record_count = record_count};
    const struct vr_gate_case gate_case = {scenario, &scored, metrics, NULL};
    cr_assert_eq(vr_gates_judge(&gate_case, rows, NULL), 0);
}

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
    struct vr_gate_rows rows;
    size_t next = 0;
    judge(&scenario, &metrics, 2, &rows);
    for (size_t i = 0; i < CASE_COUNT; i++)
        for (size_t k = 0; k < 2 && cases[i].rows[k].metric; k++) {
            const struct vr_gate_row *wanted = &cases[i].rows[k], *row = &rows.items[next++];
            cr_assert_leq(next, rows.count);
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
    cr_expect_eq(next, rows.count);
    vr_gate_rows_finish(&rows);
    vr_metrics_finish(&metrics);
}

Test(gate, each_of_no_record_is_one_inconclusive_row)
{
    struct vr_scenario_gate gate = {X, "each", MIN(1)};
    const struct vr_scenario scenario = {.gates = &gate, .gate_count = 1};
    struct vr_metrics metrics = {0};
    struct vr_gate_rows rows;
    judge(&scenario, &metrics, 0, &rows);
    cr_assert_eq(rows.count, 1);
    cr_expect_str_eq(rows.items[0].scope, "each");
    cr_expect_str_eq(rows.items[0].verdict, "inconclusive");
    vr_gate_rows_finish(&rows);
}
