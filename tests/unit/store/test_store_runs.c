/* Runs and what was judged of them: what is written is what is read, and what cannot be true is refused. */
#include <criterion/criterion.h>

#include "filled.h"

static struct vr_store *store;
static struct vr_err err;

static void setup(void)
{
    store = filled_open(":memory:", VR_STORE_CREATE);
}

static void teardown(void)
{
    vr_store_close(store);
}

TestSuite(store_runs, .init = setup, .fini = teardown);

/* --- runs ------------------------------------------------------------------------------------ */

static int expect_filled_run(void *context, const struct vr_run_row *run)
{
    cr_expect_eq(run->run_id, *(int64_t *)context);
    cr_expect_str_eq(run->uid, "run-a");
    cr_expect_str_eq(run->scenario, "smoke");
    cr_expect_str_eq(run->scenario_sha256, "5ce7a210");
    cr_expect_str_eq(run->scenario_json, "{\"name\": \"smoke\"}");
    cr_expect_str_eq(run->dut, "sim");
    cr_expect_str_eq(run->algorithm, "ecg_qrs");
    cr_expect_str_eq(run->vitalrig_version, "0.1.0");
    cr_expect_str_eq(run->host, "bench-2");
    cr_expect_eq(run->started_utc_ns, 1795384804000000000);
    cr_expect_eq(run->started_ns, 1000);
    cr_expect_eq(run->ended_utc_ns, 1795384810000000000);
    cr_expect_str_eq(run->status, "ended");
    cr_expect_str_eq(run->verdict, "inconclusive");
    cr_expect_str_eq(run->why, "1 gate passed, 1 had no value");
    cr_expect_eq(run->exit_code, 5);
    cr_expect_eq(run->judged_count, 1);
    cr_expect_eq(run->seed, UINT64_MAX);
    *(int64_t *)context = -1;
    return 0;
}

Test(store_runs, gives_back_a_run)
{
    int64_t run_id = fill_run(store, "run-a", INT64_C(1795384804000000000)), seen = run_id;
    cr_expect_eq(vr_store_run_get(store, run_id, expect_filled_run, &seen, &err), 0);
    cr_expect_eq(seen, -1);
}

static int expect_new_run(void *context, const struct vr_run_row *run)
{
    (void)context;
    cr_expect_str_eq(run->status, "running");
    cr_expect_str_eq(run->verdict, "");
    cr_expect_str_eq(run->why, "");
    cr_expect_eq(run->exit_code, -1, "a run that was not judged has no exit code, least of all 0");
    cr_expect_eq(run->ended_utc_ns, 0);
    return 0;
}

Test(store_runs, adds_a_run_running_and_unjudged)
{
    struct vr_run_row run = filled_run("run-a", 1);
    cr_assert_eq(vr_store_run_add(store, &run, &err), 0);
    cr_expect_eq(vr_store_run_get(store, run.run_id, expect_new_run, NULL, &err), 0);
}

Test(store_runs, ends_a_run_once)
{
    struct vr_run_row run = filled_run("run-a", 1);
    cr_assert_eq(vr_store_run_add(store, &run, &err), 0);
    cr_expect_eq(vr_store_run_end(store, run.run_id, 2, "interrupted", &err), 0);
    cr_expect_eq(vr_store_run_end(store, run.run_id, 3, "ended", &err), -VR_ERR_NOT_FOUND);
    cr_expect_eq(vr_store_run_end(store, 99, 3, "ended", &err), -VR_ERR_NOT_FOUND);
}

