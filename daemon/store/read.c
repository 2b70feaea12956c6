/* Reading the rows of a run. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/baseline.h"
#include "store/rows.h"

/* --- runs ------------------------------------------------------------------------------------ */

#define RUN_COLUMNS "run_id" VR_RUN_FIELDS(VR_SQL_COLUMNS)

static int run_hand_out(struct vr_sql *sql, vr_run_fn *fn, void *context, struct vr_err *err)
{
    struct vr_run_row run = {.run_id = vr_sql_int64(sql, 0)};
    int result = vr_fields_read(sql, 1, &vr_run_fields, &run, err);
    return result < 0 ? result : fn(context, &run);
}

int vr_store_runs(
    struct vr_store *store, size_t limit, vr_run_fn *fn, void *context, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read the runs",
        "SELECT " RUN_COLUMNS " FROM run ORDER BY started_utc_ns DESC, run_id DESC LIMIT :limit");
    vr_sql_bind_int64(&sql, ":limit", limit && limit < INT64_MAX ? (int64_t)limit : -1);
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        result = run_hand_out(&sql, fn, context, err);
        if (result < 0)
            break;
    }
    return result;
}

int vr_store_run_get(
    struct vr_store *store, int64_t run_id, vr_run_fn *fn, void *context, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql =
        vr_sql_use(store, "read the run", "SELECT " RUN_COLUMNS " FROM run WHERE run_id = :run_id");
    vr_sql_bind_int64(&sql, ":run_id", run_id);
    int result = vr_sql_row(&sql, err);
    if (result == 0)
        return vr_err_set(
            err, VR_ERR_NOT_FOUND, "%s: there is no run %" PRId64, store->path, run_id);
    return result < 0 ? result : run_hand_out(&sql, fn, context, err);
}

int vr_store_run_env(
    struct vr_store *store, int64_t run_id, vr_env_fn *fn, void *context, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read where the run was made",
        "SELECT key, value FROM run_env WHERE run_id = :run_id ORDER BY key");
    vr_sql_bind_int64(&sql, ":run_id", run_id);
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        result = fn(context, vr_sql_text(&sql, 0), vr_sql_text(&sql, 1));
        if (result < 0)
            break;
    }
    return result;
}

/* --- finding a run --------------------------------------------------------------------------- */

/* The number in `text`, all digits and at least one of them, or -1. */
static int64_t number_parse(const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || length > 18 || strspn(text, "0123456789") != length)
        return -1;
    return strtoll(text, NULL, 10);
}

static int run_find_newest(
    struct vr_store *store, int64_t back, int64_t *ret_run_id, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "look for the run",
        "SELECT run_id FROM run ORDER BY started_utc_ns DESC, run_id DESC LIMIT 1 OFFSET :back");
    vr_sql_bind_int64(&sql, ":back", back);
    int result = vr_sql_row(&sql, err);
    if (result == 0)
        return vr_err_set(
            err, VR_ERR_NOT_FOUND,
            "%s: there is no run %" PRId64 " before the last; `vitalrig runs` lists what there is",
            store->path, back);
    if (result > 0)
        *ret_run_id = vr_sql_int64(&sql, 0);
    return result < 0 ? result : 0;
}

/* 1 = found, 0 = there is none. */
static int run_find_number(
    struct vr_store *store, int64_t run_id, int64_t *ret_run_id, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql =
        vr_sql_use(store, "look for the run", "SELECT run_id FROM run WHERE run_id = :run_id");
    vr_sql_bind_int64(&sql, ":run_id", run_id);
    int result = vr_sql_row(&sql, err);
    if (result > 0)
        *ret_run_id = run_id;
    return result;
}

/* A uid that is the prefix of another one is still found: the whole name wins. */
static int run_find_uid(
    struct vr_store *store, const char *name, int64_t *ret_run_id, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "look for the run",
        "SELECT run_id, uid, uid = :name FROM run WHERE substr(uid, 1, length(:name)) = :name"
        " ORDER BY uid LIMIT 2");
    vr_sql_bind_text(&sql, ":name", name);
    int result = vr_sql_row(&sql, err);
    if (result == 0)
        return vr_err_set(
            err, VR_ERR_NOT_FOUND, "%s: there is no run '%s'; `vitalrig runs` lists what there is",
            store->path, name);
    if (result < 0)
        return result;
    int64_t run_id = vr_sql_int64(&sql, 0);
    bool whole = vr_sql_int64(&sql, 2);
    result = vr_sql_row(&sql, err);
    if (result > 0 && !whole)
        return vr_err_set(
            err, VR_ERR_USAGE,
            "%s: more than one run begins with '%s', such as %s; give more of the name",
            store->path, name, vr_sql_text(&sql, 1));
    if (result < 0)
        return result;
    *ret_run_id = run_id;
    return 0;
}

