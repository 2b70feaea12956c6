/* Gates against a baseline, one by one. */
#include <criterion/criterion.h>
#include <math.h>

#include "made_runs.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static struct made_record baseline_records[8] = {
    {"a", "p1", "age=old", 990, 10},   {"b", "p1", "age=old", 980, 20},
    {"c", "p2", "age=young", 985, 15}, {"d", "p3", "age=young", 995, 5},
    {"e", "p4", "age=old", 970, 30},   {"f", "p5", "age=young", 992, 8},
    {"g", "p6", "age=old", 988, 12},   {"h", "p7", "age=young", 991, 9},
};

/* Every record misses so many more, of 1000. */
static void shift(struct made_record *records, const int *more)
{
    memcpy(records, baseline_records, sizeof baseline_records);
    for (size_t i = 0; i < COUNT_OF(baseline_records); i++) {
        records[i].found -= more[i];
        records[i].missed += more[i];
    }
}

static struct vr_gate_rows judge(
    const struct made_record *run_records, size_t run_count, const struct made_record *base_records,
    size_t base_count, const struct vr_scenario_gate *gate)
{
    struct made_run run, baseline;
    struct vr_gate_rows rows, kept = {0};
    made_open(&run, run_records, run_count);
    made_open(&baseline, base_records, base_count);
    made_judge(&run, &baseline, gate, 1, &rows);
    /* The rows borrow from what ends here. */
    for (size_t i = 0; i < rows.count; i++) {
        struct vr_gate_row *row = &rows.items[i];
        row->against = row->against[0] ? "uid" : "";
    }
    kept = rows;
    made_close(&run);
    made_close(&baseline);
    return kept;
}

static struct vr_gate_rows judge_shift(const int *more, const struct vr_scenario_gate *gate)
{
    struct made_record records[8];
    shift(records, more);
    return judge(records, 8, baseline_records, 8, gate);
}

static const int none[8] = {0}, some[8] = {1, 3, 2, 2, 4, 1, 3, 2},
                 many[8] = {9, 12, 10, 11, 14, 9, 10, 12}, mixed[8] = {-6, 9, -4, 7, -9, 12, -5, 6};