Test(store_runs, stores_a_verdict_only_with_its_exit_code)
{
    static const struct {
        const char *verdict;
        int exit_code, result;
    } rows[] = {
        {"pass", 0, 0},
        {"fail", 1, 0},
        {"rig", 3, 0},
        {"rig", 130, 0},
        {"inconclusive", 5, 0},
        {"", 0, 0},
        {"pass", 1, -VR_ERR_INTERNAL},
        {"fail", 0, -VR_ERR_INTERNAL},
        {"rig", 0, -VR_ERR_INTERNAL},
        {"rig", 1, -VR_ERR_INTERNAL},
        {"inconclusive", 3, -VR_ERR_INTERNAL},
        {"green", 0, -VR_ERR_INTERNAL},
    };
    int64_t run_id = fill_run(store, "run-a", 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(
            vr_store_run_judge(store, run_id, rows[i].verdict, "", rows[i].exit_code, &err),
            rows[i].result, "%s with %d", rows[i].verdict, rows[i].exit_code);
    cr_expect_eq(vr_store_run_judge(store, 99, "pass", "", 0, &err), -VR_ERR_NOT_FOUND);
}

static int count_env(void *context, const char *key, const char *value)
{
    int *seen = context;
    static const char *const keys[] = {"branch", "ci_job", "golden_run"};
    static const char *const values[] = {"release", "4711", "golden"};
    cr_expect_str_eq(key, keys[*seen]);
    cr_expect_str_eq(value, values[*seen]);
    ++*seen;
    return 0;
}

Test(store_runs, gives_back_where_a_run_was_made)
{
    int seen = 0;
    int64_t run_id = fill_run(store, "run-a", 1);
    cr_assert_eq(vr_store_run_env_set(store, run_id, "branch", "release", &err), 0);
    cr_expect_eq(vr_store_run_env(store, run_id, count_env, &seen, &err), 0);
    cr_expect_eq(seen, 3);
}

static int list_run(void *context, const struct vr_run_row *run)
{
    strcat(context, run->uid);
    strcat(context, " ");
    return 0;
}

static int stop(void *context, const struct vr_run_row *run)
{
    (void)run;
    ++*(int *)context;
    return -VR_ERR_INTERRUPTED;
}

Test(store_runs, lists_runs_newest_first)
{
    char list[64] = "";
    int calls = 0;
    fill_run(store, "b", 200);
    fill_run(store, "c", 300);
    fill_run(store, "a", 100);
    fill_run(store, "d", 300);
    cr_expect_eq(vr_store_runs(store, 0, list_run, list, &err), 0);
    cr_expect_str_eq(list, "d c b a ");
    *list = '\0';
    cr_expect_eq(vr_store_runs(store, 2, list_run, list, &err), 0);
    cr_expect_str_eq(list, "d c ");
    cr_expect_eq(vr_store_runs(store, 0, stop, &calls, &err), -VR_ERR_INTERRUPTED);
    cr_expect_eq(calls, 1);
}

Test(store_runs, finds_a_run_by_its_names)
{
    static const struct {
        const char *name;
        int64_t run_id; /* 0 = refused */
        enum vr_err_code code;
        const char *words;
    } rows[] = {
        {"20261122T220004Z-smoke-5f3a09c2", 1, VR_OK, ""},
        {"20261122T2200", 0, VR_ERR_USAGE, "20261122T220009Z-smoke-00000000"},
        {"20261122T220004Z", 1, VR_OK, ""},
        {"20261121", 3, VR_OK, ""},
        {"2", 2, VR_OK, ""},
        {"4", 4, VR_OK, ""},
        {"last", 2, VR_OK, ""},
        {"last~0", 2, VR_OK, ""},
        {"last~2", 3, VR_OK, ""},
        {"last~4", 0, VR_ERR_NOT_FOUND, "vitalrig runs"},
        {"last~x", 0, VR_ERR_NOT_FOUND, "'last~x'"},
        {"last~99999999999999999999", 0, VR_ERR_NOT_FOUND, "no run"},
        {"9", 0, VR_ERR_NOT_FOUND, "'9'"},
        {"99999999999999999999", 0, VR_ERR_NOT_FOUND, "no run"},
        {"x%", 0, VR_ERR_NOT_FOUND, "'x%'"},
        {"nightly", 4, VR_OK, ""},
        {"", 0, VR_ERR_USAGE, "empty"},
    };
    fill_run(store, "20261122T220004Z-smoke-5f3a09c2", 400);
    fill_run(store, "20261122T220009Z-smoke-00000000", 900);
    fill_run(store, "20261121T000000Z-smoke-11111111", 300);
    fill_run(store, "nightly", 200);
    struct vr_run_row longer = filled_run("nightly-2", 100);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t run_id = 0;
        int result = vr_store_run_find(store, rows[i].name, &run_id, &err);
        cr_expect_eq(result, -(int)rows[i].code, "%s: %s", rows[i].name, err.text);
        cr_expect_eq(run_id, rows[i].run_id, "%s: %lld", rows[i].name, (long long)run_id);
        cr_expect(result == 0 || strstr(err.text, rows[i].words), "%s: %s", rows[i].name, err.text);
    }
    int64_t run_id = 0;
    cr_assert_eq(vr_store_run_add(store, &longer, &err), 0);
    cr_expect_eq(vr_store_run_find(store, "nightly", &run_id, &err), 0, "a whole name wins");
    cr_expect_eq(run_id, 4);
    cr_expect_eq(vr_store_run_get(store, 99, list_run, NULL, &err), -VR_ERR_NOT_FOUND);
}

