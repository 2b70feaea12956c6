/* Forgetting old runs. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/care.h"
#include "store/rows.h"

#define PAGES_AT_ONCE 1000 /* 4 MB a transaction: readers and the log keep up */

struct old_run {
    int64_t run_id;
    char *uid;
    bool is_kept;
};

struct old_runs {
    struct old_run *items;
    size_t count, capacity;
};

static void old_runs_free(struct old_runs *runs)
{
    for (size_t i = 0; i < runs->count; i++)
        free(runs->items[i].uid);
    free(runs->items);
}

/* --- which ----------------------------------------------------------------------------------- */

static int old_runs_read(
    struct vr_store *store, int64_t utc_ns, struct old_runs *runs, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "look for old runs",
        "SELECT run_id, uid FROM run WHERE status <> 'running'"
        " AND coalesce(ended_utc_ns, started_utc_ns) < :utc_ns ORDER BY started_utc_ns, run_id");
    vr_sql_bind_int64(&sql, ":utc_ns", utc_ns);
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        result = vr_rows_grow(
            (void **)&runs->items, &runs->capacity, runs->count, sizeof *runs->items, store, err);
        if (result < 0)
            break;
        char *uid = strdup(vr_sql_text(&sql, 1));
        if (!uid)
            return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", store->path);
        runs->items[runs->count++] = (struct old_run){vr_sql_int64(&sql, 0), uid, false};
    }
    return result;
}

static void asked_for_keep(struct old_runs *runs, const struct vr_prune *prune)
{
    for (size_t i = 0; i < runs->count; i++)
        for (size_t k = 0; k < prune->kept_count; k++)
            if (strcmp(runs->items[i].uid, prune->kept[k]) == 0)
                runs->items[i].is_kept = true;
}

static struct old_run *old_run_find(struct old_runs *runs, int64_t run_id)
{
    for (size_t i = 0; i < runs->count; i++)
        if (runs->items[i].run_id == run_id)
            return &runs->items[i];
    return NULL;
}

static int baselines_keep(struct vr_store *store, struct old_runs *runs, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "look for baselines",
        "SELECT run_id FROM run WHERE uid IN (SELECT run_uid FROM baseline)");
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        struct old_run *run = old_run_find(runs, vr_sql_int64(&sql, 0));
        if (run)
            run->is_kept = true;
    }
    return result;
}

/* One pass over who was compared with whom: a golden run stays with those that stay. */
static int golden_keep_once(
    struct vr_store *store, struct old_runs *runs, bool *ret_changed, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "look for golden runs",
        "SELECT e.run_id, g.run_id FROM run_env e JOIN run g ON g.uid = e.value"
        " WHERE e.key = '" VR_ENV_GOLDEN "'");
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        struct old_run *compared = old_run_find(runs, vr_sql_int64(&sql, 0));
        struct old_run *golden = old_run_find(runs, vr_sql_int64(&sql, 1));
        if (golden && !golden->is_kept && (!compared || compared->is_kept))
            golden->is_kept = *ret_changed = true;
    }
    return result;
}

/* A golden run may itself have been compared with another one. */
static int golden_keep(struct vr_store *store, struct old_runs *runs, struct vr_err *err)
{
    bool changed = true;
    int result = 0;
    while (result == 0 && changed) {
        changed = false;
        result = golden_keep_once(store, runs, &changed, err);
    }
    return result;
}

/* --- forgetting ------------------------------------------------------------------------------ */

static int run_forget(struct vr_store *store, int64_t run_id, struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0) {
        _cleanup_(vr_sql_finish) struct vr_sql sql =
            vr_sql_use(store, "forget a run", "DELETE FROM run WHERE run_id = :run_id");
        vr_sql_bind_int64(&sql, ":run_id", run_id);
        result = vr_sql_run(&sql, err);
    }
    return vr_sql_leave(store, own, result, err);
}

int vr_rows_forget_records(struct vr_store *store, struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0) {
        _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
            store, "forget records that nobody replayed",
            "DELETE FROM record WHERE NOT EXISTS"
            " (SELECT 1 FROM trial WHERE trial.record_id = record.record_id)");
        result = vr_sql_run(&sql, err);
    }
    return vr_sql_leave(store, own, result, err);
}

static int runs_forget(
    struct vr_store *store, const struct old_runs *runs, const struct vr_prune *prune,
    size_t *ret_count, struct vr_err *err)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < runs->count; i++) {
        if (runs->items[i].is_kept)
            continue;
        if (!prune->is_rehearsal)
            result = run_forget(store, runs->items[i].run_id, err);
        if (result == 0)
            ++*ret_count;
        if (result == 0 && prune->fn)
            result = prune->fn(prune->context, runs->items[i].uid);
    }
    return result;
}

int vr_store_prune(
    struct vr_store *store, const struct vr_prune *prune, size_t *ret_count, struct vr_err *err)
{
    assert(!store->batch);
    _cleanup_(old_runs_free) struct old_runs runs = {0};
    *ret_count = 0;
    int result = old_runs_read(store, prune->utc_ns, &runs, err);
    asked_for_keep(&runs, prune);
    if (result == 0)
        result = baselines_keep(store, &runs, err);
    if (result == 0)
        result = golden_keep(store, &runs, err);
    if (result == 0)
        result = runs_forget(store, &runs, prune, ret_count, err);
    if (result < 0 || prune->is_rehearsal || *ret_count == 0)
        return result;
    result = vr_rows_forget_records(store, err);
    return result < 0 ? result : vr_store_shrink(store, err);
}

/* --- pages ----------------------------------------------------------------------------------- */

static int free_pages(struct vr_store *store, int64_t *ret_count, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql =
        vr_sql_use(store, "count free pages", "PRAGMA freelist_count");
    return vr_sql_number(&sql, ret_count, err);
}

#define TEXT_OF(number) TEXT_OF_(number)
#define TEXT_OF_(number) #number

/* Each piece is a transaction of its own. */
int vr_store_shrink(struct vr_store *store, struct vr_err *err)
{
    int64_t before = 0, after = 0;
    int result = free_pages(store, &after, err);
    while (result == 0 && after > 0 && after != before) {
        before = after;
        result = vr_sql_script(
            store, "give back free pages", "PRAGMA incremental_vacuum(" TEXT_OF(PAGES_AT_ONCE) ")",
            err);
        if (result == 0)
            result = free_pages(store, &after, err);
    }
    return result;
}
