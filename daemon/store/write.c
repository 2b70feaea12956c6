/* Writing the rows of a run. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "store/rows.h"

/* --- run ------------------------------------------------------------------------------------- */

static int run_insert(struct vr_store *store, struct vr_run_row *run, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "add the run",
        "INSERT INTO run (run_id" VR_RUN_FIELDS(VR_SQL_COLUMNS) ")"
                                                                " VALUES (NULL" VR_RUN_FIELDS(
                                                                    VR_SQL_VALUES) ")");
    vr_fields_bind(&sql, &vr_run_fields, run);
    if (!run->status)
        vr_sql_bind_text(&sql, ":status", "running");
    if (!run->verdict || !*run->verdict) /* exit code 0 of a zeroed row is no pass */
        vr_sql_bind_null(&sql, ":exit_code");
    int result = vr_sql_run(&sql, err);
    if (result == 0)
        run->run_id = sqlite3_last_insert_rowid(store->db);
    return result;
}

int vr_store_run_add(struct vr_store *store, struct vr_run_row *run, struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = run_insert(store, run, err);
    return vr_sql_leave(store, own, result, err);
}

/* Run a statement that must change the one row of `what` that has this id. */
static int one_row_change(struct vr_sql *sql, const char *what, int64_t id, struct vr_err *err)
{
    int result = vr_sql_run(sql, err);
    if (result == 0 && sqlite3_changes64(sql->store->db) != 1)
        result = vr_err_set(
            err, VR_ERR_NOT_FOUND, "%s: cannot %s: there is no such %s %lld", sql->store->path,
            sql->doing, what, (long long)id);
    return result;
}

static int run_end(
    struct vr_store *store, int64_t run_id, int64_t ended_utc_ns, const char *status,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "end the run",
        "UPDATE run SET status = :status, ended_utc_ns = nullif(:ended_utc_ns, 0)"
        " WHERE run_id = :run_id AND status = 'running'");
    vr_sql_bind_int64(&sql, ":run_id", run_id);
    vr_sql_bind_int64(&sql, ":ended_utc_ns", ended_utc_ns);
    vr_sql_bind_text(&sql, ":status", status);
    return one_row_change(&sql, "running run", run_id, err);
}

int vr_store_run_end(
    struct vr_store *store, int64_t run_id, int64_t ended_utc_ns, const char *status,
    struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = run_end(store, run_id, ended_utc_ns, status, err);
    return vr_sql_leave(store, own, result, err);
}

static int run_judge(
    struct vr_store *store, int64_t run_id, const char *verdict, const char *why, int exit_code,
    struct vr_err *err)
{
    bool judged = verdict && *verdict;
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "store the verdict",
        "UPDATE run SET verdict = :verdict, why = :why, exit_code = :exit_code,"
        " judged_count = judged_count + 1 WHERE run_id = :run_id");
    vr_sql_bind_int64(&sql, ":run_id", run_id);
    vr_sql_bind_text(&sql, ":verdict", judged ? verdict : NULL);
    vr_sql_bind_text(&sql, ":why", why ? why : "");
    if (judged)
        vr_sql_bind_int64(&sql, ":exit_code", exit_code);
    return one_row_change(&sql, "run", run_id, err);
}

int vr_store_run_judge(
    struct vr_store *store, int64_t run_id, const char *verdict, const char *why, int exit_code,
    struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = run_judge(store, run_id, verdict, why, exit_code, err);
    return vr_sql_leave(store, own, result, err);
}

static int env_set(
    struct vr_store *store, int64_t run_id, const char *key, const char *value, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "note where the run is made",
        "INSERT INTO run_env (run_id, key, value) VALUES (:run_id, :key, :value)"
        " ON CONFLICT (run_id, key) DO UPDATE SET value = excluded.value");
    vr_sql_bind_int64(&sql, ":run_id", run_id);
    vr_sql_bind_text(&sql, ":key", key);
    vr_sql_bind_text(&sql, ":value", value);
    return vr_sql_run(&sql, err);
}

