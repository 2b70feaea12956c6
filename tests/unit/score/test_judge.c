/* Whole runs in a store, judged. */
#include "score/judge.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"

#define RATE_HZ 100
#define RECORD_S 20
#define BEATS 15 /* of every record, a second apart from 2 s on */

static struct vr_err err;

#define MUST(call) cr_assert_eq(call, 0, "%s", err.text)

/* --- a run --- */

static struct vr_store *store_make(void)
{
    struct vr_store *store = NULL;
    MUST(vr_store_open(":memory:", VR_STORE_CREATE, &store, &err));
    return store;
}

static struct vr_scenario *scenario_parse(const char *score, const char *gates)
{
    char text[2048];
    struct vr_scenario *scenario = NULL;
    int size = snprintf(
        text, sizeof text,
        "{\"format\": 1, \"name\": \"x\", \"dataset\": {\"path\": \"builtin:smoke\"},\n"
        "\"algorithm\": \"ecg_qrs\", \"score\": [%s],\n\"gates\": [%s]}\n",
        score, gates);
    MUST(vr_scenario_parse(text, (size_t)size, "x.json", ".", &scenario, &err));
    return scenario;
}

#define SCORE_BEATS "{\"task\": \"beats\", \"from_s\": 0}"
#define SCORE_BOTH SCORE_BEATS ", {\"task\": \"latency\"}"

static int64_t run_add(struct vr_store *store)
{
    struct vr_run_row run = {
        .uid = "20261122T220004Z-x-5f3a09c2",
        .scenario = "x",
        .scenario_sha256 = "0000000000000000000000000000000000000000000000000000000000000000",
        .scenario_json = "{}",
        .dut = "sim",
        .algorithm = "ecg_qrs",
        .vitalrig_version = "0.1.0",
        .host = "bench",
        .started_utc_ns = 1,
        .started_ns = 1,
        .verdict = "",
        .why = "",
    };
    MUST(vr_store_run_add(store, &run, &err));
    return run.run_id;
}

static int64_t record_add(struct vr_store *store, const char *name, bool with_truth)
{
    struct vr_record_row record = {
        .dataset = "builtin:smoke",
        .name = name,
        .sha256 = "1111111111111111111111111111111111111111111111111111111111111111",
        .annotator = with_truth ? "atr" : "",
        .signal = "II",
        .rate_num = RATE_HZ,
        .rate_den = 1,
        .sample_count = RATE_HZ * RECORD_S,
    };
    struct vr_truth_row truth[BEATS];
    for (int i = 0; i < BEATS; i++)
        truth[i] = (struct vr_truth_row){.sample_index = RATE_HZ * (2 + i), .code = 1};
    MUST(vr_store_record_add(store, &record, truth, with_truth ? BEATS : 0, &err));
    return record.record_id;
}

struct trial_case {
    const char *record;
    int repeat, attempt;
    const char *outcome;
    int beats; /* that the device finds, of BEATS */
    int64_t consumed;
    bool without_truth;
    uint8_t stream; /* of the beats */
};

static void trial_add(struct vr_store *store, int64_t run_id, const struct trial_case *row)
{
    bool complete = strcmp(row->outcome, "complete") == 0;
    int64_t samples = RATE_HZ * RECORD_S, consumed = complete ? samples : row->consumed;
    struct vr_trial_row trial = {
        .run_id = run_id,
        .record_id = record_add(store, row->record, !row->without_truth),
        .repeat = row->repeat,
        .attempt = row->attempt,
        .outcome = "running",
        .why = "",
        .started_ns = 10,
        .outputs_emitted = -1,
        .outputs_lost = -1,
    };
    MUST(vr_store_trial_add(store, &trial, &err));
    for (int i = 0; i < row->beats; i++) {
        const struct vr_output_row output = {
            .number = i,
            .kind = 1,
            .stream = row->stream,
            .sample_index = RATE_HZ * (2 + i),
            .at_index = RATE_HZ * (2 + i) + 25,
            .value_count = 2,
            .values = {1, 500},
        };
        MUST(vr_store_outputs_add(store, trial.trial_id, &output, 1, &err));
    }
    if (strcmp(row->outcome, "running") == 0)
        return;
    trial.outcome = row->outcome;
    trial.why = complete ? "" : "made up";
    trial.ended_ns = 20;
    trial.samples_planned = samples;
    trial.samples_sent = consumed;
    trial.samples_consumed = consumed;
    trial.samples_unsent = samples - consumed;
    trial.outputs_emitted = complete ? row->beats : -1;
    trial.outputs_stored = row->beats;
    trial.outputs_lost = complete ? 0 : -1;
    trial.output_digest = "0123456789abcdef";
    trial.ledger_closed = complete;
    MUST(vr_store_trial_end(store, &trial, &err));
}

