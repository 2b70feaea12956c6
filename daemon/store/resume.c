/* Taking up a run whose process died. */
#include <assert.h>

#include "store/sql.h"

/* Nobody saw it end: its last sign of life stands for that. */
static const char trials_cancel[] =
    "UPDATE trial SET outcome = 'cancelled', why = 'its worker died', ledger_closed = 0,"
    " outputs_stored = (SELECT count(*) FROM output o WHERE o.trial_id = trial.trial_id),"
    " ended_ns = max(started_ns,"
    " coalesce((SELECT max(host_ns) FROM output o WHERE o.trial_id = trial.trial_id), started_ns),"
    " coalesce((SELECT max(host_received_ns) FROM sync s WHERE s.trial_id = trial.trial_id), "
    "started_ns),"
    " coalesce((SELECT max(host_ns) FROM log l WHERE l.trial_id = trial.trial_id), started_ns))"
    " WHERE run_id = :run_id AND outcome = 'running'";

/* The count of judgements goes up with a verdict that is taken back: a merge sees that something changed. */
static const char run_reopen[] =
    "UPDATE run SET status = 'running', ended_utc_ns = NULL, verdict = NULL, exit_code = NULL,"
    " why = '', judged_count = judged_count + (verdict IS NOT NULL)"
    " WHERE run_id = :run_id AND status IN ('running', 'interrupted')";

static int run_change(
    struct vr_store *store, const char *text, int64_t run_id, int64_t *ret_changed,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(store, "take up the run", text);
    vr_sql_bind_int64(&sql, ":run_id", run_id);
    int result = vr_sql_run(&sql, err);
    *ret_changed = sqlite3_changes64(store->db);
    return result;
}

static int run_resume(struct vr_store *store, int64_t run_id, struct vr_err *err)
{
    int64_t changed = 0;
    int result = run_change(store, run_reopen, run_id, &changed, err);
    if (result == 0 && changed != 1)
        result = vr_err_set(
            err, VR_ERR_USAGE,
            "%s: run %lld cannot go on: it has ended, or there is no such run; begin a new one",
            store->path, (long long)run_id);
    if (result == 0)
        result = run_change(store, trials_cancel, run_id, &changed, err);
    /* What was made of fewer trials than there will be is nobody's result. */
    if (result == 0)
        result = vr_store_metrics_replace(store, run_id, NULL, 0, err);
    return result < 0 ? result : vr_store_gates_replace(store, run_id, NULL, 0, err);
}

int vr_store_run_resume(struct vr_store *store, int64_t run_id, struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = run_resume(store, run_id, err);
    return vr_sql_leave(store, own, result, err);
}
