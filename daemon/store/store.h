/* The store: one SQLite file per run, and the catalogue that collects them, with one schema (schema/store.md).
 *
 * A run file is written by exactly one process over one connection, in WAL mode with synchronous=FULL, so that what was acknowledged
 * survives a power cut and SQLite 3.40's WAL-reset bug (two writers) cannot be reached.  Only this folder includes sqlite3.h, and no
 * SQL text is ever put together from data, but for the quoted names of tables whose rows are counted (copy.c).
 *
 * Rows carry raw values.  Times are nanoseconds of the host's CLOCK_MONOTONIC unless the name says utc.  Strings in rows that are
 * passed in are borrowed; strings in rows that are handed out live until the callback returns.  Every function returns 0 or a negative
 * VR_ERR_* with err filled; a failed write leaves the last acknowledged state. */
#ifndef VR_STORE_STORE_H
#define VR_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct vr_store;

enum vr_store_mode {
    VR_STORE_READ,   /* an existing file, never written */
    VR_STORE_WRITE,  /* an existing file, migrated forward if it is older */
    VR_STORE_CREATE, /* a new file, refused when it exists */
    VR_STORE_KEEP /* either; a new one appears under its name when it is whole, whoever dies meanwhile */
};

/* Opens, checks application_id and user_version (a newer schema is refused in words, an older one is migrated, each step in one
 * transaction), sets the pragmas.  All but READ hold the lock "<path>.lock" until close: one writer at a time, a second one waits 5 s
 * and is then refused by the holder's pid.  `path` may be ":memory:" in tests. */
int vr_store_open(
    const char *path, enum vr_store_mode mode, struct vr_store **ret_store, struct vr_err *err);
/* Rolls back an open batch.  After writing, everything is brought into the one file: no -wal, -shm or .lock stays beside it. */
void vr_store_close(struct vr_store *store);
void vr_store_closep(struct vr_store **store);

/* One batch = one transaction; nothing of it is seen until commit returns 0.  No nesting.  A write that fails spoils its batch: what
 * follows is refused, and commit rolls back and returns the first error again.  Outside a batch every writing function is a transaction
 * of its own.  After an input/output error nothing more is written until the file is opened again. */
int vr_store_begin(struct vr_store *store, struct vr_err *err);
int vr_store_commit(struct vr_store *store, struct vr_err *err);
void vr_store_rollback(struct vr_store *store); /* no effect outside a batch */

/* --- rows ------------------------------------------------------------------------------------------------------------------- */

/* Strings that are handed out are never NULL (except struct vr_truth_row's text); "" = there is none. */

struct vr_run_row {
    int64_t run_id;       /* out */
    const char *uid;      /* unique for ever: "20261122T220004Z-smoke-5f3a09c2" */
    const char *scenario; /* its name */
    const char *scenario_sha256;
    const char *scenario_json; /* the whole text, so that a run can be judged again */
    const char *dut;           /* name in the rig, or "sim", "loop" */
    const char *algorithm;
    const char *vitalrig_version;
    const char *host;
    int64_t started_utc_ns, started_ns; /* the one UTC anchor of the run */
    int64_t ended_utc_ns;               /* 0 = not ended */
    const char *status;                 /* running, ended, interrupted; NULL in run_add = running */
    const char *verdict;                /* "", pass, fail, rig, inconclusive */
    const char *why;                    /* one sentence */
    int exit_code;                      /* -1 = not judged */
    int64_t judged_count;               /* how often it was judged; see vr_store_merge */
    uint64_t seed; /* stored as decimal text: SQL has no unsigned 64-bit numbers */
};

struct vr_record_row {
    int64_t record_id;   /* out */
    const char *dataset; /* path as written in the scenario, unexpanded */
    const char *name;
    const char *sha256;          /* signals */
    const char *annotator;       /* "" = no truth */
    const char *signal;          /* names of the streamed signals, comma separated */
    uint32_t rate_num, rate_den; /* ticks of truth and outputs */
    int64_t sample_count;        /* length in those ticks, of the window that is replayed */
    int64_t window_start;     /* tick where the window begins; truth and outputs count from there */
    const char *truth_sha256; /* out; computed by the store, see store.md */
};

