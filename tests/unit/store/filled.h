/* A scratch folder, and a run with everything in it: two records, a failed attempt, its retry, logs, metrics, gates. */
#ifndef TEST_STORE_FILLED_H
#define TEST_STORE_FILLED_H

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/store.h"

#define FILLED_OUTPUTS 3
#define FILLED_DIGEST "67bb1560fea243dd" /* of filled_outputs, as the device would say it */

/* --- scratch folder -------------------------------------------------------------------------- */

struct scratch {
    char *folder;
    char *paths[8];
    size_t used;
};

static inline void scratch_make(struct scratch *scratch)
{
    const char *parent = getenv("TMPDIR");
    *scratch = (struct scratch){0};
    if (asprintf(&scratch->folder, "%s/vr-store-XXXXXX", parent ? parent : "/tmp") < 0 ||
        !mkdtemp(scratch->folder))
        abort();
}

/* A path in the folder; the last eight stay valid. */
static inline const char *scratch_path(struct scratch *scratch, const char *name)
{
    char **path = &scratch->paths[scratch->used++ % 8];
    free(*path);
    if (asprintf(path, "%s/%s", scratch->folder, name) < 0)
        abort();
    return *path;
}

/* How many files lie in the folder. */
static inline size_t scratch_count(const struct scratch *scratch)
{
    size_t count = 0;
    DIR *folder = opendir(scratch->folder);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        count += entry->d_name[0] != '.';
    if (folder)
        closedir(folder);
    return count;
}

static inline void scratch_empty(struct scratch *scratch)
{
    DIR *folder = opendir(scratch->folder);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlink(scratch_path(scratch, entry->d_name));
    }
    if (folder)
        closedir(folder);
}

static inline void scratch_remove(struct scratch *scratch)
{
    scratch_empty(scratch);
    rmdir(scratch->folder);
    for (size_t i = 0; i < 8; i++)
        free(scratch->paths[i]);
    free(scratch->folder);
}

/* --- rows ------------------------------------------------------------------------------------ */

static inline struct vr_run_row filled_run(const char *uid, int64_t started_utc_ns)
{
    return (struct vr_run_row){
        .uid = uid,
        .scenario = "smoke",
        .scenario_sha256 = "5ce7a210",
        .scenario_json = "{\"name\": \"smoke\"}",
        .dut = "sim",
        .algorithm = "ecg_qrs",
        .vitalrig_version = "0.1.0",
        .host = "bench-2",
        .started_utc_ns = started_utc_ns,
        .started_ns = 1000,
        .why = "",
        .seed = UINT64_MAX,
    };
}

static const struct vr_truth_row filled_truth[] = {
    {.sample_index = 10, .code = 28, .text = "(N"},
    {.sample_index = 20, .code = 1, .subtype = -1, .channel = 1, .number = -128},
    {.sample_index = 20, .code = 5, .subtype = 127, .channel = 255, .number = 127, .text = ""},
};
#define FILLED_TRUTH (sizeof filled_truth / sizeof *filled_truth)

static inline struct vr_record_row filled_record(const char *name)
{
    return (struct vr_record_row){
        .dataset = "${VITALRIG_DATA}/mitdb",
        .name = name,
        .sha256 = "ab12",
        .annotator = "atr",
        .signal = "MLII",
        .rate_num = 360,
        .rate_den = 1,
        .sample_count = 3600,
        .window_start = 720,
    };
}

static inline struct vr_trial_row filled_trial(int64_t run_id, int64_t record_id)
{
    return (struct vr_trial_row){
        .run_id = run_id,
        .record_id = record_id,
        .outcome = "running",
        .started_ns = 2000,
        .outputs_emitted = -1,
        .outputs_lost = -1,
    };
}

static const struct vr_output_row filled_outputs[FILLED_OUTPUTS] = {
    {.number = 0,
     .kind = 1,
     .sample_index = 11,
     .at_index = 40,
     .ticks_arrival = 4000000000,
     .ticks_emitted = 4000000123,
     .host_ns = 2100,
     .value_count = 2,
     .values = {1, -700}},
    {.number = 1, .kind = 1, .stream = 1, .sample_index = 21, .at_index = 50, .host_ns = 2200},
    {.number = 2,
     .kind = 255,
     .sample_index = -1,
     .at_index = 60,
     .host_ns = 2300,
     .value_count = 8,
     .values = {INT32_MIN, INT32_MAX, 0, 1, 2, 3, 4, 5}},
};

