/* Taking a run up again that another process began. */
#include "store/rows.h"

/* Its last sign of life is when it ended, as far as anybody knows. */
static int end_open_trials(struct vr_store *store, int64_t run_id, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "end the open trial",
        "UPDATE trial SET outcome = 'cancelled', why = 'its process ended before it',"
        " outputs_stored = (SELECT count(*) FROM output o WHERE o.trial_id = trial.trial_id),"
        " ended_ns = max(started_ns, coalesce("
        "  (SELECT max(host_ns) FROM output o WHERE o.trial_id = trial.trial_id), 0))"
        " WHERE run_id = :run_id AND outcome = 'running'");
    vr_sql_bind_int64(&sql, ":run_id", run_id);
    return vr_sql_run(&sql, err);
}

static int reopen(struct vr_store *store, int64_t run_id, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "go on with the run",
        "UPDATE run SET status = 'running', ended_utc_ns = NULL, verdict = NULL, exit_code = NULL,"
        " why = '' WHERE run_id = :run_id AND status <> 'ended'");
    vr_sql_bind_int64(&sql, ":run_id", run_id);
    int r = vr_sql_run(&sql, err);
    if (r == 0 && sqlite3_changes64(store->db) != 1)
        r = vr_err_set(
            err, VR_ERR_INPUT, "%s: the run in it has ended: there is nothing left to be done",
            store->path);
    return r;
}

int vr_store_run_resume(struct vr_store *store, int64_t run_id, struct vr_err *err)
{
    bool own;
    int r = vr_sql_enter(store, &own, err);
    if (r == 0)
        r = reopen(store, run_id, err);
    if (r == 0)
        r = end_open_trials(store, run_id, err);
    return vr_sql_leave(store, own, r, err);
}
