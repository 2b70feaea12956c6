/* Baselines of a catalogue, and the run before another. */
#include "store/baseline.h"

#include <stdlib.h>
#include <string.h>

#include "store/sql.h"

#define NAME_MAX_SIZE 64
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

/* --- setting ---------------------------------------------------------------------------------- */

static int check_name(const char *name, struct vr_err *err)
{
    size_t size = strlen(name);
    if (size > 0 && size <= NAME_MAX_SIZE && strspn(name, LETTERS) == size)
        return 0;
    return vr_err_set(
        err, VR_ERR_INPUT,
        "\"%s\" cannot name a baseline: letters, digits, '.', '_' and '-' are allowed, and at most "
        "%d",
        name, NAME_MAX_SIZE);
}

static int check_run(struct vr_store *store, const char *uid, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql =
        vr_sql_use(store, "look for the run", "SELECT status FROM run WHERE uid = :uid");
    vr_sql_bind_text(&sql, ":uid", uid);
    int result = vr_sql_row(&sql, err);
    if (result == 0)
        return vr_err_set(
            err, VR_ERR_NOT_FOUND, "%s: there is no run '%s'; `vitalrig runs` lists what there is",
            store->path, uid);
    if (result < 0)
        return result;
    return strcmp(vr_sql_text(&sql, 0), "ended") == 0
               ? 0
               : vr_err_set(
                     err, VR_ERR_INPUT,
                     "run %s did not come to its end (%s): half a run is no baseline", uid,
                     vr_sql_text(&sql, 0));
}

static int set(struct vr_store *store, const struct vr_baseline_row *baseline, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "set the baseline",
        "INSERT INTO baseline (name, run_uid, set_utc_ns, reason)"
        " VALUES (:name, :run_uid, :set_utc_ns, :reason)"
        " ON CONFLICT (name) DO UPDATE SET run_uid = excluded.run_uid,"
        " set_utc_ns = excluded.set_utc_ns, reason = excluded.reason");
    vr_sql_bind_text(&sql, ":name", baseline->name);
    vr_sql_bind_text(&sql, ":run_uid", baseline->run_uid);
    vr_sql_bind_int64(&sql, ":set_utc_ns", baseline->set_utc_ns);
    vr_sql_bind_text(&sql, ":reason", baseline->reason ? baseline->reason : "");
    return vr_sql_run(&sql, err);
}

int vr_store_baseline_set(
    struct vr_store *store, const struct vr_baseline_row *baseline, struct vr_err *err)
{
    bool own;
    int result = check_name(baseline->name, err);
    if (result < 0)
        return result;
    result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = check_run(store, baseline->run_uid, err);
    if (result == 0)
        result = set(store, baseline, err);
    return vr_sql_leave(store, own, result, err);
}

/* --- reading ---------------------------------------------------------------------------------- */

int vr_store_baselines(
    struct vr_store *store, vr_baseline_fn *fn, void *context, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read the baselines",
        "SELECT name, run_uid, set_utc_ns, reason,"
        " EXISTS (SELECT 1 FROM run WHERE uid = baseline.run_uid) FROM baseline ORDER BY name");
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        const struct vr_baseline_row baseline = {
            .name = vr_sql_text(&sql, 0),
            .run_uid = vr_sql_text(&sql, 1),
            .set_utc_ns = vr_sql_int64(&sql, 2),
            .reason = vr_sql_text(&sql, 3),
            .is_there = vr_sql_int64(&sql, 4),
        };
        result = fn(context, &baseline);
        if (result < 0)
            break;
    }
    return result;
}

/* "; there are main, nightly" */
static int not_found(struct vr_store *store, const char *name, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read the baselines",
        "SELECT group_concat(name, ', ') FROM (SELECT name FROM baseline ORDER BY name LIMIT 8)");
    int result = vr_sql_row(&sql, err);
    if (result < 0)
        return result;
    const char *names = vr_sql_text(&sql, 0);
    return vr_err_set(
        err, VR_ERR_NOT_FOUND,
        "%s: there is no baseline \"%s\"%s%s; `vitalrig baseline set %s RUN` makes it", store->path,
        name, names && names[0] ? "; there are " : "", names ? names : "", name);
}

int vr_store_baseline_find(
    struct vr_store *store, const char *name, int64_t *ret_run_id, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "look for the baseline",
        "SELECT run_uid, run_id FROM baseline LEFT JOIN run ON uid = run_uid WHERE name = :name");
    vr_sql_bind_text(&sql, ":name", name);
    int result = vr_sql_row(&sql, err);
    if (result == 0)
        return not_found(store, name, err);
    if (result < 0)
        return result;
    if (vr_sql_is_null(&sql, 1))
        return vr_err_set(
            err, VR_ERR_NOT_FOUND, "%s: the baseline \"%s\" is run %s, which is not there any more",
            store->path, name, vr_sql_text(&sql, 0));
    *ret_run_id = vr_sql_int64(&sql, 1);
    return 0;
}

static int is_there(
    struct vr_store *store, const char *name, bool *ret_is_there, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "look for the baseline", "SELECT count(*) FROM baseline WHERE name = :name");
    vr_sql_bind_text(&sql, ":name", name);
    int64_t count = 0;
    int result = vr_sql_number(&sql, &count, err);
    *ret_is_there = count > 0;
    return result;
}

static int delete_row(struct vr_store *store, const char *name, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql =
        vr_sql_use(store, "remove the baseline", "DELETE FROM baseline WHERE name = :name");
    vr_sql_bind_text(&sql, ":name", name);
    return vr_sql_run(&sql, err);
}

int vr_store_baseline_remove(struct vr_store *store, const char *name, struct vr_err *err)
{
    bool own, found = false;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = is_there(store, name, &found, err);
    if (result == 0)
        result = found ? delete_row(store, name, err) : not_found(store, name, err);
    return vr_sql_leave(store, own, result, err);
}

int vr_store_run_previous(
    struct vr_store *store, const char *scenario, int64_t started_utc_ns, const char *but_uid,
    char **ret_uid, int64_t *ret_started_utc_ns, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "look for the run before",
        "SELECT uid, started_utc_ns FROM run WHERE scenario = :scenario AND status = 'ended'"
        " AND started_utc_ns <= :started_utc_ns AND uid <> :uid"
        " ORDER BY started_utc_ns DESC, run_id DESC LIMIT 1");
    vr_sql_bind_text(&sql, ":scenario", scenario);
    vr_sql_bind_int64(&sql, ":started_utc_ns", started_utc_ns);
    vr_sql_bind_text(&sql, ":uid", but_uid);
    *ret_uid = NULL;
    int result = vr_sql_row(&sql, err);
    if (result <= 0)
        return result;
    *ret_started_utc_ns = vr_sql_int64(&sql, 1);
    *ret_uid = strdup(vr_sql_text(&sql, 0));
    return *ret_uid ? 0 : vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", store->path);
}