static const struct vr_signal_fault_row filled_signal_faults[] = {
    {0, "noise", 0, 0, 300, 4000, 6, "dB", "S=10213.2;N=1;gain=51.2"},
    {1, "gap", 0, 1, 10, 20, NAN, "", ""},
};

/* The row as it is when the trial is over and all is well. */
static inline void filled_complete(struct vr_trial_row *trial)
{
    trial->outcome = "complete";
    trial->result_key = "4e1f";
    trial->ended_ns = 9000;
    trial->firmware_name = "vitalrig-stub";
    trial->firmware_version = "0.1.0";
    trial->firmware_git = "9c1e7d2";
    trial->device_id = "00a1f3";
    trial->device_clock = "host_ns";
    trial->device_clock_hz = 1000000000;
    trial->boot_nonce = 77;
    trial->samples_planned = trial->samples_sent = trial->samples_consumed = 3600;
    trial->outputs_emitted = trial->outputs_stored = FILLED_OUTPUTS;
    trial->outputs_lost = 0;
    trial->output_digest = FILLED_DIGEST;
    trial->ledger_closed = true;
    trial->bytes_sent = 7400;
    trial->bytes_received = 300;
    trial->payload_bytes = 7300;
    trial->sample_bytes = 7200;
    trial->frames_sent = 9;
}

/* What was found of the second record's only repeat, against another run. */
static inline struct vr_parity_row filled_parity(void)
{
    return (struct vr_parity_row){
        .record = "101",
        .verdict = "different",
        .why = "output 1, sample 21 of stream 1: at_index is 50, golden -50",
        .output_digest = FILLED_DIGEST,
        .golden_digest = "00000000000000aa",
        .samples = 3600,
        .outputs = FILLED_OUTPUTS,
        .golden_outputs = 2,
        .outputs_agreeing = 1,
        .difference = "at_index",
        .number = 1,
        .stream = 1,
        .sample_index = -1,
        .value = 50,
        .golden_value = -50,
    };
}

/* And of the first one's: nothing is different. */
static inline struct vr_parity_row filled_equal(void)
{
    return (struct vr_parity_row){
        .record = "100",
        .verdict = "equal",
        .why = "",
        .output_digest = FILLED_DIGEST,
        .golden_digest = FILLED_DIGEST,
        .samples = 3600,
        .outputs = FILLED_OUTPUTS,
        .golden_outputs = FILLED_OUTPUTS,
        .outputs_agreeing = FILLED_OUTPUTS,
        .difference = "",
        .number = VR_STORE_NONE,
        .stream = VR_STORE_NONE,
        .sample_index = VR_STORE_NONE,
        .value = VR_STORE_NONE,
        .golden_value = VR_STORE_NONE,
    };
}

/* Stop at once, and say where: filling must not fail. */
#define FILL(call) \
    do { \
        if ((call) < 0) { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, err.text); \
            abort(); \
        } \
    } while (0)

static inline int64_t fill_trial(
    struct vr_store *store, int64_t run_id, int64_t record_id, int attempt, bool complete)
{
    static const struct vr_sync_row syncs[] = {
        {2001, 2003, 4294967295, 2}, {2011, 2013, 4, 5}, {2021, 2023, 6, 7}};
    struct vr_err err = {0};
    struct vr_trial_row trial = filled_trial(run_id, record_id);
    trial.attempt = attempt;
    FILL(vr_store_trial_add(store, &trial, &err));
    FILL(vr_store_begin(store, &err));
    FILL(vr_store_outputs_add(store, trial.trial_id, filled_outputs, FILLED_OUTPUTS, &err));
    FILL(vr_store_syncs_add(store, trial.trial_id, syncs, 2, &err));
    FILL(vr_store_syncs_add(store, trial.trial_id, syncs + 2, 1, &err));
    FILL(vr_store_log_add(store, trial.trial_id, 2050, 3, "device", "ready", &err));
    FILL(vr_store_log_add(store, trial.trial_id, 2060, 4, "harness", "line 2", &err));
    if (complete) {
        filled_complete(&trial);
    } else {
        trial.outcome = "link_lost";
        trial.why = "the link was lost after 300 samples";
        trial.ended_ns = 3000;
        trial.outputs_stored = FILLED_OUTPUTS;
    }
    if (complete) {
        const struct vr_pacing_row pacing = {3, 10, 20, 30.5, -0.25, 0.5, NAN, NAN};
        FILL(vr_store_pacing_add(store, trial.trial_id, &pacing, &err));
        FILL(vr_store_signal_faults_add(store, trial.trial_id, filled_signal_faults, 2, &err));
    }
    FILL(vr_store_trial_end(store, &trial, &err));
    FILL(vr_store_commit(store, &err));
    return trial.trial_id;
}