static struct vr_store *run_make(
    const struct trial_case *rows, size_t count, const char *status, int64_t *ret_run_id)
{
    struct vr_store *store = store_make();
    *ret_run_id = run_add(store);
    for (size_t i = 0; i < count; i++)
        trial_add(store, *ret_run_id, &rows[i]);
    if (status)
        MUST(vr_store_run_end(store, *ret_run_id, 2, status, &err));
    return store;
}

/* --- what was stored --- */

struct stored {
    char run[400];
    char gates[400];
    int metric_count;
    const char *name, *scope;
    double value;
};

static int read_run(void *context, const struct vr_run_row *run)
{
    struct stored *stored = context;
    snprintf(stored->run, sizeof stored->run, "%s %d: %s", run->verdict, run->exit_code, run->why);
    return 0;
}

static int read_gate(void *context, const struct vr_gate_row *gate)
{
    struct stored *stored = context;
    size_t used = strlen(stored->gates);
    snprintf(
        stored->gates + used, sizeof stored->gates - used, "%s%d %s %s", used ? ", " : "",
        gate->gate, gate->scope, gate->verdict);
    return 0;
}

static int read_metric(void *context, const struct vr_metric_row *metric)
{
    struct stored *stored = context;
    stored->metric_count++;
    if (stored->name && strcmp(metric->name, stored->name) == 0 &&
        strcmp(metric->scope, stored->scope) == 0)
        stored->value = metric->value;
    return 0;
}

static void read_stored(struct vr_store *store, int64_t run_id, struct stored *stored)
{
    stored->gates[0] = '\0';
    stored->metric_count = 0;
    stored->value = NAN;
    MUST(vr_store_run_get(store, run_id, read_run, stored, &err));
    MUST(vr_store_gates(store, run_id, read_gate, stored, &err));
    MUST(vr_store_metrics(store, run_id, read_metric, stored, &err));
}

/* --- tests --- */

#define GATE_GROSS "{\"metric\": \"beats.qrs_sensitivity_pct\", \"min\": 90}"
#define GATE_EACH "{\"metric\": \"beats.qrs_sensitivity_pct\", \"min\": 90, \"scope\": \"each\"}"