struct vr_truth_row {
    int64_t sample_index;
    uint8_t code; /* schema/annotations.def */
    int8_t subtype;
    uint8_t channel;
    int8_t number;
    const char *text; /* NULL = none */
};

/* Everything about one attempt to replay one record, with its ledger (schema/store.md, "Ledger"). */
struct vr_trial_row {
    int64_t trial_id; /* out */
    int64_t run_id, record_id;
    const char *record;  /* name; out, filled on reading */
    int repeat, attempt; /* from 0 */
    const char *
        dut; /* device of the rig on which it runs, or "sim", "loop"; NULL or "" in trial_add = the run's */
    const char *outcome; /* "running", then a word of schema/outcomes.def */
    const char *why;     /* one sentence, "" when complete */
    const char
        *bench_why; /* the device should have been restarted before it, and was not; "" = nothing */
    const char *result_key; /* SHA-256 over what determines the outputs; see store.md */
    int64_t started_ns, ended_ns;
    /* device, from HELLO */
    const char *firmware_name, *firmware_version, *firmware_git, *device_id, *device_clock;
    int64_t device_clock_hz;
    int64_t boot_nonce;
    /* ledger of samples, summed over streams: planned = consumed + lost + unsent */
    int64_t samples_planned, samples_sent, samples_consumed, samples_lost, samples_unsent;
    /* ledger of outputs: emitted = stored + lost; -1 = the device never said */
    int64_t outputs_emitted, outputs_stored, outputs_lost;
    const char *output_digest; /* 16 hex digits by the host; "" = none */
    bool ledger_closed;        /* both ledgers close and the device's digest is ours */
    /* the line */
    int64_t bytes_sent, bytes_received;
    int64_t payload_bytes, sample_bytes; /* of SAMPLES frames, first transmissions only */
    int64_t frames_sent, frames_resent, crc_errors, frame_errors, device_crc_errors,
        device_frame_errors, underruns;
    int64_t link_losses; /* times that the line went away; a complete trial went on behind each */
    /* of the recording, for statistics; NULL counts as "" */
    const char *subject;  /* pseudonym of whom it is of; "" = not known */
    const char *strata;   /* "age=adult;snr_db=6"; "" = none */
    int64_t warmup_count; /* ticks at the start of the window that do not count */
};

struct vr_output_row {
    int64_t number; /* the device's, from 0 */
    uint8_t kind;   /* schema/outputs.def */
    uint8_t stream;
    int64_t sample_index; /* what it refers to */
    int64_t at_index;     /* sample being consumed when it was emitted */
    uint32_t ticks_arrival, ticks_emitted;
    int64_t host_ns; /* arrival at the host */
    int value_count; /* 0 to 8 */
    int32_t values[8];
};

/* A SYNC exchange, raw. */
struct vr_sync_row {
    int64_t host_sent_ns, host_received_ns;
    uint32_t ticks_received, ticks_sent;
};

struct vr_metric_row {
    const char *name;  /* "beats.qrs_sensitivity_pct"; all are listed in schema/metrics.md */
    const char *scope; /* gross, average, a record's name, ...: score/aggregate.h */
    double value;      /* NaN = there is none (its denominator is 0) */
    const char *unit;
    double low, high; /* 95 % interval; NaN = none */
    int64_t n;
};

