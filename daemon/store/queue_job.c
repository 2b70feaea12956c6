/* Jobs of the queue, and the results that they will make. */
#include "store/queue.h"

#include <string.h>

#include "store/queue_file.h"
#include "store/rows.h"

_Static_assert(sizeof(uid_t) == sizeof(uint32_t) && sizeof(pid_t) == sizeof(int), "kinds below");

/* Before them stand the id and the state in words. */
#define SUBMITTED_FIELDS(X) \
    X(UINT32, user_id, user_id) \
    X(TEXT, user, user) \
    X(TEXT, order_json, order_json) \
    X(TEXT, scenario, scenario) \
    X(TEXT, dut, dut) \
    X(TEXT, campaign, campaign) \
    X(INT, priority, priority) \
    X(BOOL, bound, bound) \
    X(INT64, submitted_utc_ns, submitted_utc_ns)

#define PROGRESS_FIELDS(X) \
    X(INT64_OR_0, started_utc_ns, started_utc_ns) \
    X(INT64_OR_0, ended_utc_ns, ended_utc_ns) \
    X(TEXT, run_uid, run_uid) \
    X(TEXT, on_dut, on_dut) \
    X(TEXT, tried, tried) \
    X(INT, worker_pid, worker_pid) \
    X(INT64, worker_start, worker_start) \
    X(INT, starts, starts) \
    X(INT, deaths, deaths) \
    X(INT, trials, trials) \
    X(INT, trials_done, trials_done) \
    X(INT_OR_M1, exit_code, exit_code) \
    X(TEXT, verdict, verdict) \
    X(TEXT, why, why) \
    X(BOOL, is_cancelled, is_cancelled) \
    X(BOOL, is_ingested, is_ingested)

#define FIELD(kind, column, field) \
    {":" #column, offsetof(struct vr_job_row, field), VR_FIELD_##kind},

static const struct vr_field submitted_items[] = {SUBMITTED_FIELDS(FIELD)};
static const struct vr_field progress_items[] = {PROGRESS_FIELDS(FIELD)};
static const struct vr_fields submitted_fields = {
    submitted_items, sizeof submitted_items / sizeof *submitted_items};
static const struct vr_fields progress_fields = {
    progress_items, sizeof progress_items / sizeof *progress_items};

static const char *const state_words[] = {
    [VR_JOB_QUEUED] = "queued", [VR_JOB_RUNNING] = "running", [VR_JOB_ENDED] = "ended"};

const char *vr_job_state_word(enum vr_job_state state)
{
    return state_words[state];
}

/* --- writing --------------------------------------------------------------------------------- */

static int job_insert(struct vr_store *store, struct vr_job_row *job, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "add the job",
        "INSERT INTO job (job_id, state" SUBMITTED_FIELDS(VR_SQL_COLUMNS)
            PROGRESS_FIELDS(VR_SQL_COLUMNS) ") VALUES (NULL, :state" SUBMITTED_FIELDS(VR_SQL_VALUES)
                PROGRESS_FIELDS(VR_SQL_VALUES) ")");
    vr_sql_bind_text(&sql, ":state", vr_job_state_word(job->state));
    vr_fields_bind(&sql, &submitted_fields, job);
    vr_fields_bind(&sql, &progress_fields, job);
    int result = vr_sql_run(&sql, err);
    if (result == 0)
        job->job_id = sqlite3_last_insert_rowid(store->db);
    return result;
}

/* Two trials of a job may make the same result. */
static int keys_insert(
    struct vr_store *store, int64_t job_id, const char *const *keys, size_t count,
    struct vr_err *err)
{
    int result = 0;
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "add what the job will make",
        "INSERT INTO job_key (key, job_id) VALUES (:key, :job_id) ON CONFLICT DO NOTHING");
    vr_sql_bind_int64(&sql, ":job_id", job_id);
    for (size_t i = 0; result == 0 && i < count; i++) {
        vr_sql_bind_text(&sql, ":key", keys[i]);
        result = vr_sql_run(&sql, err);
    }
    return result;
}

int vr_queue_job_add(
    struct vr_queue *queue, struct vr_job_row *job, const char *const *keys, size_t key_count,
    struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(queue->store, &own, err);
    if (result == 0)
        result = job_insert(queue->store, job, err);
    if (result == 0)
        result = keys_insert(queue->store, job->job_id, keys, key_count, err);
    return vr_sql_leave(queue->store, own, result, err);
}

static int job_update(struct vr_store *store, const struct vr_job_row *job, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "update the job",
        "UPDATE job SET state = :state" PROGRESS_FIELDS(VR_SQL_SET) " WHERE job_id = :job_id");
    vr_sql_bind_int64(&sql, ":job_id", job->job_id);
    vr_sql_bind_text(&sql, ":state", vr_job_state_word(job->state));
    vr_fields_bind(&sql, &progress_fields, job);
    int result = vr_sql_run(&sql, err);
    if (result == 0 && sqlite3_changes64(store->db) != 1)
        result = vr_err_set(
            err, VR_ERR_NOT_FOUND, "%s: there is no job %lld", store->path, (long long)job->job_id);
    return result;
}

