/* The queue's file, its events, and its care. */
#include "store/queue.h"

#include <stdlib.h>

#include "store/care.h"
#include "store/migrate.h"
#include "store/queue_file.h"
#include "store/rows.h"

extern const char vr_queue_migration_0001[];

static const struct vr_migration steps[] = {{1, vr_queue_migration_0001}};

static const struct vr_store_kind queue_kind = {
    .name = "queue of a VitalRig daemon",
    .application_id = 0x56524751, /* "VRGQ" */
    .steps = steps,
    .step_count = sizeof steps / sizeof *steps,
};

/* --- the file -------------------------------------------------------------------------------- */

int vr_queue_open(const char *path, struct vr_queue **ret_queue, struct vr_err *err)
{
    struct vr_queue *queue = calloc(1, sizeof *queue);
    if (!queue)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", path);
    int result = vr_store_ensure_kind(path, &queue_kind, &queue->store, err);
    if (result < 0) {
        free(queue);
        return result;
    }
    *ret_queue = queue;
    return 0;
}

void vr_queue_close(struct vr_queue *queue)
{
    if (!queue)
        return;
    vr_store_close(queue->store);
    free(queue);
}

void vr_queue_closep(struct vr_queue **queue)
{
    vr_queue_close(*queue);
}

int vr_queue_begin(struct vr_queue *queue, struct vr_err *err)
{
    int result = queue->store->broken ? vr_store_reopen(queue->store, err) : 0;
    return result < 0 ? result : vr_store_begin(queue->store, err);
}

int vr_queue_commit(struct vr_queue *queue, struct vr_err *err)
{
    return vr_store_commit(queue->store, err);
}

void vr_queue_rollback(struct vr_queue *queue)
{
    vr_store_rollback(queue->store);
}

/* --- events ---------------------------------------------------------------------------------- */

#define VR_EVENT_FIELDS(X) \
    X(INT64, job_id, job_id) \
    X(INT64, utc_ns, utc_ns) \
    X(TEXT, kind, kind) \
    X(TEXT, data, data)

#define FIELD(kind, column, field) \
    {":" #column, offsetof(struct vr_event_row, field), VR_FIELD_##kind},

static const struct vr_field event_items[] = {VR_EVENT_FIELDS(FIELD)};
static const struct vr_fields event_fields = {
    event_items, sizeof event_items / sizeof *event_items};

static int event_insert(struct vr_store *store, struct vr_event_row *event, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "add an event",
        "INSERT INTO event (event_id" VR_EVENT_FIELDS(
            VR_SQL_COLUMNS) ") VALUES (NULL" VR_EVENT_FIELDS(VR_SQL_VALUES) ")");
    vr_fields_bind(&sql, &event_fields, event);
    int result = vr_sql_run(&sql, err);
    if (result == 0)
        event->event_id = sqlite3_last_insert_rowid(store->db);
    return result;
}

int vr_queue_event_add(struct vr_queue *queue, struct vr_event_row *event, struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(queue->store, &own, err);
    if (result == 0)
        result = event_insert(queue->store, event, err);
    return vr_sql_leave(queue->store, own, result, err);
}

/* Of one job they stand together in event_by_job. */
#define EVENTS_ALL \
    "SELECT event_id" VR_EVENT_FIELDS(VR_SQL_COLUMNS) " FROM event" \
                                                      " WHERE event_id > :after" \
                                                      " ORDER BY event_id LIMIT :limit"
#define EVENTS_OF_JOB \
    "SELECT event_id" VR_EVENT_FIELDS(VR_SQL_COLUMNS) " FROM event" \
                                                      " WHERE job_id = :job_id AND event_id > " \
                                                      ":after ORDER BY event_id LIMIT :limit"

int vr_queue_events(
    struct vr_queue *queue, int64_t after, int64_t job_id, size_t limit, vr_event_fn *fn,
    void *context, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql =
        vr_sql_use(queue->store, "read the events", job_id ? EVENTS_OF_JOB : EVENTS_ALL);
    vr_sql_bind_int64(&sql, ":after", after);
    vr_sql_bind_int64(&sql, ":limit", limit < INT64_MAX ? (int64_t)limit : -1);
    if (job_id)
        vr_sql_bind_int64(&sql, ":job_id", job_id);
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        struct vr_event_row event = {.event_id = vr_sql_int64(&sql, 0)};
        result = vr_fields_read(&sql, 1, &event_fields, &event, err);
        if (result == 0)
            result = fn(context, &event);
        if (result < 0)
            break;
    }
    return result;
}

int vr_queue_event_range(
    struct vr_queue *queue, int64_t *ret_first, int64_t *ret_last, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        queue->store, "read which events there are",
        "SELECT coalesce((SELECT min(event_id) FROM event), 0),"
        " coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0)");
    int result = vr_sql_row(&sql, err);
    if (result < 0)
        return result;
    *ret_first = vr_sql_int64(&sql, 0);
    *ret_last = vr_sql_int64(&sql, 1);
    return 0;
}

/* --- care ------------------------------------------------------------------------------------ */

#define FORGOTTEN_JOBS \
    " WHERE state = 'ended' AND ended_utc_ns < :utc_ns AND (is_ingested = 1 OR run_uid = '')"

/* The events first: they are found by the jobs. */
static const char *const prunings[] = {
    "DELETE FROM event WHERE job_id IN (SELECT job_id FROM job" FORGOTTEN_JOBS ")",
    ("DELETE FROM job" FORGOTTEN_JOBS),
    "DELETE FROM event WHERE job_id = 0 AND utc_ns < :utc_ns",
};

int vr_queue_prune(struct vr_queue *queue, int64_t utc_ns, struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(queue->store, &own, err);
    for (size_t i = 0; result == 0 && i < sizeof prunings / sizeof *prunings; i++) {
        _cleanup_(vr_sql_finish) struct vr_sql sql =
            vr_sql_use(queue->store, "forget old jobs", prunings[i]);
        vr_sql_bind_int64(&sql, ":utc_ns", utc_ns);
        result = vr_sql_run(&sql, err);
    }
    result = vr_sql_leave(queue->store, own, result, err);
    return result == 0 && own ? vr_store_shrink(queue->store, err) : result;
}

int vr_queue_check(struct vr_queue *queue, size_t *ret_findings, struct vr_err *err)
{
    int64_t findings = 0;
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        queue->store, "check it",
        "SELECT (SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok')"
        " + (SELECT count(*) FROM pragma_foreign_key_check)");
    int result = vr_sql_number(&sql, &findings, err);
    if (result == 0)
        *ret_findings = (size_t)findings;
    return result;
}

int64_t vr_queue_wal_bytes(struct vr_queue *queue)
{
    return vr_store_wal_bytes(queue->store);
}
