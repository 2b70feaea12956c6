/* A report made by hand: two records of which one was retried, metrics, gates. */
#ifndef TEST_REPORT_SAMPLE_H
#define TEST_REPORT_SAMPLE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "report/index.h"
#include "report/report.h"

#define SAMPLE_TRIALS 3
#define SAMPLE_METRICS 4
#define SAMPLE_GATES 2
#define SAMPLE_PARITIES 2

/* Memory behind the report; sample_make fills both. */
struct sample {
    struct vr_trial_row trials[SAMPLE_TRIALS];
    bool superseded[SAMPLE_TRIALS];
    const char *hung_again[SAMPLE_TRIALS];
    struct vr_pacing_row pacings[SAMPLE_TRIALS];
    struct vr_report_energy energies[SAMPLE_TRIALS];
    struct vr_metric_row metrics[SAMPLE_METRICS];
    struct vr_gate_row gates[SAMPLE_GATES];
    struct vr_parity_row parities[SAMPLE_PARITIES];
    struct vr_report report;
};

static inline struct vr_trial_row sample_trial(int64_t record_id, const char *record)
{
    return (struct vr_trial_row){
        .record_id = record_id,
        .record = record,
        .outcome = "complete",
        .why = "",
        .bench_why = "",
        .result_key = "",
        .started_ns = VR_NS_PER_S,
        .ended_ns = 3 * VR_NS_PER_S,
        .firmware_name = "vitalrig-stub",
        .firmware_version = "0.1.0",
        .firmware_git = "9c1e7d2",
        .device_id = "00a1f3",
        .device_clock = "host_ns",
        .device_clock_hz = 1000000000,
        .samples_planned = 1000,
        .samples_sent = 1000,
        .samples_consumed = 1000,
        .outputs_emitted = 12,
        .outputs_stored = 12,
        .output_digest = "0123456789abcdef",
        .ledger_closed = true,
        .bytes_sent = 2500,
        .bytes_received = 400,
        .payload_bytes = 2100,
        .sample_bytes = 2000,
        .frames_sent = 3,
    };
}

/* Passes: record 100 complete, record 101 complete at its second attempt, both gates passed. */
static inline const struct vr_report *sample_make(struct sample *sample)
{
    *sample = (struct sample){
        .trials = {sample_trial(1, "100"), sample_trial(2, "101"), sample_trial(2, "101")},
        .superseded = {false, true, false},
        .metrics =
            {
                {"beats.qrs_sensitivity_pct", "gross", 99.5, "%", 99.1, 99.8, 2000},
                {"beats.qrs_sensitivity_pct", "100", 99.25, "%", NAN, NAN, 1000},
                {"beats.qrs_sensitivity_pct", "101", 99.75, "%", NAN, NAN, 1000},
                {"beats.veb_ppv_pct", "101", NAN, "%", NAN, NAN, 0},
            },
        .gates =
            {
                {.metric = "beats.qrs_sensitivity_pct",
                 .scope = "gross",
                 .rule = "min",
                 .limit = 99,
                 .value = 99.5,
                 .verdict = "pass",
                 .line = 12,
                 .column = 5},
                {.gate = 1,
                 .metric = "beats.qrs_sensitivity_pct",
                 .scope = "100",
                 .rule = "min",
                 .limit = 98,
                 .value = 99.25,
                 .verdict = "pass",
                 .line = 13,
                 .column = 5},
            },
    };
    sample->trials[1].outcome = "link_lost";
    sample->trials[1].why = "the link was lost after 300 samples";
    sample->trials[1].ledger_closed = false;
    sample->trials[2].attempt = 1;
    sample->report = (struct vr_report){
        .run =
            {
                .run_id = 1,
                .uid = "20261122T220004Z-smoke-5f3a09c2",
                .scenario = "smoke",
                .scenario_sha256 = "00",
                .scenario_json = "{}",
                .dut = "sim",
                .algorithm = "ecg_qrs",
                .vitalrig_version = "0.1.0",
                .host = "bench-2",
                .started_utc_ns = INT64_C(1795384804) * VR_NS_PER_S,
                .ended_utc_ns = INT64_C(1795384810) * VR_NS_PER_S,
                .status = "ended",
                .verdict = "pass",
                .why = "2 of 2 gates passed",
                .seed = UINT64_MAX,
            },
        .trials = sample->trials,
        .superseded = sample->superseded,
        .hung_again = sample->hung_again,
        .pacings = sample->pacings,
        .energies = sample->energies,
        .trial_count = SAMPLE_TRIALS,
        .metrics = sample->metrics,
        .metric_count = SAMPLE_METRICS,
        .gates = sample->gates,
        .gate_count = SAMPLE_GATES,
        .line = {7500, 1200, 6300, 6000, 84},
        .duration_ns = 3 * VR_NS_PER_S,
    };
    return &sample->report;
}

/* The caller destroys the index. */
static inline void sample_index(struct sample *sample)
{
    sample->report.index = NULL;
    vr_index_make(&sample->report, NULL);
}

static inline void sample_fail(struct sample *sample)
{
    sample->gates[0].verdict = "fail";
    sample->gates[0].limit = 99.9;
    sample->report.run.verdict = "fail";
    sample->report.run.exit_code = 1;
    sample->report.run.why = "1 of 2 gates failed";
}

/* Held against a golden run: record 100 is equal, record 101 differs. */
static inline void sample_differ(struct sample *sample)
{
    struct vr_parity_row row = {
        .record = "100",
        .verdict = "equal",
        .why = "",
        .output_digest = "0123456789abcdef",
        .golden_digest = "0123456789abcdef",
        .samples = 1000,
        .outputs = 12,
        .golden_outputs = 12,
        .outputs_agreeing = 12,
        .difference = "",
        .number = VR_STORE_NONE,
        .stream = VR_STORE_NONE,
        .sample_index = VR_STORE_NONE,
        .value = VR_STORE_NONE,
        .golden_value = VR_STORE_NONE,
    };
    sample->parities[0] = row;
    row.record = "101";
    row.verdict = "different";
    row.why = "output 7, sample 321 of stream 0: value1 is 812, golden 811";
    row.golden_digest = "00000000000000aa";
    row.golden_outputs = 13;
    row.outputs_agreeing = 7;
    row.difference = "value1";
    row.number = 7;
    row.stream = 0;
    row.sample_index = 321;
    row.value = 812;
    row.golden_value = 811;
    sample->parities[1] = row;
    sample->report.golden_uid = "20261121T220004Z-golden-00000001";
    sample->report.parities = sample->parities;
    sample->report.parity_count = SAMPLE_PARITIES;
    sample->report.run.verdict = "fail";
    sample->report.run.exit_code = 1;
    sample->report.run.why = "1 of 2 trials differ from the golden run";
}

/* What a form writes; the caller frees it. */
static inline char *sample_write(const char *form, const struct vr_report *report)
{
    struct vr_report indexed = *report;
    vr_index_make(&indexed, NULL);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    vr_report_find(form, NULL)->write(&indexed, out);
    fclose(out);
    vr_index_destroy(indexed.index);
    return text;
}

#endif