int vr_store_run_env_set(
    struct vr_store *store, int64_t run_id, const char *key, const char *value, struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = env_set(store, run_id, key, value, err);
    return vr_sql_leave(store, own, result, err);
}

/* --- trial ----------------------------------------------------------------------------------- */

static void trial_state_bind(struct vr_sql *sql, const struct vr_trial_row *trial)
{
    vr_fields_bind(sql, &vr_trial_state_fields, trial);
    if (trial->outcome && strcmp(trial->outcome, "running") == 0)
        vr_sql_bind_null(sql, ":ended_ns");
}

static int trial_insert(struct vr_store *store, struct vr_trial_row *trial, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "add the trial",
        "INSERT INTO trial (trial_id, dut" VR_TRIAL_KEY_FIELDS(VR_SQL_COLUMNS)
            VR_TRIAL_STATE_FIELDS(VR_SQL_COLUMNS) ") VALUES (NULL, coalesce(nullif(:dut, ''),"
                                                  " (SELECT dut FROM run WHERE run_id = :run_id), "
                                                  "'')" VR_TRIAL_KEY_FIELDS(VR_SQL_VALUES)
                                                      VR_TRIAL_STATE_FIELDS(VR_SQL_VALUES) ")");
    vr_sql_bind_text(&sql, ":dut", trial->dut);
    vr_fields_bind(&sql, &vr_trial_key_fields, trial);
    trial_state_bind(&sql, trial);
    int result = vr_sql_run(&sql, err);
    if (result == 0)
        trial->trial_id = sqlite3_last_insert_rowid(store->db);
    return result;
}

int vr_store_trial_add(struct vr_store *store, struct vr_trial_row *trial, struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = trial_insert(store, trial, err);
    return vr_sql_leave(store, own, result, err);
}

static int trial_update(
    struct vr_store *store, const struct vr_trial_row *trial, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "end the trial",
        "UPDATE trial SET trial_id = :trial_id" VR_TRIAL_STATE_FIELDS(
            VR_SQL_SET) " WHERE trial_id = :trial_id AND outcome = 'running'");
    vr_sql_bind_int64(&sql, ":trial_id", trial->trial_id);
    trial_state_bind(&sql, trial);
    return one_row_change(&sql, "running trial", trial->trial_id, err);
}

/* A closed ledger says how many outputs are stored; that must be what is stored. */
static int ledger_check(
    struct vr_store *store, const struct vr_trial_row *trial, struct vr_err *err)
{
    int64_t count = 0;
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "count the outputs", "SELECT count(*) FROM output WHERE trial_id = :trial_id");
    vr_sql_bind_int64(&sql, ":trial_id", trial->trial_id);
    int result = vr_sql_number(&sql, &count, err);
    if (result == 0 && trial->ledger_closed && count != trial->outputs_stored)
        result = vr_err_set(
            err, VR_ERR_INTERNAL,
            "%s: the ledger of trial %lld says that %lld outputs are stored, but there are %lld",
            store->path, (long long)trial->trial_id, (long long)trial->outputs_stored,
            (long long)count);
    return result;
}

int vr_store_trial_end(struct vr_store *store, const struct vr_trial_row *trial, struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = trial_update(store, trial, err);
    if (result == 0)
        result = ledger_check(store, trial, err);
    return vr_sql_leave(store, own, result, err);
}

/* --- what a trial brings --------------------------------------------------------------------- */

static void values_bind(struct vr_sql *sql, const struct vr_output_row *output)
{
    static const char *const parameters[8] = {":value0", ":value1", ":value2", ":value3",
                                              ":value4", ":value5", ":value6", ":value7"};
    assert(output->value_count >= 0 && output->value_count <= 8);
    for (int i = 0; i < 8; i++) {
        if (i < output->value_count)
            vr_sql_bind_int64(sql, parameters[i], output->values[i]);
        else
            vr_sql_bind_null(sql, parameters[i]);
    }
}

