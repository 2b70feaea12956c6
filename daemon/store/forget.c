/* Forgetting a subject.
 *
 * Which records are the subject's is told by trials, and old ones do not tell: so all of it is one transaction, lest half of it hide the rest. */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/care.h"
#include "store/rows.h"

#define OF_THE_SUBJECT \
    "record.sha256 IN (SELECT c.sha256 FROM trial t JOIN record c USING (record_id)" \
    " WHERE t.subject <> '' AND t.subject IN (:subject, :id))"

/* A record of the subject in a run. */
struct share {
    int64_t run_id, record_id;
    size_t trials;
};

struct share_run {
    int64_t run_id;
    char *uid;
    size_t trials;   /* of the subject */
    bool is_reduced; /* there are others */
};

struct shares {
    struct vr_store *store;
    const struct vr_forgetting *forgetting;
    struct share *items;
    size_t count, capacity;
    struct share_run *runs;
    size_t run_count, run_capacity;
};

static void shares_finish(struct shares *shares)
{
    for (size_t i = 0; i < shares->run_count; i++)
        free(shares->runs[i].uid);
    free(shares->runs);
    free(shares->items);
}

static void subject_bind(struct vr_sql *sql, const struct vr_forgetting *forgetting)
{
    vr_sql_bind_text(sql, ":subject", forgetting->subject);
    vr_sql_bind_text(sql, ":id", forgetting->id ? forgetting->id : forgetting->subject);
}

/* --- which ----------------------------------------------------------------------------------- */

static int shares_read(struct shares *shares, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        shares->store, "look for a subject",
        "SELECT trial.run_id, trial.record_id, count(*) FROM trial JOIN record USING (record_id)"
        " WHERE " OF_THE_SUBJECT " GROUP BY trial.run_id, trial.record_id"
        " ORDER BY trial.run_id, trial.record_id");
    subject_bind(&sql, shares->forgetting);
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        result = vr_rows_grow(
            (void **)&shares->items, &shares->capacity, shares->count, sizeof *shares->items,
            shares->store, err);
        if (result < 0)
            break;
        shares->items[shares->count++] = (struct share){
            vr_sql_int64(&sql, 0), vr_sql_int64(&sql, 1), (size_t)vr_sql_int64(&sql, 2)};
    }
    return result;
}

static int run_read(struct shares *shares, const struct share *share, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        shares->store, "look at a run of a subject",
        "SELECT uid, status, (SELECT count(*) FROM trial WHERE trial.run_id = run.run_id) FROM run"
        " WHERE run_id = :run_id");
    vr_sql_bind_int64(&sql, ":run_id", share->run_id);
    int result = vr_sql_row(&sql, err);
    if (result <= 0)
        return result;
    if (strcmp(vr_sql_text(&sql, 1), "running") == 0)
        return vr_err_set(
            err, VR_ERR_USAGE,
            "%s: run %s has not ended, and has data of the subject; let it end, or stop it, first",
            shares->store->path, vr_sql_text(&sql, 0));
    result = vr_rows_grow(
        (void **)&shares->runs, &shares->run_capacity, shares->run_count, sizeof *shares->runs,
        shares->store, err);
    if (result < 0)
        return result;
    char *uid = strdup(vr_sql_text(&sql, 0));
    if (!uid)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", shares->store->path);
    /* is_reduced: to be settled when all shares are counted */
    shares->runs[shares->run_count++] =
        (struct share_run){share->run_id, uid, (size_t)vr_sql_int64(&sql, 2), false};
    return 0;
}

/* Shares come in the order of their runs. */
static int runs_read(struct shares *shares, struct vr_err *err)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < shares->count;) {
        size_t trials = 0;
        const struct share *first = &shares->items[i];
        result = run_read(shares, first, err);
        for (; i < shares->count && shares->items[i].run_id == first->run_id; i++)
            trials += shares->items[i].trials;
        if (result == 0) {
            struct share_run *run = &shares->runs[shares->run_count - 1];
            run->is_reduced = run->trials > trials;
            run->trials = trials;
        }
    }
    return result;
}

/* --- forgetting ------------------------------------------------------------------------------ */

static int do_for_run(
    struct vr_store *store, const char *doing, const char *text, int64_t run_id, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(store, doing, text);
    vr_sql_bind_int64(&sql, ":run_id", run_id);
    return vr_sql_run(&sql, err);
}

static int share_forget(struct vr_store *store, const struct share *share, struct vr_err *err)
{
    static const char *const texts[] = {
        "DELETE FROM metric WHERE run_id = :run_id"
        " AND scope = (SELECT name FROM record WHERE record_id = :record_id)",
        "DELETE FROM parity WHERE run_id = :run_id"
        " AND record = (SELECT name FROM record WHERE record_id = :record_id)",
        "DELETE FROM trial WHERE run_id = :run_id AND record_id = :record_id",
    };
    int result = 0;
    for (size_t i = 0; result == 0 && i < sizeof texts / sizeof *texts; i++) {
        _cleanup_(vr_sql_finish) struct vr_sql sql =
            vr_sql_use(store, "forget the trials of a subject", texts[i]);
        vr_sql_bind_int64(&sql, ":run_id", share->run_id);
        vr_sql_bind_int64(&sql, ":record_id", share->record_id);
        result = vr_sql_run(&sql, err);
    }
    return result;
}