int vr_queue_job_update(struct vr_queue *queue, const struct vr_job_row *job, struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(queue->store, &own, err);
    if (result == 0)
        result = job_update(queue->store, job, err);
    return vr_sql_leave(queue->store, own, result, err);
}

/* --- reading --------------------------------------------------------------------------------- */

static int state_read(struct vr_sql *sql, enum vr_job_state *ret_state, struct vr_err *err)
{
    const char *word = vr_sql_text(sql, 1);
    for (size_t i = 0; i < sizeof state_words / sizeof *state_words; i++) {
        if (strcmp(word, state_words[i]) == 0) {
            *ret_state = (enum vr_job_state)i;
            return 0;
        }
    }
    return vr_err_set(
        err, VR_ERR_STORE, "%s: a job has the state '%s', which is not possible", sql->store->path,
        word);
}

static int job_hand_out(struct vr_sql *sql, vr_job_fn *fn, void *context, struct vr_err *err)
{
    int submitted_column = 2, progress_column = submitted_column + (int)submitted_fields.count;
    struct vr_job_row job = {.job_id = vr_sql_int64(sql, 0)};
    int result = state_read(sql, &job.state, err);
    if (result == 0)
        result = vr_fields_read(sql, submitted_column, &submitted_fields, &job, err);
    if (result == 0)
        result = vr_fields_read(sql, progress_column, &progress_fields, &job, err);
    return result < 0 ? result : fn(context, &job);
}

static int jobs_hand_out(struct vr_sql *sql, vr_job_fn *fn, void *context, struct vr_err *err)
{
    int result;
    while ((result = vr_sql_row(sql, err)) > 0) {
        result = job_hand_out(sql, fn, context, err);
        if (result < 0)
            break;
    }
    return result;
}

#define JOBS \
    "SELECT job_id, state" SUBMITTED_FIELDS(VR_SQL_COLUMNS) \
        PROGRESS_FIELDS(VR_SQL_COLUMNS) " FROM job "
#define CHOSEN \
    " job_id BETWEEN :first AND :last AND (:user IS NULL OR user = :user)" \
    " AND (:campaign IS NULL OR campaign = :campaign) ORDER BY job_id "
#define OF_STATE "WHERE state = :state AND"

/* Four texts, so that a state is looked up in its index. */
static const char *jobs_text(const struct vr_job_filter *filter)
{
    if (filter->state)
        return filter->oldest_first ? JOBS OF_STATE CHOSEN "LIMIT :limit"
                                    : JOBS OF_STATE CHOSEN "DESC LIMIT :limit";
    return filter->oldest_first ? JOBS "WHERE" CHOSEN "LIMIT :limit"
                                : JOBS "WHERE" CHOSEN "DESC LIMIT :limit";
}

int vr_queue_jobs(
    struct vr_queue *queue, const struct vr_job_filter *filter, vr_job_fn *fn, void *context,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql =
        vr_sql_use(queue->store, "read the jobs", jobs_text(filter));
    if (filter->state)
        vr_sql_bind_text(&sql, ":state", vr_job_state_word(*filter->state));
    vr_sql_bind_int64(&sql, ":first", filter->job_id);
    vr_sql_bind_int64(&sql, ":last", filter->job_id ? filter->job_id : INT64_MAX);
    vr_sql_bind_text(&sql, ":user", filter->user);
    vr_sql_bind_text(&sql, ":campaign", filter->campaign);
    vr_sql_bind_int64(
        &sql, ":limit", filter->limit && filter->limit < INT64_MAX ? (int64_t)filter->limit : -1);
    return jobs_hand_out(&sql, fn, context, err);
}

int vr_queue_jobs_to_ingest(
    struct vr_queue *queue, vr_job_fn *fn, void *context, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        queue->store, "read the jobs",
        JOBS "WHERE state = 'ended' AND run_uid <> '' AND is_ingested = 0 ORDER BY job_id");
    return jobs_hand_out(&sql, fn, context, err);
}

int vr_queue_key_is_pending(
    struct vr_queue *queue, const char *key, bool *ret_pending, struct vr_err *err)
{
    int64_t pending = 0;
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        queue->store, "look for the result",
        "SELECT EXISTS (SELECT 1 FROM job_key JOIN job USING (job_id)"
        " WHERE key = :key AND state <> 'ended')");
    vr_sql_bind_text(&sql, ":key", key);
    int result = vr_sql_number(&sql, &pending, err);
    if (result == 0)
        *ret_pending = pending;
    return result;
}

int vr_queue_key_on_its_way(
    struct vr_queue *queue, const char *key, int64_t *ret_job_id, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        queue->store, "look for the result",
        "SELECT ifnull(max(job_id), 0) FROM job_key JOIN job USING (job_id)"
        " WHERE key = :key AND state = 'ended' AND run_uid <> '' AND is_ingested = 0");
    vr_sql_bind_text(&sql, ":key", key);
    return vr_sql_number(&sql, ret_job_id, err);
}