static int outputs_insert(
    struct vr_store *store, int64_t trial_id, const struct vr_output_row *outputs, size_t count,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "add outputs",
        "INSERT INTO output (trial_id" VR_OUTPUT_FIELDS(
            VR_SQL_COLUMNS) ", value0, value1, value2, value3, value4, value5, value6, value7)"
                            " VALUES (:trial_id" VR_OUTPUT_FIELDS(
                                VR_SQL_VALUES) ", :value0, :value1, :value2, :value3, :value4, "
                                               ":value5, :value6, :value7)");
    vr_sql_bind_int64(&sql, ":trial_id", trial_id);
    for (size_t i = 0; i < count; i++) {
        vr_fields_bind(&sql, &vr_output_fields, &outputs[i]);
        values_bind(&sql, &outputs[i]);
        int result = vr_sql_run(&sql, err);
        if (result < 0)
            return result;
    }
    return 0;
}

int vr_store_outputs_add(
    struct vr_store *store, int64_t trial_id, const struct vr_output_row *outputs, size_t count,
    struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = outputs_insert(store, trial_id, outputs, count, err);
    return vr_sql_leave(store, own, result, err);
}

static int syncs_insert(
    struct vr_store *store, int64_t trial_id, const struct vr_sync_row *syncs, size_t count,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "add time stamps",
        "INSERT INTO sync (trial_id, number" VR_SYNC_FIELDS(
            VR_SQL_COLUMNS) ") VALUES (:trial_id,"
                            " (SELECT coalesce(max(number), -1) + 1 FROM sync WHERE trial_id = "
                            ":trial_id)" VR_SYNC_FIELDS(VR_SQL_VALUES) ")");
    vr_sql_bind_int64(&sql, ":trial_id", trial_id);
    for (size_t i = 0; i < count; i++) {
        vr_fields_bind(&sql, &vr_sync_fields, &syncs[i]);
        int result = vr_sql_run(&sql, err);
        if (result < 0)
            return result;
    }
    return 0;
}

int vr_store_syncs_add(
    struct vr_store *store, int64_t trial_id, const struct vr_sync_row *syncs, size_t count,
    struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = syncs_insert(store, trial_id, syncs, count, err);
    return vr_sql_leave(store, own, result, err);
}

static int log_insert(
    struct vr_store *store, int64_t trial_id, int64_t host_ns, int level, const char *source,
    const char *text, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "add a line of the log",
        "INSERT INTO log (trial_id, number, host_ns, level, source, text) VALUES (:trial_id,"
        " (SELECT coalesce(max(number), -1) + 1 FROM log WHERE trial_id = :trial_id),"
        " :host_ns, :level, :source, :text)");
    vr_sql_bind_int64(&sql, ":trial_id", trial_id);
    vr_sql_bind_int64(&sql, ":host_ns", host_ns);
    vr_sql_bind_int64(&sql, ":level", level);
    vr_sql_bind_text(&sql, ":source", source);
    vr_sql_bind_text(&sql, ":text", text);
    return vr_sql_run(&sql, err);
}

int vr_store_log_add(
    struct vr_store *store, int64_t trial_id, int64_t host_ns, int level, const char *source,
    const char *text, struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = log_insert(store, trial_id, host_ns, level, source, text, err);
    return vr_sql_leave(store, own, result, err);
}

static int signal_faults_insert(
    struct vr_store *store, int64_t trial_id, const struct vr_signal_fault_row *faults,
    size_t count, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "store what was done to the signals",
        "INSERT INTO signal_fault (trial_id" VR_SIGNAL_FAULT_FIELDS(
            VR_SQL_COLUMNS) ") VALUES (:trial_id" VR_SIGNAL_FAULT_FIELDS(VR_SQL_VALUES) ")");
    vr_sql_bind_int64(&sql, ":trial_id", trial_id);
    int result = 0;
    for (size_t i = 0; result == 0 && i < count; i++) {
        vr_fields_bind(&sql, &vr_signal_fault_fields, &faults[i]);
        result = vr_sql_run(&sql, err);
    }
    return result;
}