/* 0.225 points down on the average with little spread, 1.0875 down, and hardly anything with much. */
Test(gate_change, answers_three_ways)
{
    static const struct {
        const int *more;
        struct vr_scenario_gate gate;
        const char *verdict, *rule;
    } rows[] = {
        {none, {MADE_GATE("gross", VR_GATE_MAX_DECREASE, 0)}, "pass", "max_decrease"},
        {some, {MADE_GATE("gross", VR_GATE_MAX_DECREASE, 0.5)}, "pass", "max_decrease"},
        {some, {MADE_GATE("average", VR_GATE_MAX_DECREASE, 0.5)}, "pass", "max_decrease"},
        {some, {MADE_GATE("average", VR_GATE_MAX_DECREASE, 0.23)}, "inconclusive", "max_decrease"},
        {some, {MADE_GATE("average", VR_GATE_MAX_DECREASE, 0.1)}, "fail", "max_decrease"},
        {some, {MADE_GATE("average", VR_GATE_MAX_INCREASE, 0)}, "pass", "max_increase"},
        {many, {MADE_GATE("gross", VR_GATE_MAX_DECREASE, 0.5)}, "fail", "max_decrease"},
        {many, {MADE_GATE("gross", VR_GATE_MAX_DECREASE_PCT, 0.5)}, "fail", "max_decrease_pct"},
        {many, {MADE_GATE("gross", VR_GATE_MAX_DECREASE_PCT, 2)}, "pass", "max_decrease_pct"},
        {mixed, {MADE_GATE("average", VR_GATE_MAX_DECREASE, 0.2)}, "inconclusive", "max_decrease"},
        /* By subject: one of them has two records. */
        {many, {MADE_GATE("subject_average", VR_GATE_MAX_DECREASE, 0.5)}, "fail", "max_decrease"},
        /* Four pairs of a stratum tell nothing, whatever they say. */
        {many,
         {MADE_GATE("stratum:age=old", VR_GATE_MAX_DECREASE, 0.5)},
         "inconclusive",
         "max_decrease"},
        {many,
         {MADE_GATE("gross", VR_GATE_MAX_DECREASE, 0.5), .is_warning = true},
         "warn",
         "max_decrease"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct vr_gate_rows judged = judge_shift(rows[i].more, &rows[i].gate);
        const struct vr_gate_row *row = &judged.items[0];
        cr_assert_eq(judged.count, 1);
        cr_expect_str_eq(
            row->verdict, rows[i].verdict, "row %zu: %s %g [%g, %g] %s", i, row->verdict,
            row->change, row->low, row->high, row->why);
        cr_expect_str_eq(row->rule, rows[i].rule, "row %zu", i);
        cr_expect_str_eq(row->against, "uid", "row %zu", i);
        vr_gate_rows_finish(&judged);
    }
}

Test(gate_change, gives_the_numbers)
{
    const struct vr_scenario_gate gate = {
        MADE_GATE("average", VR_GATE_MAX_DECREASE, 0.5), .by = VR_GATE_BY_RECORD};
    struct vr_gate_rows rows = judge_shift(some, &gate);
    const struct vr_gate_row *row = &rows.items[0];
    cr_expect_float_eq(row->baseline_value, 98.6375, 1e-9);
    cr_expect_float_eq(row->value, 98.4125, 1e-9);
    cr_expect_float_eq(row->change, -0.225, 1e-9);
    cr_expect_lt(row->low, row->change);
    cr_expect_gt(row->high, row->change);
    cr_expect_eq(row->confidence, 0.95);
    cr_expect_eq(row->pair_count, 8);
    cr_expect_float_eq(row->p_value, 2 / 256.0, 1e-12, "all eight point down: %g", row->p_value);
    /* s = 0.1035 of 8, t of 7 degrees of freedom 1.895 + 0.896. */
    cr_expect_float_eq(row->detectable, 0.1035 / sqrt(8) * 2.791, 0.01, "%g", row->detectable);
    vr_gate_rows_finish(&rows);
}

Test(gate_change, says_what_was_not_compared_and_does_not_pass)
{
    struct made_record others[8];
    const struct vr_scenario_gate gate = {MADE_GATE("gross", VR_GATE_MAX_DECREASE, 5)};
    const struct vr_scenario_gate strict = {MADE_GATE("gross", VR_GATE_MAX_DECREASE, 0.1)};
    shift(others, many);
    struct vr_gate_rows rows = judge(others, 7, baseline_records, 8, &gate);
    cr_expect_str_eq(rows.items[0].verdict, "inconclusive");
    cr_expect_str_eq(rows.items[0].why, "not compared: 1 record not in this run (h)");
    vr_gate_rows_finish(&rows);
    rows = judge(others, 8, baseline_records, 6, &gate);
    cr_expect_str_eq(rows.items[0].verdict, "inconclusive");
    cr_expect_str_eq(
        rows.items[0].why, "not compared: 2 records not in the baseline (the first: g)");
    vr_gate_rows_finish(&rows);
    /* What is known to be worse stays so. */
    rows = judge(others, 7, baseline_records, 8, &strict);
    cr_expect_str_eq(rows.items[0].verdict, "fail");
    vr_gate_rows_finish(&rows);
}

/* Edits of the run's third record that make it another case. */
static void edit_truth(struct made_run *run)
{
    run->contents[2].truth_sha256 = made_text("other");
}
static void edit_files(struct made_run *run)
{
    run->contents[2].sha256 = made_text("other");
}
static void edit_warmup(struct made_run *run)
{
    run->contents[2].warmup_count = 360;
}
static void edit_sound(struct made_run *run)
{
    run->records[2].sound = 0;
}
static void edit_repeats(struct made_run *run)
{
    run->records[2].repeats = run->records[2].sound = 2;
}

Test(gate_change, pairs_are_alike_in_everything_that_scores_depend_on)
{
    static const struct {
        void (*edit)(struct made_run *run);
        const char *why;
    } rows[] = {
        {edit_truth, "not compared: 1 record of other content (c: other truth)"},
        {edit_files, "not compared: 1 record of other content (c: other files)"},
        {edit_warmup, "not compared: 1 record of other content (c: other warm-up)"},
        {edit_sound, "not compared: 1 record not completed in this run (c)"},
        {edit_repeats, "not compared: 1 record replayed another number of times (c)"},
    };
    const struct vr_scenario_gate gate = {MADE_GATE("gross", VR_GATE_MAX_DECREASE, 5)};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct made_run run, baseline;
        struct vr_gate_rows judged;
        made_open(&run, baseline_records, 8);
        made_open(&baseline, baseline_records, 8);
        rows[i].edit(&run);
        made_judge(&run, &baseline, &gate, 1, &judged);
        cr_expect_str_eq(judged.items[0].verdict, "inconclusive", "row %zu", i);
        cr_expect(strstr(judged.items[0].why, rows[i].why), "row %zu: %s", i, judged.items[0].why);
        vr_gate_rows_finish(&judged);
        made_close(&run);
        made_close(&baseline);
    }
}