/* --- derived rows ---------------------------------------------------------------------------- */

static int expect_metric(void *context, const struct vr_metric_row *metric)
{
    static const char *const scopes[] = {"gross", "100", "101", "gross"};
    int *seen = context;
    cr_expect_str_eq(metric->name, *seen < 3 ? "beats.qrs_sensitivity_pct" : "beats.veb_ppv_pct");
    cr_expect_str_eq(metric->scope, scopes[*seen]);
    cr_expect_str_eq(metric->unit, "%");
    cr_expect_eq(isnan(metric->value), *seen == 3);
    cr_expect_eq(isnan(metric->low), *seen != 0);
    if (*seen == 0) {
        cr_expect_eq(metric->value, 97.25);
        cr_expect_eq(metric->low, 96.75);
        cr_expect_eq(metric->high, 97.5);
        cr_expect_eq(metric->n, 2000);
    }
    ++*seen;
    return 0;
}

static int expect_gate(void *context, const struct vr_gate_row *gate)
{
    int *seen = context;
    cr_expect_eq(gate->gate, *seen);
    cr_expect_str_eq(gate->metric, *seen ? "beats.veb_ppv_pct" : "beats.qrs_sensitivity_pct");
    cr_expect_str_eq(gate->scope, "gross");
    cr_expect_str_eq(gate->rule, *seen ? "max_decrease" : "min");
    cr_expect_eq(gate->limit, *seen ? 1 : 98);
    cr_expect_eq(isnan(gate->value), *seen == 1);
    cr_expect_str_eq(gate->verdict, *seen ? "inconclusive" : "pass");
    cr_expect_eq(gate->line, *seen ? 13 : 12);
    cr_expect_eq(gate->column, 5);
    cr_expect_str_eq(gate->against, *seen ? "main-run" : "");
    cr_expect_str_eq(gate->why, *seen ? "the run has no VEB" : "");
    cr_expect_eq(isnan(gate->p_value), *seen == 0);
    cr_expect_eq(isnan(gate->change), true);
    cr_expect_eq(gate->pair_count, *seen ? 24 : 0);
    ++*seen;
    return 0;
}

Test(store_runs, replaces_metrics_as_a_whole)
{
    int seen = 0;
    int64_t run_id = fill_run(store, "run-a", 1);
    const struct vr_metric_row metrics[] = {
        {"beats.qrs_sensitivity_pct", "gross", 97.25, "%", 96.75, 97.5, 2000},
        {"beats.qrs_sensitivity_pct", "100", 1, "%", NAN, NAN, 9},
        {"beats.qrs_sensitivity_pct", "101", 2, "%", NAN, NAN, 1},
        {"beats.veb_ppv_pct", "gross", NAN, "%", NAN, NAN, 0},
    };
    cr_assert_eq(vr_store_metrics_replace(store, run_id, metrics, 4, &err), 0);
    cr_expect_eq(vr_store_metrics(store, run_id, expect_metric, &seen, &err), 0);
    cr_expect_eq(seen, 4);
}

Test(store_runs, gives_back_gates)
{
    int seen = 0;
    int64_t run_id = fill_run(store, "run-a", 1);
    cr_expect_eq(vr_store_gates(store, run_id, expect_gate, &seen, &err), 0);
    cr_expect_eq(seen, 2);
}

Test(store_runs, refuses_a_gate_that_passed_without_reason)
{
    static const struct {
        const char *rule;
        double value;
        int result;
    } rows[] = {
        {"min", 98, 0}, {"min", 97.9, -VR_ERR_INTERNAL}, {"min", NAN, -VR_ERR_INTERNAL},
        {"max", 98, 0}, {"max", 98.1, -VR_ERR_INTERNAL}, {"most", 98, -VR_ERR_INTERNAL},
    };
    int64_t run_id = fill_run(store, "run-a", 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vr_gate_row gate = {
            .metric = "m",
            .scope = "gross",
            .rule = rows[i].rule,
            .limit = 98,
            .value = rows[i].value,
            .verdict = "pass",
        };
        cr_expect_eq(
            vr_store_gates_replace(store, run_id, &gate, 1, &err), rows[i].result, "%s %g",
            rows[i].rule, rows[i].value);
    }
}