int vr_store_signal_faults_add(
    struct vr_store *store, int64_t trial_id, const struct vr_signal_fault_row *faults,
    size_t count, struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = signal_faults_insert(store, trial_id, faults, count, err);
    return vr_sql_leave(store, own, result, err);
}

static int pacing_insert(
    struct vr_store *store, int64_t trial_id, const struct vr_pacing_row *pacing,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "store how the trial kept its time",
        "INSERT INTO pacing (trial_id" VR_PACING_FIELDS(
            VR_SQL_COLUMNS) ") VALUES (:trial_id" VR_PACING_FIELDS(VR_SQL_VALUES) ")");
    vr_sql_bind_int64(&sql, ":trial_id", trial_id);
    vr_fields_bind(&sql, &vr_pacing_fields, pacing);
    return vr_sql_run(&sql, err);
}

int vr_store_pacing_add(
    struct vr_store *store, int64_t trial_id, const struct vr_pacing_row *pacing,
    struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = pacing_insert(store, trial_id, pacing, err);
    return vr_sql_leave(store, own, result, err);
}

/* --- derived rows ---------------------------------------------------------------------------- */

static int metrics_replace(
    struct vr_store *store, int64_t run_id, const struct vr_metric_row *metrics, size_t count,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql clear =
        vr_sql_use(store, "clear the metrics", "DELETE FROM metric WHERE run_id = :run_id");
    vr_sql_bind_int64(&clear, ":run_id", run_id);
    int result = vr_sql_run(&clear, err);

    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "store a metric",
        "INSERT INTO metric (run_id, position" VR_METRIC_FIELDS(
            VR_SQL_COLUMNS) ")"
                            " VALUES (:run_id, :position" VR_METRIC_FIELDS(VR_SQL_VALUES) ")");
    vr_sql_bind_int64(&sql, ":run_id", run_id);
    for (size_t i = 0; result == 0 && i < count; i++) {
        vr_sql_bind_int64(&sql, ":position", (int64_t)i);
        vr_fields_bind(&sql, &vr_metric_fields, &metrics[i]);
        result = vr_sql_run(&sql, err);
    }
    return result;
}

int vr_store_metrics_replace(
    struct vr_store *store, int64_t run_id, const struct vr_metric_row *metrics, size_t count,
    struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = metrics_replace(store, run_id, metrics, count, err);
    return vr_sql_leave(store, own, result, err);
}

static int gates_replace(
    struct vr_store *store, int64_t run_id, const struct vr_gate_row *gates, size_t count,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql clear =
        vr_sql_use(store, "clear the gates", "DELETE FROM gate WHERE run_id = :run_id");
    vr_sql_bind_int64(&clear, ":run_id", run_id);
    int result = vr_sql_run(&clear, err);

    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "store a gate",
        "INSERT INTO gate (run_id" VR_GATE_FIELDS(VR_SQL_COLUMNS) ")"
                                                                  " VALUES (:run_id" VR_GATE_FIELDS(
                                                                      VR_SQL_VALUES) ")");
    vr_sql_bind_int64(&sql, ":run_id", run_id);
    for (size_t i = 0; result == 0 && i < count; i++) {
        vr_fields_bind(&sql, &vr_gate_fields, &gates[i]);
        result = vr_sql_run(&sql, err);
    }
    return result;
}

int vr_store_gates_replace(
    struct vr_store *store, int64_t run_id, const struct vr_gate_row *gates, size_t count,
    struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = gates_replace(store, run_id, gates, count, err);
    return vr_sql_leave(store, own, result, err);
}