struct vr_gate_row {
    int gate; /* index in the scenario */
    const char *metric;
    const char *scope; /* the scope that was judged: for "each" one row per record */
    const char *
        rule; /* "min" or "max"; against a baseline "max_increase", "max_decrease", the same with "_pct" */
    double limit, value; /* value NaN = none */
    const char *verdict; /* pass, fail, warn, inconclusive */
    int line, column;    /* of the gate in the scenario file */
    /* Against a baseline; strings "" or NULL and numbers NaN where there is none. */
    const char *against; /* uid of the run that it is compared with */
    double baseline_value;
    double change, low, high;   /* value - baseline_value, in the rule's unit, and its interval */
    double confidence, p_value; /* of that interval (0.95); of no change */
    int64_t pair_count;         /* clusters (subjects or records) that both runs have */
    double
        detectable; /* the smallest change that so many pairs would have shown with a power of 80 % */
    const char *why; /* what keeps it from a verdict, or what a person must know with it */
};

/* How well a paced trial kept the sensor's time; replay/pacing.h has the rules. */
struct vr_pacing_row {
    int64_t n;                                       /* instants, >= 2 */
    double error_p50_us, error_p99_us, error_max_us; /* lateness, >= 0 and in this order */
    double drift_ppm, drift_ppm_err;                 /* by the device's clock; NaN = none */
    double clock_ppm, clock_ppm_err; /* device's clock against the host's; NaN = none */
};

/* What was done to a channel's signal before the device got it. */
struct vr_signal_fault_row {
    int64_t number; /* place in the order in which they were applied, from 0 */
    const char
        *kind; /* as in the scenario; "clip" = values that did not fit were cut to the rail */
    int64_t stream, channel;
    int64_t first, count; /* samples of the stream: from the first that it touches to the last */
    double amount;        /* NaN = the kind has none */
    const char *unit;     /* of amount; "" = none */
    const char *detail;   /* what else was worked out: "gain=1.25;seed=..."; "" = nothing */
};

/* A number that may be any number, and is not there. */
#define VR_STORE_NONE INT64_MIN

/* Key of run_env: the uid of the golden run that a run is compared with.  A run that has it does not pass without its rows of parity. */
#define VR_ENV_GOLDEN "golden_run"
/* How many trials of the run are gone because their subject was forgotten (store/care.h); such a run does not pass. */
#define VR_ENV_FORGOTTEN "trials_forgotten"
/* What the run's gates are held against instead of what they name: "run:UID", "previous". */
#define VR_ENV_BASELINE "baseline"
/* Others: the hash of the firmware that the run is about, as the first device told it; what was ordered (scenario/order.h, with "{}" for
 * the scenario's text, which is the run's own); the rig's name; and how often the bench was asked for something. */
#define VR_ENV_FIRMWARE_HASH "firmware_hash"
#define VR_ENV_ORDER "order"
#define VR_ENV_RIG "rig"
/* The recordings of noise that its signal faults take, by their SHA-256. */
#define VR_ENV_NOISE "noise"
#define VR_ENV_FLASHES "bench.flashes"
#define VR_ENV_RESETS "bench.resets"
#define VR_ENV_POWER_CYCLES "bench.power_cycles"
#define VR_ENV_FAILURES "bench.failures"

/* The outputs of the last attempt at a record and repeat against those of the golden run. */
struct vr_parity_row {
    const char *record;
    int repeat;
    const char *verdict; /* equal, different, inconclusive */
    const char *why;     /* one sentence, "" when equal */
    const char
        *output_digest; /* of the outputs that were compared; a trial with another one was not */
    const char *golden_digest; /* "" = none were compared */
    int64_t samples;           /* consumed in both trials; 0 = nothing was compared */
    int64_t outputs, golden_outputs, outputs_agreeing; /* agreeing: before the first difference */
    const char *
        difference; /* word of score/parity.h, "" = none; the rest is VR_STORE_NONE where there is none */
    int64_t number, stream, sample_index; /* of the output at the first difference */
    int64_t value, golden_value;          /* of what differs in it */
};

/* Does the row speak of the outputs with this digest ("" = not known)?  The one rule for verdicts (score/) and reports. */
bool vr_store_parity_is_of(const struct vr_parity_row *parity, const char *output_digest);

/* --- writing a run file ------------------------------------------------------------------------------------------------------- */