static const struct {
    const char *name;
    struct trial_case trials[5]; /* record NULL = the end */
    const char *status, *score, *gates;
    const char *run, *gate_rows; /* as stored */
} cases[] = {
    {"all is well",
     {{"a", 0, 0, "complete", .beats = 15}, {"b", 0, 0, "complete", .beats = 14}},
     "ended",
     SCORE_BOTH,
     GATE_GROSS ", " GATE_EACH,
     "pass 0: 3 of 3 gates passed, 2 of 2 records scored",
     "0 gross pass, 1 a pass, 1 b pass"},
    {"a gate fails",
     {{"a", 0, 0, "complete", .beats = 15}, {"b", 0, 0, "complete", .beats = 13}},
     "ended",
     SCORE_BOTH,
     GATE_GROSS ", " GATE_EACH,
     "fail 1: 1 of 3 gates failed, 2 of 2 records scored",
     "0 gross pass, 1 a pass, 1 b fail"},
    {"a retry heals rig trouble",
     {{"a", 0, 0, "link_lost", .beats = 3, .consumed = 500}, {"a", 0, 1, "complete", .beats = 15}},
     "ended",
     SCORE_BEATS,
     GATE_GROSS,
     "pass 0: 1 of 1 gates passed, 1 of 1 records scored",
     "0 gross pass"},
    {"rig trouble leaves a record out",
     {{"a", 0, 0, "complete", .beats = 15}, {"b", 0, 0, "link_lost", .beats = 3, .consumed = 500}},
     "ended",
     SCORE_BEATS,
     GATE_GROSS,
     "rig 3: rig trouble in 1 of 2 trials, 1 of 1 gates inconclusive, 1 of 2 records scored, "
     "the first that is not: b",
     "0 gross inconclusive"},
    {"a failed gate outranks rig trouble",
     {{"a", 0, 0, "complete", .beats = 3}, {"b", 0, 0, "link_lost", .beats = 3, .consumed = 500}},
     "ended",
     SCORE_BEATS,
     GATE_GROSS,
     "fail 1: 1 of 1 gates failed, rig trouble in 1 of 2 trials, 1 of 2 records scored, the first "
     "that is not: b",
     "0 gross fail"},
    {"a crash is the firmware's",
     {{"a", 0, 0, "complete", .beats = 15}, {"b", 0, 0, "fw_crash", .beats = 3, .consumed = 500}},
     "ended",
     SCORE_BEATS,
     GATE_EACH,
     "fail 1: the firmware failed in 1 of 2 trials, 1 of 2 gates inconclusive, 1 of 2 records "
     "scored, the first that is not: b",
     "0 a pass, 0 b inconclusive"},
    {"one hang is the rig's",
     {{"a", 0, 0, "fw_hang", .beats = 3, .consumed = 500}},
     "ended",
     SCORE_BEATS,
     GATE_GROSS,
     "rig 3: rig trouble in 1 of 1 trials, 1 of 1 gates inconclusive, 0 of 1 records scored, the "
     "first that is not: a",
     "0 gross inconclusive"},
    {"the same hang twice is the firmware's",
     {{"a", 0, 0, "fw_hang", .beats = 3, .consumed = 500},
      {"a", 0, 1, "fw_hang", .beats = 3, .consumed = 600}},
     "ended",
     SCORE_BEATS,
     GATE_GROSS,
     "fail 1: the firmware failed in 1 of 1 trials, 1 of 1 gates inconclusive, 0 of 1 records "
     "scored, the first that is not: a",
     "0 gross inconclusive"},
    {"two hangs apart are the rig's",
     {{"a", 0, 0, "fw_hang", .beats = 3, .consumed = 500},
      {"a", 0, 1, "fw_hang", .beats = 3, .consumed = 601}},
     "ended",
     SCORE_BEATS,
     "",
     "rig 3: rig trouble in 1 of 1 trials, no gates, 0 of 1 records scored, the first that is not: "
     "a",
     ""},
    {"a trial that never ended",
     {{"a", 0, 0, "complete", .beats = 15}, {"b", 0, 0, "running", .beats = 3}},
     NULL,
     SCORE_BEATS,
     GATE_EACH,
     "rig 3: 1 of 2 trials without an end, the run was interrupted, 1 of 2 gates inconclusive, "
     "1 of 2 records scored, the first that is not: b",
     "0 a pass, 0 b inconclusive"},
    {"an interrupted run never passes",
     {{"a", 0, 0, "complete", .beats = 15}},
     "interrupted",
     SCORE_BEATS,
     GATE_GROSS,
     "rig 3: the run was interrupted, 1 of 1 gates passed, 1 of 1 records scored",
     "0 gross pass"},
    {"no truth, no score, no pass",
     {{"a", 0, 0, "complete", .beats = 15},
      {"b", 0, 0, "complete", .beats = 15, .without_truth = true}},
     "ended",
     SCORE_BOTH,
     GATE_GROSS ", " GATE_EACH,
     "inconclusive 5: 2 of 3 gates inconclusive, 1 of 2 records scored, the first that is not: b",
     "0 gross inconclusive, 1 a pass, 1 b inconclusive"},
    {"what needs no truth is scored without",
     {{"a", 0, 0, "complete", .beats = 15},
      {"b", 0, 0, "complete", .beats = 15, .without_truth = true}},
     "ended",
     SCORE_BOTH,
     "{\"metric\": \"latency.detection_ms_p95\", \"max\": 300}",
     "inconclusive 5: 1 of 1 gates passed, 1 of 2 records scored, the first that is not: b",
     "0 gross pass"},
    {"a record that ends before anything counts",
     {{"a", 0, 0, "complete", .beats = 15}},
     "ended",
     "{\"task\": \"beats\", \"from_s\": 300}",
     "{\"metric\": \"beats.qrs_fp\", \"max\": 3}",
     "inconclusive 5: 1 of 1 gates inconclusive, 0 of 1 records scored, the first that is not: a",
     "0 gross inconclusive"},
    {"a device that is silent has no latency",
     {{"a", 0, 0, "complete", .beats = 15}, {"b", 0, 0, "complete", .beats = 0}},
     "ended",
     "{\"task\": \"latency\"}",
     "{\"metric\": \"latency.detection_ms_max\", \"max\": 300}",
     "inconclusive 5: 1 of 1 gates inconclusive, 1 of 2 records scored, the first that is not: b",
     "0 gross inconclusive"},
    {"one record refused leaves the others scored",
     {{"a", 0, 0, "complete", .beats = 15},
      {"b", 0, 0, "complete", .beats = 15},
      {"b", 1, 0, "complete", .beats = 15, .stream = 1}},
     "ended",
     SCORE_BEATS,
     GATE_EACH,
     "inconclusive 5: 1 of 2 gates inconclusive, 1 of 2 records scored, the first that is not: b, "
     "record b: output 0 is on stream 1, and the truth counts in samples of stream 0: put the "
     "signal that the device counts by first in \"channels\"",
     "0 a pass, 0 b inconclusive"},
    {"a metric that nobody gives",
     {{"a", 0, 0, "complete", .beats = 15}},
     "ended",
     SCORE_BEATS,
     "{\"metric\": \"latency.compute_us_max\", \"max\": 300}",
     "inconclusive 5: 1 of 1 gates inconclusive, 1 of 1 records scored",
     "0 gross inconclusive"},
    {"no trials", {{0}}, "ended", SCORE_BEATS, "", "inconclusive 5: no trials, no gates", ""},
};