/* --- against a golden run -------------------------------------------------------------------- */

static int expect_parity(void *context, const struct vr_parity_row *row)
{
    int *seen = context;
    const struct vr_parity_row stored = *seen ? filled_parity() : filled_equal();
    cr_expect_str_eq(row->record, stored.record);
    cr_expect_eq(row->repeat, 0);
    cr_expect_str_eq(row->verdict, stored.verdict);
    cr_expect_str_eq(row->why, stored.why);
    cr_expect_str_eq(row->output_digest, stored.output_digest);
    cr_expect_str_eq(row->golden_digest, stored.golden_digest);
    cr_expect_str_eq(row->difference, stored.difference);
    cr_expect_eq(row->samples, 3600);
    cr_expect_eq(row->outputs, stored.outputs);
    cr_expect_eq(row->golden_outputs, stored.golden_outputs);
    cr_expect_eq(row->outputs_agreeing, stored.outputs_agreeing);
    cr_expect_eq(row->number, stored.number);
    cr_expect_eq(row->stream, stored.stream);
    cr_expect_eq(row->sample_index, stored.sample_index);
    cr_expect_eq(row->value, stored.value);
    cr_expect_eq(row->golden_value, stored.golden_value);
    ++*seen;
    return 0;
}

Test(store_runs, gives_back_what_was_compared_by_record)
{
    int seen = 0;
    int64_t run_id = fill_run(store, "run-a", 1);
    cr_expect_eq(vr_store_parities(store, run_id, expect_parity, &seen, &err), 0, "%s", err.text);
    cr_expect_eq(seen, 2);
    cr_assert_eq(vr_store_metrics_replace(store, run_id, NULL, 0, &err), 0);
    cr_assert_eq(vr_store_run_judge(store, run_id, "fail", "", 1, &err), 0);
    seen = 0;
    cr_expect_eq(vr_store_parities(store, run_id, expect_parity, &seen, &err), 0, "%s", err.text);
    cr_expect_eq(seen, 2, "judging leaves it");
    cr_assert_eq(vr_store_parities_clear(store, run_id, &err), 0);
    cr_expect_eq(vr_store_parities(store, run_id, expect_parity, &seen, &err), 0);
    cr_expect_eq(seen, 2);
}

Test(store_runs, speaks_of_the_outputs_that_were_compared)
{
    const struct vr_parity_row row = filled_parity();
    cr_expect(vr_store_parity_is_of(&row, FILLED_DIGEST));
    cr_expect(vr_store_parity_is_of(&row, ""), "a device that tells no digest");
    cr_expect_not(vr_store_parity_is_of(&row, "67bb1560fea243de"));
}

Test(store_runs, refuses_a_comparison_that_contradicts_itself)
{
    int64_t run_id = fill_run(store, "run-a", 1);
    struct vr_parity_row rows[10];
    for (int i = 0; i < 10; i++)
        rows[i] = i < 4 ? filled_equal() : filled_parity();
    rows[0].golden_digest = "00";
    rows[1].outputs_agreeing--;
    rows[2].why = "all is well";
    rows[3].golden_outputs++;
    rows[4].difference = "";
    rows[5].why = "";
    rows[6].sample_index = VR_STORE_NONE;
    rows[7].golden_value = rows[7].value;
    rows[8].value = VR_STORE_NONE;
    rows[9].verdict = "equal";
    cr_assert_eq(vr_store_parities_clear(store, run_id, &err), 0);
    for (int i = 0; i < 10; i++)
        cr_expect_eq(
            vr_store_parity_add(store, run_id, &rows[i], &err), -VR_ERR_INTERNAL, "row %d", i);
    struct vr_parity_row twice = filled_parity();
    cr_expect_eq(vr_store_parity_add(store, run_id, &twice, &err), 0, "%s", err.text);
    cr_expect_eq(vr_store_parity_add(store, run_id, &twice, &err), -VR_ERR_INTERNAL);
}