int vr_store_run_add(struct vr_store *store, struct vr_run_row *run, struct vr_err *err);
/* `status` ended or interrupted, of a running run; ended_utc_ns 0 = not known. */
int vr_store_run_end(
    struct vr_store *store, int64_t run_id, int64_t ended_utc_ns, const char *status,
    struct vr_err *err);
/* pass goes with exit code 0, fail with 1, inconclusive with 5, rig with any other; verdict "" = take the verdict back. */
int vr_store_run_judge(
    struct vr_store *store, int64_t run_id, const char *verdict, const char *why, int exit_code,
    struct vr_err *err);
/* Take up a run whose process died: it runs again, not ended and not judged.  A trial that was still running is cancelled: its worker died.
 * What it stored stays, with an open ledger.  VR_ERR_USAGE when the run has ended. */
int vr_store_run_resume(struct vr_store *store, int64_t run_id, struct vr_err *err);
int vr_store_run_env_set(
    struct vr_store *store, int64_t run_id, const char *key, const char *value, struct vr_err *err);

/* The record and its truth, once for a file: a row that is equal in everything, truth included, is found, not added again.  Truth must
 * be in ascending time (VR_ERR_INPUT). */
int vr_store_record_add(
    struct vr_store *store, struct vr_record_row *record, const struct vr_truth_row *truth,
    size_t truth_count, struct vr_err *err);

int vr_store_trial_add(struct vr_store *store, struct vr_trial_row *trial, struct vr_err *err);
/* Once per trial, after its outputs, in the same batch.  The schema refuses (VR_ERR_INTERNAL) a closed ledger that does not add up or
 * does not count the stored outputs, and a complete trial whose ledger is not closed or that lost anything. */
int vr_store_trial_end(
    struct vr_store *store, const struct vr_trial_row *trial, struct vr_err *err);
int vr_store_outputs_add(
    struct vr_store *store, int64_t trial_id, const struct vr_output_row *outputs, size_t count,
    struct vr_err *err);
int vr_store_syncs_add(
    struct vr_store *store, int64_t trial_id, const struct vr_sync_row *syncs, size_t count,
    struct vr_err *err);
/* A line of the trial's log: what the device said (LOG), or what the harness saw. */
int vr_store_log_add(
    struct vr_store *store, int64_t trial_id, int64_t host_ns, int level, const char *source,
    const char *text, struct vr_err *err);

int vr_store_signal_faults_add(
    struct vr_store *store, int64_t trial_id, const struct vr_signal_fault_row *faults,
    size_t count, struct vr_err *err);

/* At most once per trial. */
int vr_store_pacing_add(
    struct vr_store *store, int64_t trial_id, const struct vr_pacing_row *pacing,
    struct vr_err *err);

/* Derived rows, replaced as a whole. */
int vr_store_metrics_replace(
    struct vr_store *store, int64_t run_id, const struct vr_metric_row *metrics, size_t count,
    struct vr_err *err);
int vr_store_gates_replace(
    struct vr_store *store, int64_t run_id, const struct vr_gate_row *gates, size_t count,
    struct vr_err *err);

/* Neither raw nor derived from the run alone: judging reads them and leaves them; comparing the run again replaces them. */
int vr_store_parities_clear(struct vr_store *store, int64_t run_id, struct vr_err *err);
int vr_store_parity_add(
    struct vr_store *store, int64_t run_id, const struct vr_parity_row *parity, struct vr_err *err);

/* --- reading ------------------------------------------------------------------------------------------------------------------ */

/* Callbacks return 0 to go on, or a negative code that ends the reading and is returned. */
typedef int vr_run_fn(void *context, const struct vr_run_row *run);
typedef int vr_env_fn(void *context, const char *key, const char *value);
typedef int vr_trial_fn(void *context, const struct vr_trial_row *trial);
typedef int vr_log_fn(
    void *context, int64_t host_ns, int level, const char *source, const char *text);