static size_t trials_of(const struct trial_case *trials)
{
    size_t count = 0;
    while (count < 5 && trials[count].record)
        count++;
    return count;
}

Test(judge, reaches_the_verdict_and_stores_it)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t run_id;
        struct vr_store *store =
            run_make(cases[i].trials, trials_of(cases[i].trials), cases[i].status, &run_id);
        struct vr_scenario *scenario = scenario_parse(cases[i].score, cases[i].gates);
        struct vr_verdict verdict;
        struct stored stored = {0};
        MUST(vr_judge_run(store, run_id, scenario, NULL, &verdict, &err));
        read_stored(store, run_id, &stored);
        cr_expect_str_eq(stored.run, cases[i].run, "%s:\n%s", cases[i].name, stored.run);
        cr_expect_str_eq(stored.gates, cases[i].gate_rows, "%s:\n%s", cases[i].name, stored.gates);
        char returned[400];
        snprintf(
            returned, sizeof returned, "%s %d: %s", verdict.word, verdict.exit_code, verdict.why);
        cr_expect_str_eq(returned, stored.run, "%s", cases[i].name);
        vr_scenario_destroy(scenario);
        vr_store_close(store);
    }
}

Test(judge, scores_the_last_complete_attempts_and_nothing_else)
{
    static const struct trial_case trials[] = {
        {"a", 0, 0, "link_lost", .beats = 10, .consumed = 1700},
        {"a", 0, 1, "complete", .beats = 15},
        {"a", 1, 0, "complete", .beats = 3},
        {"a", 1, 1, "complete", .beats = 12},
        {"b", 0, 0, "link_corrupt", .beats = 15, .consumed = 1900},
    };
    int64_t run_id;
    struct vr_store *store = run_make(trials, 5, "ended", &run_id);
    struct vr_scenario *scenario = scenario_parse(SCORE_BOTH, GATE_GROSS);
    struct vr_verdict verdict;
    MUST(vr_judge_run(store, run_id, scenario, NULL, &verdict, &err));

    struct stored stored = {.name = "beats.qrs_sensitivity_pct", .scope = "gross"};
    read_stored(store, run_id, &stored);
    cr_expect_eq(stored.value, 90, "27 of 30: %g", stored.value);
    stored.scope = "a";
    read_stored(store, run_id, &stored);
    cr_expect_eq(stored.value, 90);
    stored.scope = "b";
    read_stored(store, run_id, &stored);
    cr_expect(isnan(stored.value));
    cr_expect_eq(stored.metric_count, 3 * (13 + 8), "gross, average and a");
    vr_scenario_destroy(scenario);
    vr_store_close(store);
}