static inline void fill_judgement(struct vr_store *store, int64_t run_id, double value)
{
    struct vr_err err = {0};
    const struct vr_metric_row metrics[] = {
        {"beats.qrs_sensitivity_pct", "gross", value, "%", value - 0.5, value + 0.25, 2000},
        {"beats.qrs_sensitivity_pct", "100", value - 1, "%", NAN, NAN, 900},
        {"beats.qrs_sensitivity_pct", "101", value + 1, "%", NAN, NAN, 1100},
        {"beats.veb_ppv_pct", "gross", NAN, "%", NAN, NAN, 0},
    };
    const struct vr_gate_row gates[] = {
        {.metric = "beats.qrs_sensitivity_pct",
         .scope = "gross",
         .rule = "min",
         .limit = 98,
         .value = value,
         .verdict = "pass",
         .line = 12,
         .column = 5,
         .baseline_value = NAN,
         .change = NAN,
         .low = NAN,
         .high = NAN,
         .confidence = NAN,
         .p_value = NAN,
         .detectable = NAN},
        {.gate = 1,
         .metric = "beats.veb_ppv_pct",
         .scope = "gross",
         .rule = "max_decrease",
         .limit = 1,
         .value = NAN,
         .verdict = "inconclusive",
         .line = 13,
         .column = 5,
         .against = "main-run",
         .baseline_value = 80,
         .change = NAN,
         .low = -0.5,
         .high = 0.25,
         .confidence = 0.95,
         .p_value = 0.5,
         .pair_count = 24,
         .detectable = 0.4,
         .why = "the run has no VEB"},
    };
    FILL(vr_store_begin(store, &err));
    FILL(vr_store_metrics_replace(store, run_id, metrics, 4, &err));
    FILL(vr_store_gates_replace(store, run_id, gates, 2, &err));
    FILL(vr_store_run_judge(
        store, run_id, "inconclusive", "1 gate passed, 1 had no value", 5, &err));
    FILL(vr_store_commit(store, &err));
}

static inline void fill_parity(struct vr_store *store, int64_t run_id)
{
    struct vr_err err = {0};
    const struct vr_parity_row rows[] = {filled_parity(), filled_equal()};
    FILL(vr_store_run_env_set(store, run_id, VR_ENV_GOLDEN, "golden", &err));
    FILL(vr_store_parities_clear(store, run_id, &err));
    FILL(vr_store_parity_add(store, run_id, &rows[0], &err));
    FILL(vr_store_parity_add(store, run_id, &rows[1], &err));
}

/* A run with three trials; returns its id. */
static inline int64_t fill_run(struct vr_store *store, const char *uid, int64_t started_utc_ns)
{
    struct vr_err err = {0};
    struct vr_run_row run = filled_run(uid, started_utc_ns);
    struct vr_record_row first = filled_record("100"), second = filled_record("101");
    FILL(vr_store_run_add(store, &run, &err));
    FILL(vr_store_run_env_set(store, run.run_id, "branch", "main", &err));
    FILL(vr_store_run_env_set(store, run.run_id, "ci_job", "4711", &err));
    FILL(vr_store_record_add(store, &first, filled_truth, FILLED_TRUTH, &err));
    FILL(vr_store_record_add(store, &second, NULL, 0, &err));
    fill_trial(store, run.run_id, first.record_id, 0, true);
    fill_trial(store, run.run_id, second.record_id, 0, false);
    fill_trial(store, run.run_id, second.record_id, 1, true);
    FILL(vr_store_run_end(store, run.run_id, started_utc_ns + 6000000000, "ended", &err));
    fill_parity(store, run.run_id);
    fill_judgement(store, run.run_id, 99.5);
    return run.run_id;
}

static inline struct vr_store *filled_open(const char *path, enum vr_store_mode mode)
{
    struct vr_err err = {0};
    struct vr_store *store = NULL;
    FILL(vr_store_open(path, mode, &store, &err));
    return store;
}

/* A closed file with one run in it. */
static inline void filled_file(const char *path, const char *uid)
{
    struct vr_store *store = filled_open(path, VR_STORE_CREATE);
    fill_run(store, uid, INT64_C(1795384804000000000));
    vr_store_close(store);
}

#endif
