#include "report/report.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static struct vr_store *store;
static struct vr_err err;

static void open_store(void)
{
    cr_assert_eq(vr_store_open(":memory:", VR_STORE_CREATE, &store, &err), 0, "%s", err.text);
}

static void close_store(void)
{
    vr_store_close(store);
}

TestSuite(report, .init = open_store, .fini = close_store);

static int64_t add_run(void)
{
    struct vr_run_row run = {
        .uid = "20261122T220004Z-smoke-5f3a09c2",
        .scenario = "smoke",
        .scenario_sha256 = "00",
        .scenario_json = "{}",
        .dut = "sim",
        .algorithm = "echo",
        .vitalrig_version = "0.1.0",
        .host = "bench-2",
        .started_utc_ns = 1,
        .started_ns = 1000,
        .status = "running",
        .verdict = "",
        .why = "",
    };
    cr_assert_eq(vr_store_run_add(store, &run, &err), 0, "%s", err.text);
    return run.run_id;
}

static int64_t add_record(const char *name)
{
    struct vr_record_row record = {
        .dataset = "somewhere",
        .name = name,
        .sha256 = "00",
        .annotator = "",
        .signal = "ECG",
        .rate_num = 360,
        .rate_den = 1,
        .sample_count = 1000,
    };
    cr_assert_eq(vr_store_record_add(store, &record, NULL, 0, &err), 0, "%s", err.text);
    return record.record_id;
}

static void add_trial(int64_t run_id, int64_t record_id, int repeat, int attempt)
{
    struct vr_trial_row trial = {
        .run_id = run_id,
        .record_id = record_id,
        .repeat = repeat,
        .attempt = attempt,
        .outcome = "running",
        .why = "",
        .result_key = "",
        .started_ns = 2000,
    };
    cr_assert_eq(vr_store_trial_add(store, &trial, &err), 0, "%s", err.text);
    trial.outcome = "complete";
    trial.firmware_name = "stub";
    trial.ended_ns = 5000;
    trial.bytes_sent = 1000;
    trial.payload_bytes = 900;
    trial.sample_bytes = 800;
    trial.output_digest = "";
    trial.ledger_closed = true;
    cr_assert_eq(vr_store_trial_end(store, &trial, &err), 0, "%s", err.text);
}

Test(report, gathers_a_run_and_owns_what_it_shows)
{
    int64_t run_id = add_run();
    int64_t a = add_record("a"), b = add_record("b");
    add_trial(run_id, a, 0, 0);
    add_trial(run_id, b, 0, 0);
    add_trial(run_id, b, 1, 0);
    add_trial(run_id, b, 0, 1);
    const struct vr_metric_row metrics[] = {
        {"echo.outputs", "gross", 12, "", NAN, NAN, 12},
        {"echo.outputs", "a", NAN, "", NAN, NAN, 0},
    };
    const struct vr_gate_row gates[] = {
        {.metric = "echo.outputs",
         .scope = "gross",
         .rule = "min",
         .limit = 10,
         .value = 12,
         .verdict = "pass",
         .line = 3,
         .column = 4},
    };
    cr_assert_eq(vr_store_metrics_replace(store, run_id, metrics, 2, &err), 0, "%s", err.text);
    cr_assert_eq(vr_store_gates_replace(store, run_id, gates, 1, &err), 0, "%s", err.text);

    struct vr_report report;
    cr_assert_eq(vr_report_load(store, run_id, &report, &err), 0, "%s", err.text);
    cr_expect_str_eq(report.run.scenario, "smoke");
    cr_assert_eq(report.trial_count, 4);
    cr_expect_str_eq(report.trials[1].record, "b");
    cr_expect_str_eq(report.trials[1].firmware_name, "stub");
    const bool superseded[] = {false, true, false, false};
    for (size_t i = 0; i < 4; i++)
        cr_expect_eq(report.superseded[i], superseded[i], "trial %zu", i);
    cr_expect_eq(report.line.bytes_sent, 4000);
    cr_expect_eq(report.line.payload_pct, 90);
    cr_expect_eq(report.duration_ns, 4000);
    cr_assert_eq(report.metric_count, 2);
    cr_expect(isnan(report.metrics[report.metrics[0].value == 12].value));
    cr_assert_eq(report.gate_count, 1);
    cr_expect_str_eq(report.gates[0].rule, "min");
    vr_report_finish(&report);
    vr_report_finish(&report);
    vr_report_finish(NULL);
}

Test(report, of_an_unknown_run_is_an_error)
{
    struct vr_report report;
    cr_expect_lt(vr_report_load(store, 4711, &report, &err), 0);
    cr_expect_neq(err.text[0], '\0');
}

Test(report, forms_are_found_by_name)
{
    for (size_t i = 0; vr_report_driver(i); i++)
        cr_expect_eq(vr_report_find(vr_report_driver(i)->name, &err), vr_report_driver(i));
    cr_expect_null(vr_report_find("jsno", &err));
    cr_expect_eq(err.code, VR_ERR_USAGE);
    cr_expect(strstr(err.text, "did you mean \"json\"?"), "%s", err.text);
}

Test(report, payload_share_needs_something_sent)
{
    cr_expect(isnan(vr_report_payload_pct(0, 0)));
    cr_expect_eq(vr_report_payload_pct(98, 100), 98);
}