int vr_store_run_find(
    struct vr_store *store, const char *name, int64_t *ret_run_id, struct vr_err *err)
{
    if (strcmp(name, "last") == 0)
        return run_find_newest(store, 0, ret_run_id, err);
    if (strncmp(name, "last~", 5) == 0 && number_parse(name + 5) >= 0)
        return run_find_newest(store, number_parse(name + 5), ret_run_id, err);
    if (strncmp(name, VR_BASELINE_PREFIX, strlen(VR_BASELINE_PREFIX)) == 0)
        return vr_store_baseline_find(store, name + strlen(VR_BASELINE_PREFIX), ret_run_id, err);
    if (!*name)
        return vr_err_set(err, VR_ERR_USAGE, "the name of a run is empty");
    if (number_parse(name) >= 0) {
        int result = run_find_number(store, number_parse(name), ret_run_id, err);
        if (result != 0)
            return result < 0 ? result : 0;
    }
    return run_find_uid(store, name, ret_run_id, err);
}

/* --- trials ---------------------------------------------------------------------------------- */

static int trial_hand_out(struct vr_sql *sql, vr_trial_fn *fn, void *context, struct vr_err *err)
{
    int key_column = 3, state_column = key_column + (int)vr_trial_key_fields.count;
    struct vr_trial_row trial = {
        .trial_id = vr_sql_int64(sql, 0),
        .record = vr_sql_text(sql, 1),
        .dut = vr_sql_text(sql, 2),
    };
    int result = vr_fields_read(sql, key_column, &vr_trial_key_fields, &trial, err);
    if (result == 0)
        result = vr_fields_read(sql, state_column, &vr_trial_state_fields, &trial, err);
    return result < 0 ? result : fn(context, &trial);
}

int vr_store_trials(
    struct vr_store *store, int64_t run_id, vr_trial_fn *fn, void *context, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read the trials",
        "SELECT trial_id, coalesce((SELECT name FROM record WHERE record_id = trial.record_id), "
        "''), dut" VR_TRIAL_KEY_FIELDS(VR_SQL_COLUMNS) VR_TRIAL_STATE_FIELDS(
            VR_SQL_COLUMNS) " FROM trial WHERE run_id = :run_id ORDER BY trial_id");
    vr_sql_bind_int64(&sql, ":run_id", run_id);
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        result = trial_hand_out(&sql, fn, context, err);
        if (result < 0)
            break;
    }
    return result;
}

int vr_store_key_find(struct vr_store *store, const char *key, bool *ret_stored, struct vr_err *err)
{
    int64_t stored = 0;
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "look for the result",
        "SELECT EXISTS (SELECT 1 FROM trial JOIN run USING (run_id) WHERE result_key = :key AND "
        "outcome"
        " = 'complete' AND exit_code <> 3)");
    vr_sql_bind_text(&sql, ":key", key);
    int result = vr_sql_number(&sql, &stored, err);
    if (result == 0)
        *ret_stored = stored;
    return result;
}

int vr_store_result_get(
    struct vr_store *store, const char *key, struct vr_result_row *ret_result, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "look for the result",
        "SELECT uid, ifnull(verdict, ''), ifnull(exit_code, -1), (SELECT count(DISTINCT"
        " output_digest) FROM trial WHERE result_key = :key AND outcome = 'complete')"
        " FROM trial JOIN run USING (run_id) WHERE result_key = :key AND outcome = 'complete'"
        " AND exit_code <> 3 ORDER BY run.started_utc_ns DESC, trial_id DESC LIMIT 1");
    *ret_result = (struct vr_result_row){.exit_code = -1};
    vr_sql_bind_text(&sql, ":key", key);
    int result = vr_sql_row(&sql, err);
    if (result <= 0)
        return result;
    snprintf(ret_result->run, sizeof ret_result->run, "%s", vr_sql_text(&sql, 0));
    snprintf(ret_result->verdict, sizeof ret_result->verdict, "%s", vr_sql_text(&sql, 1));
    ret_result->exit_code = (int)vr_sql_int64(&sql, 2);
    ret_result->digests = vr_sql_int64(&sql, 3);
    return 0;
}

static int output_read(struct vr_sql *sql, struct vr_output_row *ret_row, struct vr_err *err)
{
    struct vr_output_row row = {0};
    int first_value = 1 + (int)vr_output_fields.count;
    int result = vr_fields_read(sql, 1, &vr_output_fields, &row, err);
    if (result < 0)
        return result;
    while (row.value_count < 8 && !vr_sql_is_null(sql, first_value + row.value_count)) {
        int64_t value = vr_sql_int64(sql, first_value + row.value_count);
        if (value < INT32_MIN || value > INT32_MAX)
            return vr_err_set(
                err, VR_ERR_INPUT, "%s: output %" PRId64 " has a value that is not possible",
                sql->store->path, row.number);
        row.values[row.value_count++] = (int32_t)value;
    }
    *ret_row = row;
    return 0;
}