Test(judge, judging_again_replaces_everything)
{
    static const struct trial_case trials[] = {{"a", 0, 0, "complete", .beats = 14}};
    int64_t run_id;
    struct vr_store *store = run_make(trials, 1, "ended", &run_id);
    struct vr_scenario *lenient = scenario_parse(SCORE_BOTH, GATE_GROSS);
    struct vr_scenario *strict = scenario_parse(
        SCORE_BEATS, "{\"metric\": \"beats.qrs_sensitivity_pct\", \"min\": 100, \"scope\": \"a\"}");
    struct vr_verdict verdict;
    struct stored stored = {0};
    MUST(vr_judge_run(store, run_id, lenient, NULL, &verdict, &err));
    MUST(vr_judge_run(store, run_id, strict, NULL, &verdict, &err));
    read_stored(store, run_id, &stored);
    cr_expect_str_eq(stored.gates, "0 a fail");
    cr_expect_eq(stored.metric_count, 3 * 13);
    cr_expect_eq(verdict.exit_code, 1);
    MUST(vr_judge_run(store, run_id, lenient, NULL, &verdict, &err));
    read_stored(store, run_id, &stored);
    cr_expect_str_eq(stored.gates, "0 gross pass");
    cr_expect_eq(stored.metric_count, 3 * (13 + 8));
    vr_scenario_destroy(lenient);
    vr_scenario_destroy(strict);
    vr_store_close(store);
}

Test(judge, an_error_leaves_the_old_judgement)
{
    static const struct trial_case trials[] = {{"a", 0, 0, "complete", .beats = 15}};
    int64_t run_id;
    struct vr_store *store = run_make(trials, 1, "ended", &run_id);
    struct vr_scenario *scenario = scenario_parse(SCORE_BEATS, GATE_GROSS);
    struct vr_scenario_score task = {.task = "sleep"};
    struct vr_scenario unknown = *scenario;
    unknown.scores = &task;
    struct vr_verdict verdict;
    struct stored stored = {0};
    MUST(vr_judge_run(store, run_id, scenario, NULL, &verdict, &err));
    cr_expect_eq(vr_judge_run(store, run_id, &unknown, NULL, &verdict, &err), -VR_ERR_INPUT);
    cr_expect(strstr(err.text, "\"sleep\""), "%s", err.text);
    read_stored(store, run_id, &stored);
    cr_expect_str_eq(stored.run, "pass 0: 1 of 1 gates passed, 1 of 1 records scored");
    cr_expect_eq(stored.metric_count, 3 * 13);

    cr_expect_lt(vr_judge_run(store, run_id + 1, scenario, NULL, &verdict, &err), 0, "no such run");
    vr_scenario_destroy(scenario);
    vr_store_close(store);
}