typedef int vr_pacing_fn(void *context, int64_t trial_id, const struct vr_pacing_row *pacing);
typedef int vr_signal_fault_fn(void *context, const struct vr_signal_fault_row *fault);
typedef int vr_metric_fn(void *context, const struct vr_metric_row *metric);
typedef int vr_gate_fn(void *context, const struct vr_gate_row *gate);
typedef int vr_parity_fn(void *context, const struct vr_parity_row *parity);

/* Newest first; limit 0 = all. */
int vr_store_runs(
    struct vr_store *store, size_t limit, vr_run_fn *fn, void *context, struct vr_err *err);
/* `name` is a uid, a unique prefix of one, "last", "last~N", "baseline:NAME" (store/baseline.h), or a number (run_id). */
int vr_store_run_find(
    struct vr_store *store, const char *name, int64_t *ret_run_id, struct vr_err *err);
int vr_store_run_get(
    struct vr_store *store, int64_t run_id, vr_run_fn *fn, void *context, struct vr_err *err);
int vr_store_run_env(
    struct vr_store *store, int64_t run_id, vr_env_fn *fn, void *context, struct vr_err *err);
/* In the order of their trial_id. */
int vr_store_trials(
    struct vr_store *store, int64_t run_id, vr_trial_fn *fn, void *context, struct vr_err *err);
int vr_store_logs(
    struct vr_store *store, int64_t trial_id, vr_log_fn *fn, void *context, struct vr_err *err);
/* Of the run's trials that have one, in the order of their trial_id. */
int vr_store_pacings(
    struct vr_store *store, int64_t run_id, vr_pacing_fn *fn, void *context, struct vr_err *err);
/* In the order of their number. */
int vr_store_signal_faults(
    struct vr_store *store, int64_t trial_id, vr_signal_fault_fn *fn, void *context,
    struct vr_err *err);
/* In the order in which they were stored. */
int vr_store_metrics(
    struct vr_store *store, int64_t run_id, vr_metric_fn *fn, void *context, struct vr_err *err);
/* In the order of the scenario, then by scope. */
int vr_store_gates(
    struct vr_store *store, int64_t run_id, vr_gate_fn *fn, void *context, struct vr_err *err);

/* What a catalogue knows of a result: the newest complete trial that has its key.  run "" = there is none. */
struct vr_result_row {
    char run[128]; /* uid */
    char verdict[16];
    int exit_code; /* of the run; -1 = not judged */
    int64_t
        digests; /* different outputs of complete trials with this key: more than one = nondeterminism */
};
int vr_store_result_get(
    struct vr_store *store, const char *key, struct vr_result_row *ret_result, struct vr_err *err);

/* Whether a complete trial has this result key, in a run that was judged and had no trouble of the bench: the verdict of any other says
 * nothing, and its trials are made again. */
int vr_store_key_find(
    struct vr_store *store, const char *key, bool *ret_stored, struct vr_err *err);

/* By record and repeat. */
int vr_store_parities(
    struct vr_store *store, int64_t run_id, vr_parity_fn *fn, void *context, struct vr_err *err);

/* Whole lists for scoring, in ascending time and number; the caller frees *ret_rows (NULL when empty) with vr_store_truth_free / free. */
int vr_store_record_get(
    struct vr_store *store, int64_t record_id,
    int (*fn)(void *context, const struct vr_record_row *record), void *context,
    struct vr_err *err);
int vr_store_truth(
    struct vr_store *store, int64_t record_id, struct vr_truth_row **ret_rows, size_t *ret_count,
    struct vr_err *err);
void vr_store_truth_free(struct vr_truth_row *rows, size_t count);
int vr_store_outputs(
    struct vr_store *store, int64_t trial_id, struct vr_output_row **ret_rows, size_t *ret_count,
    struct vr_err *err);
int vr_store_syncs(
    struct vr_store *store, int64_t trial_id, struct vr_sync_row **ret_rows, size_t *ret_count,
    struct vr_err *err);

/* --- the catalogue and care --------------------------------------------------------------------------------------------------- */