int vr_store_outputs(
    struct vr_store *store, int64_t trial_id, struct vr_output_row **ret_rows, size_t *ret_count,
    struct vr_err *err)
{
    struct vr_output_row *rows = NULL;
    size_t count = 0, capacity = 0;
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read the outputs",
        "SELECT trial_id" VR_OUTPUT_FIELDS(
            VR_SQL_COLUMNS) ", value0, value1, value2, value3, value4, value5, value6, value7"
                            " FROM output WHERE trial_id = :trial_id ORDER BY number");
    vr_sql_bind_int64(&sql, ":trial_id", trial_id);
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        result = vr_rows_grow((void **)&rows, &capacity, count, sizeof *rows, store, err);
        if (result == 0)
            result = output_read(&sql, &rows[count], err);
        if (result < 0)
            break;
        count++;
    }
    if (result < 0) {
        free(rows);
        return result;
    }
    *ret_rows = rows;
    *ret_count = count;
    return 0;
}

int vr_store_syncs(
    struct vr_store *store, int64_t trial_id, struct vr_sync_row **ret_rows, size_t *ret_count,
    struct vr_err *err)
{
    struct vr_sync_row *rows = NULL;
    size_t count = 0, capacity = 0;
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read the time stamps",
        "SELECT number" VR_SYNC_FIELDS(
            VR_SQL_COLUMNS) " FROM sync WHERE trial_id = :trial_id ORDER BY number");
    vr_sql_bind_int64(&sql, ":trial_id", trial_id);
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        result = vr_rows_grow((void **)&rows, &capacity, count, sizeof *rows, store, err);
        if (result == 0)
            result = vr_fields_read(&sql, 1, &vr_sync_fields, &rows[count], err);
        if (result < 0)
            break;
        count++;
    }
    if (result < 0) {
        free(rows);
        return result;
    }
    *ret_rows = rows;
    *ret_count = count;
    return 0;
}

int vr_store_logs(
    struct vr_store *store, int64_t trial_id, vr_log_fn *fn, void *context, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read the log",
        "SELECT host_ns, level, source, text FROM log WHERE trial_id = :trial_id ORDER BY number");
    vr_sql_bind_int64(&sql, ":trial_id", trial_id);
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        result =
            fn(context, vr_sql_int64(&sql, 0), (int)vr_sql_int64(&sql, 1), vr_sql_text(&sql, 2),
               vr_sql_text(&sql, 3));
        if (result < 0)
            break;
    }
    return result;
}

int vr_store_signal_faults(
    struct vr_store *store, int64_t trial_id, vr_signal_fault_fn *fn, void *context,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read what was done to the signals",
        "SELECT trial_id" VR_SIGNAL_FAULT_FIELDS(
            VR_SQL_COLUMNS) " FROM signal_fault WHERE trial_id = :trial_id ORDER BY number");
    vr_sql_bind_int64(&sql, ":trial_id", trial_id);
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        struct vr_signal_fault_row fault;
        result = vr_fields_read(&sql, 1, &vr_signal_fault_fields, &fault, err);
        if (result == 0)
            result = fn(context, &fault);
        if (result < 0)
            break;
    }
    return result;
}

int vr_store_pacings(
    struct vr_store *store, int64_t run_id, vr_pacing_fn *fn, void *context, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read how the trials kept their time",
        "SELECT trial_id" VR_PACING_FIELDS(
            VR_SQL_COLUMNS) " FROM pacing JOIN trial USING (trial_id)"
                            " WHERE run_id = :run_id ORDER BY trial_id");
    vr_sql_bind_int64(&sql, ":run_id", run_id);
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        struct vr_pacing_row pacing;
        result = vr_fields_read(&sql, 1, &vr_pacing_fields, &pacing, err);
        if (result == 0)
            result = fn(context, vr_sql_int64(&sql, 0), &pacing);
        if (result < 0)
            break;
    }
    return result;
}

/* --- derived rows ---------------------------------------------------------------------------- */

int vr_store_metrics(
    struct vr_store *store, int64_t run_id, vr_metric_fn *fn, void *context, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read the metrics",
        "SELECT position" VR_METRIC_FIELDS(
            VR_SQL_COLUMNS) " FROM metric WHERE run_id = :run_id ORDER BY position");
    vr_sql_bind_int64(&sql, ":run_id", run_id);
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        struct vr_metric_row metric = {0};
        result = vr_fields_read(&sql, 1, &vr_metric_fields, &metric, err);
        if (result == 0)
            result = fn(context, &metric);
        if (result < 0)
            break;
    }
    return result;
}

int vr_store_gates(
    struct vr_store *store, int64_t run_id, vr_gate_fn *fn, void *context, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read the gates",
        "SELECT run_id" VR_GATE_FIELDS(
            VR_SQL_COLUMNS) " FROM gate WHERE run_id = :run_id ORDER BY gate, scope");
    vr_sql_bind_int64(&sql, ":run_id", run_id);
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        struct vr_gate_row gate = {0};
        result = vr_fields_read(&sql, 1, &vr_gate_fields, &gate, err);
        if (result == 0)
            result = fn(context, &gate);
        if (result < 0)
            break;
    }
    return result;
}