/* One record, one subject: what happened is known, nothing is drawn. */
Test(gate_change, of_one_is_judged_as_it_is)
{
    struct vr_scenario_gate gate = {
        .metric = MADE_METRIC,
        .scope = "each",
        .against = "baseline:main",
        .has_change[VR_GATE_MAX_DECREASE] = true,
        .changes[VR_GATE_MAX_DECREASE] = 0.35};
    struct vr_gate_rows rows = judge_shift(some, &gate);
    cr_assert_eq(rows.count, 8);
    for (size_t i = 0; i < rows.count; i++) {
        cr_expect_float_eq(rows.items[i].change, -some[i] / 10.0, 1e-9);
        cr_expect_str_eq(rows.items[i].scope, baseline_records[i].name);
        cr_expect_str_eq(rows.items[i].verdict, some[i] > 3 ? "fail" : "pass", "row %zu", i);
        cr_expect(isnan(rows.items[i].confidence) && isnan(rows.items[i].low));
    }
    vr_gate_rows_finish(&rows);
    gate.scope = "each_subject";
    rows = judge_shift(some, &gate);
    cr_assert_eq(rows.count, 7);
    cr_expect_str_eq(rows.items[0].scope, "subject:p1");
    cr_expect_float_eq(rows.items[0].change, -0.2, 1e-9);
    vr_gate_rows_finish(&rows);
    gate.scope = "gross";
    gate.method = VR_GATE_POINT;
    rows = judge_shift(some, &gate);
    cr_expect_str_eq(rows.items[0].verdict, "pass");
    vr_gate_rows_finish(&rows);
}

Test(gate_change, a_record_of_the_baseline_alone_is_not_forgotten)
{
    const struct vr_scenario_gate gate = {
        .metric = MADE_METRIC,
        .scope = "each",
        .against = "baseline:main",
        .has_change[VR_GATE_MAX_DECREASE] = true,
        .changes[VR_GATE_MAX_DECREASE] = 5};
    struct vr_gate_rows rows = judge(baseline_records, 7, baseline_records, 8, &gate);
    cr_assert_eq(rows.count, 8);
    cr_expect_str_eq(rows.items[7].scope, "h");
    cr_expect_str_eq(rows.items[7].verdict, "inconclusive");
    vr_gate_rows_finish(&rows);
}

Test(gate_change, a_baseline_that_is_not_there_leaves_it_open)
{
    const struct vr_scenario_gate gates[] = {
        {MADE_GATE("gross", VR_GATE_MAX_DECREASE, 5)},
        {MADE_GATE("average", VR_GATE_MAX_INCREASE_PCT, 5), .is_warning = true}};
    struct made_run run;
    struct vr_gate_rows rows;
    made_open(&run, baseline_records, 8);
    made_judge(&run, NULL, gates, 2, &rows);
    cr_expect_str_eq(rows.items[0].verdict, "inconclusive");
    cr_expect_str_eq(rows.items[0].rule, "max_decrease");
    cr_expect_str_eq(rows.items[0].why, "no baseline: it is not there");
    cr_expect_str_eq(rows.items[1].verdict, "warn");
    cr_expect_str_eq(rows.items[1].why, "undecided; no baseline: it is not there");
    vr_gate_rows_finish(&rows);
    made_close(&run);
}

Test(gate_change, subjects_must_be_known_where_they_are_asked_for)
{
    struct made_record strangers[8];
    struct vr_scenario_gate gate = {MADE_GATE("gross", VR_GATE_MAX_DECREASE, 5)};
    memcpy(strangers, baseline_records, sizeof strangers);
    strangers[3].subject = "";
    struct vr_gate_rows rows = judge(strangers, 8, strangers, 8, &gate);
    cr_expect_str_eq(rows.items[0].verdict, "pass");
    cr_expect_eq(rows.items[0].pair_count, 8, "by record");
    vr_gate_rows_finish(&rows);
    gate.by = VR_GATE_BY_SUBJECT;
    rows = judge(strangers, 8, strangers, 8, &gate);
    cr_expect_str_eq(rows.items[0].verdict, "inconclusive");
    cr_expect_str_eq(rows.items[0].why, "record d has no subject");
    vr_gate_rows_finish(&rows);
}

/* The value with its interval against min: 98.6 % [98.0, 99.0] or so. */
Test(gate_change, an_absolute_gate_with_a_confidence_waits_for_it)
{
    static const struct {
        double min;
        const char *verdict;
    } rows[] = {{97, "pass"}, {98.5, "inconclusive"}, {99.5, "fail"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct vr_scenario_gate gate = {
            .metric = MADE_METRIC,
            .scope = "gross",
            .has_min = true,
            .min = rows[i].min,
            .confidence = 0.95,
            .resamples = 2000};
        struct vr_gate_rows judged = judge(baseline_records, 8, baseline_records, 8, &gate);
        const struct vr_gate_row *row = &judged.items[0];
        cr_expect_str_eq(
            row->verdict, rows[i].verdict, "%g [%g, %g]", row->value, row->low, row->high);
        cr_expect(row->low < row->value && row->value < row->high);
        cr_expect_eq(row->pair_count, 7);
        vr_gate_rows_finish(&judged);
    }
}