/* What remains is of the other records alone. */
static int numbers_forget(struct vr_store *store, int64_t run_id, struct vr_err *err)
{
    int result = do_for_run(
        store, "forget metrics of several records",
        "DELETE FROM metric WHERE run_id = :run_id AND scope NOT IN"
        " (SELECT record.name FROM trial JOIN record USING (record_id) WHERE run_id = :run_id)",
        run_id, err);
    return result < 0
               ? result
               : do_for_run(
                     store, "forget gates", "DELETE FROM gate WHERE run_id = :run_id", run_id, err);
}

/* A run that was never judged has no verdict to lose. */
static int verdict_forget(struct vr_store *store, const struct share_run *run, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "forget a verdict",
        "UPDATE run SET verdict = 'inconclusive', exit_code = 5, judged_count = judged_count + 1,"
        " why = :trials || ' trials were forgotten with their subject, and every number that rested"
        " on them; judging again takes the others alone'"
        " WHERE run_id = :run_id AND verdict IS NOT NULL");
    vr_sql_bind_int64(&sql, ":trials", (int64_t)run->trials);
    vr_sql_bind_int64(&sql, ":run_id", run->run_id);
    return vr_sql_run(&sql, err);
}

static int count_add(struct vr_store *store, const struct share_run *run, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "count what was forgotten",
        "INSERT INTO run_env (run_id, key, value)"
        " VALUES (:run_id, '" VR_ENV_FORGOTTEN "', CAST(:trials AS TEXT))"
        " ON CONFLICT (run_id, key) DO UPDATE SET"
        " value = CAST(CAST(value AS INTEGER) + :trials AS TEXT)");
    vr_sql_bind_int64(&sql, ":run_id", run->run_id);
    vr_sql_bind_int64(&sql, ":trials", (int64_t)run->trials);
    return vr_sql_run(&sql, err);
}

static int run_reduce(struct shares *shares, const struct share_run *run, struct vr_err *err)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < shares->count; i++)
        if (shares->items[i].run_id == run->run_id)
            result = share_forget(shares->store, &shares->items[i], err);
    if (result == 0)
        result = numbers_forget(shares->store, run->run_id, err);
    if (result == 0)
        result = verdict_forget(shares->store, run, err);
    return result < 0 ? result : count_add(shares->store, run, err);
}

static int run_forget(struct shares *shares, const struct share_run *run, struct vr_err *err)
{
    int result = do_for_run(
        shares->store, "forget a baseline",
        "DELETE FROM baseline WHERE run_uid = (SELECT uid FROM run WHERE run_id = :run_id)",
        run->run_id, err);
    return result < 0 ? result
                      : do_for_run(
                            shares->store, "forget a run", "DELETE FROM run WHERE run_id = :run_id",
                            run->run_id, err);
}

static int shares_forget(struct shares *shares, struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(shares->store, &own, err);
    for (size_t i = 0; result == 0 && i < shares->run_count; i++) {
        const struct share_run *run = &shares->runs[i];
        result = run->is_reduced ? run_reduce(shares, run, err) : run_forget(shares, run, err);
    }
    if (result == 0)
        result = vr_rows_forget_records(shares->store, err);
    return vr_sql_leave(shares->store, own, result, err);
}

static int shares_tell(
    const struct shares *shares, struct vr_forgotten *ret_forgotten, struct vr_err *err)
{
    const struct vr_forgetting *forgetting = shares->forgetting;
    (void)err; /* the caller's function has its own */
    for (size_t i = 0; i < shares->run_count; i++) {
        const struct share_run *run = &shares->runs[i];
        ret_forgotten->trials += run->trials;
        if (run->is_reduced)
            ret_forgotten->runs_reduced++;
        else
            ret_forgotten->runs_gone++;
        int r = forgetting->fn
                    ? forgetting->fn(forgetting->context, run->uid, run->trials, run->is_reduced)
                    : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

/* Pages that are free are overwritten by secure_delete, and the log is brought in and cut. */
static int traces_remove(
    struct vr_store *store, struct vr_forgotten *ret_forgotten, struct vr_err *err)
{
    bool is_complete = false;
    int result = vr_store_shrink(store, err);
    if (result == 0)
        result = vr_store_checkpoint(store, &is_complete, err);
    ret_forgotten->lingers = !is_complete;
    return result;
}

int vr_store_forget_subject(
    struct vr_store *store, const struct vr_forgetting *forgetting,
    struct vr_forgotten *ret_forgotten, struct vr_err *err)
{
    assert(!store->batch && forgetting->subject[0]);
    _cleanup_(shares_finish) struct shares shares = {.store = store, .forgetting = forgetting};
    *ret_forgotten = (struct vr_forgotten){0};
    int result = shares_read(&shares, err);
    if (result == 0)
        result = runs_read(&shares, err);
    if (result == 0 && !forgetting->is_rehearsal && shares.run_count > 0) {
        result =
            vr_sql_script(store, "overwrite what is deleted", "PRAGMA secure_delete = ON", err);
        if (result == 0)
            result = shares_forget(&shares, err);
        if (result == 0)
            result = traces_remove(store, ret_forgotten, err);
    }
    return result < 0 ? result : shares_tell(&shares, ret_forgotten, err);
}