/* Copy every run of the file `path` that the catalogue does not hold yet (by uid), each in one transaction; merging twice is merging
 * once.  The source is a foreign file: it is opened read-only and must pass vr_store_check to the last row, else VR_ERR_INPUT and nothing
 * is copied; but for the samples of power traces, which stay in it.  A run that was still running is taken as interrupted.  A run that is held (counted in *ret_known) is replaced when the
 * source has more of it, and its judgement is replaced when the source was judged more often (judged_count).  Runs before a failing one
 * stay merged. */
int vr_store_merge(
    struct vr_store *catalogue, const char *path, size_t *ret_added, size_t *ret_known,
    struct vr_err *err);

/* That the schema is VitalRig's to the letter, integrity_check, foreign_key_check, every constraint asked again, every column described
 * in schema_doc, every closed ledger true to its rows, all outputs true to the digest that the device sent, every truth true to its own,
 * every power trace true to its samples (sums, pyramid, gaps, edges; about 500 times as fast as they were taken).
 * `fn` (NULL allowed) gets one line per finding; returns 0 with *ret_findings counted.  Not within a batch. */
int vr_store_check(
    struct vr_store *store, int (*fn)(void *context, const char *finding), void *context,
    size_t *ret_findings, struct vr_err *err);

/* Every table, view and column with its unit and text, from schema_doc; column "" speaks of the whole. */
int vr_store_describe(
    struct vr_store *store,
    int (*fn)(
        void *context, const char *table, const char *column, const char *unit, const char *text),
    void *context, struct vr_err *err);

int vr_store_schema_version(struct vr_store *store);

/* --- the health of a bench's devices, in its catalogue ------------------------------------------------------------------------ */

/* Zeroed = nothing was ever noted. */
struct vr_health {
    int64_t failures;           /* trials in a row, until now, in which the bench failed */
    int64_t losses;             /* of them, the last ones: the line was lost, or no device found */
    int64_t lost_utc_ns;        /* when the line went away and stayed away; 0 = it did not */
    int64_t quarantined_utc_ns; /* since when the device is refused; 0 = it is not */
    char reason[512];           /* the last trouble, "" = none */
    int64_t
        power_cycle_failed_utc_ns; /* since when it restarts nothing; 0 = it does, or not known */
};

/* What was seen of power cycles that reported success. */
enum vr_health_power {
    VR_HEALTH_POWER_UNSEEN,
    VR_HEALTH_POWER_CYCLED, /* another boot answered */
    VR_HEALTH_POWER_STAYED, /* the same boot answered */
};

/* Lines of one rig that went away within this time of each other are one incident of the bench. */
#define VR_HEALTH_INCIDENT_NS (10 * INT64_C(1000000000))

/* What a run saw of a device. */
struct vr_health_note {
    bool
        succeeded; /* the device did its part in some trial, so that failures before do not count */
    int64_t failures; /* in a row at the run's end */
    int64_t losses;   /* as in vr_health */
    int64_t
        lost_utc_ns; /* when the line of a device that was there last went away, of these losses; 0 = it was never there */
    const char *reason;               /* of the last one, not empty where there are failures */
    int limit;                        /* failures in a row that quarantine the device; 0 = never */
    int64_t utc_ns;                   /* now */
    enum vr_health_power power_cycle; /* the last one that told anything */
};

int vr_store_health_get(
    struct vr_store *store, const char *rig, const char *dut, struct vr_health *ret_health,
    struct vr_err *err);
/* What a run tells of its device; returns what its health is then.  A device that is in quarantine stays there until it is released, with
 * one exception: when other lines of its rig went away together with its own, it is one incident of the bench.  Then all of these devices
 * get one reason that names them, the losses count for none of them, and who was quarantined for them is not any more. */
int vr_store_health_note(
    struct vr_store *store, const char *rig, const char *dut, const struct vr_health_note *note,
    struct vr_health *ret_health, struct vr_err *err);
/* What is known of its power_cycle stays. */
int vr_store_health_release(
    struct vr_store *store, const char *rig, const char *dut, struct vr_err *err);

#endif
