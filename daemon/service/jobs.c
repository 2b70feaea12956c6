/* Jobs: what is known of them, cancelled, bound to a client, ended. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "service/compose.h"
#include "service/state.h"

static int no_memory(struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a job");
}

/* --- a job in memory ------------------------------------------------------------------------ */

static void free_text(const char **field)
{
    union {
        const char *kept;
        char *owned;
    } text = {.kept = *field};
    free(text.owned);
    *field = NULL;
}

int vr_job_set(const char **field, const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        return -VR_ERR_NO_MEMORY;
    free_text(field);
    *field = copy;
    return 0;
}

static void job_free(struct vr_job *job)
{
    const char **fields[] = {&job->row.user,     &job->row.scenario, &job->row.dut,
                             &job->row.campaign, &job->row.run_uid,  &job->row.on_dut,
                             &job->row.tried,    &job->row.verdict,  &job->row.why};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        free_text(fields[i]);
    vr_worker_destroy(job->worker);
    free(job->tags);
    free(job);
}

static int copy_row(struct vr_job *job, const struct vr_job_row *row)
{
    job->row = *row;
    job->row.user = job->row.scenario = job->row.dut = job->row.campaign = NULL;
    job->row.run_uid = job->row.on_dut = job->row.tried = job->row.verdict = job->row.why = NULL;
    job->row.order_json = "";
    int r = vr_job_set(&job->row.user, row->user);
    r |= vr_job_set(&job->row.scenario, row->scenario);
    r |= vr_job_set(&job->row.dut, row->dut);
    r |= vr_job_set(&job->row.campaign, row->campaign);
    r |= vr_job_set(&job->row.run_uid, row->run_uid);
    r |= vr_job_set(&job->row.on_dut, row->on_dut);
    r |= vr_job_set(&job->row.tried, row->tried);
    r |= vr_job_set(&job->row.verdict, row->verdict);
    r |= vr_job_set(&job->row.why, row->why);
    return r;
}

static void list_add(struct vr_daemon *daemon, struct vr_job *job)
{
    struct vr_job **at = &daemon->jobs;
    while (*at && (*at)->row.job_id < job->row.job_id)
        at = &(*at)->next;
    job->next = *at;
    *at = job;
    daemon->job_count++;
}

struct vr_job *vr_job_take_in(
    struct vr_daemon *daemon, const struct vr_job_row *row, const struct vr_order *order)
{
    struct vr_job *job = calloc(1, sizeof *job);
    if (!job)
        return NULL;
    job->daemon = daemon;
    job->tags = vr_describe_tags(order);
    if (copy_row(job, row) < 0 || !job->tags) {
        job_free(job);
        return NULL;
    }
    int64_t now_ns = vr_clock_monotonic_ns();
    double waited_s = (double)(vr_clock_utc_ns() - row->submitted_utc_ns) / (double)VR_NS_PER_S;
    double left_s = order->wait_s - fmax(waited_s, 0);
    job->give_up_ns = isinf(order->wait_s) ? VR_NEVER_NS : vr_after_s(now_ns, fmax(left_s, 0));
    job->bind_by_ns = row->bound ? vr_after_s(now_ns, daemon->config->bound_grace_s) : VR_NEVER_NS;
    list_add(daemon, job);
    return job;
}

void vr_job_forget(struct vr_daemon *daemon, struct vr_job *job)
{
    struct vr_job **at = &daemon->jobs;
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    daemon->job_count--;
    job_free(job);
}

struct vr_job *vr_job_find(struct vr_daemon *daemon, int64_t job_id)
{
    struct vr_job *job = daemon->jobs;
    while (job && job->row.job_id != job_id)
        job = job->next;
    return job;
}

/* --- its rows in the queue ------------------------------------------------------------------ */

struct copied {
    char *order;
    enum vr_job_state state;
    uid_t user_id;
    char *run_uid;
    bool is_found;
};

static int copy_one(void *context, const struct vr_job_row *row)
{
    struct copied *copied = context;
    copied->is_found = true;
    copied->state = row->state;
    copied->user_id = row->user_id;
    copied->order = strdup(row->order_json);
    copied->run_uid = strdup(row->run_uid);
    return 0;
}

static void copied_finish(struct copied *copied)
{
    free(copied->order);
    free(copied->run_uid);
}

static int read_one(
    struct vr_daemon *daemon, int64_t job_id, struct copied *copied, struct vr_err *err)
{
    const struct vr_job_filter filter = {.job_id = job_id, .limit = 1};
    int r = job_id > 0 ? vr_queue_jobs(daemon->queue, &filter, copy_one, copied, err) : 0;
    if (r == 0 && !copied->is_found)
        return vr_err_set(err, VR_ERR_NOT_FOUND, "no job %lld", (long long)job_id);
    if (r == 0 && (!copied->order || !copied->run_uid))
        return no_memory(err);
    return r;
}

int vr_job_order(struct vr_daemon *daemon, int64_t job_id, char **ret_order, struct vr_err *err)
{
    _cleanup_(copied_finish) struct copied copied = {0};
    int r = read_one(daemon, job_id, &copied, err);
    if (r < 0)
        return r;
    *ret_order = copied.order;
    copied.order = NULL;
    return 0;
}

char *vr_job_run_file(struct vr_daemon *daemon, const char *uid)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s.db", daemon->runs, uid) < 0 ? NULL : path;
}

int vr_daemon_run_file(
    struct vr_daemon *daemon, int64_t job_id, char **ret_path, struct vr_answer *answer)
{
    _cleanup_(copied_finish) struct copied copied = {0};
    struct vr_err err = {0};
    if (read_one(daemon, job_id, &copied, &err) < 0)
        return vr_refuse_err(answer, &err);
    if (!copied.run_uid[0])
        return vr_refuse(
            answer, VR_REFUSED_STATE, VR_ERR_NOT_FOUND, "job %lld has no run%s", (long long)job_id,
            copied.state == VR_JOB_QUEUED ? " yet" : "");
    *ret_path = vr_job_run_file(daemon, copied.run_uid);
    if (*ret_path)
        return 0;
    no_memory(&err);
    return vr_refuse_err(answer, &err);
}

/* --- the end -------------------------------------------------------------------------------- */

static bool has_run_file(const struct vr_job *job)
{
    _cleanup_free_ char *path = vr_job_run_file(job->daemon, job->row.run_uid);
    return job->row.run_uid[0] && path && access(path, F_OK) == 0;
}

void vr_job_end(struct vr_job *job, int exit_code, const char *verdict, const char *why)
{
    job->row.state = VR_JOB_ENDED;
    if (!job->is_check)
        vr_metrics_count(
            job->daemon->metrics, VR_METRIC_RUN_RESULTS, vr_metrics_exit_class(exit_code), 1);
    job->row.ended_utc_ns = vr_clock_utc_ns();
    job->row.exit_code = exit_code;
    job->row.worker_pid = 0;
    job->row.worker_start = 0;
    vr_job_set(&job->row.verdict, verdict);
    vr_job_set(&job->row.why, why);
    vr_job_set(&job->row.on_dut, "");
    if (!has_run_file(job))
        vr_job_set(&job->row.run_uid, "");
    job->not_before_ns = 0;
    job->troubles = 0;
    job->is_dirty = true;
    vr_poke(job->daemon);
}

static void cancel(struct vr_job *job, const char *why)
{
    job->row.is_cancelled = true;
    job->is_dirty = true;
    vr_job_set(&job->row.why, why);
    if (job->worker)
        vr_worker_stop(job->worker, 0.7);
    else
        vr_job_end(job, vr_err_exit(VR_ERR_INTERRUPTED), "", why);
    vr_poke(job->daemon);
}

static bool is_allowed(const struct vr_user *user, uid_t owner)
{
    return user->role == VR_ROLE_ADMIN || (user->role >= VR_ROLE_OPERATOR && user->uid == owner);
}

/* The job, when it lives and the user may have a say in it. */
static int find_own(
    struct vr_daemon *daemon, const struct vr_user *user, int64_t job_id, struct vr_job **ret_job,
    struct vr_answer *answer)
{
    _cleanup_(copied_finish) struct copied copied = {0};
    struct vr_err err = {0};
    struct vr_job *job = vr_job_find(daemon, job_id);
    if (!job && read_one(daemon, job_id, &copied, &err) < 0)
        return vr_refuse_err(answer, &err);
    if (!is_allowed(user, job ? job->row.user_id : copied.user_id))
        return vr_refuse(
            answer, VR_REFUSED_FORBIDDEN, VR_ERR_USAGE, "job %lld is not %s's", (long long)job_id,
            user->name);
    if (!job || job->row.state == VR_JOB_ENDED)
        return vr_refuse(
            answer, VR_REFUSED_STATE, VR_ERR_USAGE, "job %lld has ended", (long long)job_id);
    *ret_job = job;
    return 0;
}

int vr_daemon_cancel(
    struct vr_daemon *daemon, const struct vr_user *user, int64_t job_id, const char *why,
    struct vr_answer *answer)
{
    struct vr_job *job = NULL;
    char text[512];
    int r = find_own(daemon, user, job_id, &job, answer);
    if (r < 0 || job->row.is_cancelled)
        return r;
    bool has_why = why && why[0];
    snprintf(
        text, sizeof text, "cancelled by %s%s%.256s", user->name, has_why ? ": " : "",
        has_why ? why : "");
    struct vr_err err = {0};
    cancel(job, text);
    return vr_flush(daemon, &err) < 0 ? vr_refuse_err(answer, &err) : 0;
}

/* --- bound jobs ----------------------------------------------------------------------------- */

int vr_daemon_bind(
    struct vr_daemon *daemon, const struct vr_user *user, int64_t job_id, struct vr_answer *answer)
{
    struct vr_job *job = vr_job_find(daemon, job_id);
    if (!job || job->row.state == VR_JOB_ENDED)
        return 0; /* it needs nobody any more, and who asks wants to know its end */
    int r = find_own(daemon, user, job_id, &job, answer);
    if (r < 0)
        return r;
    if (!job->row.bound)
        return vr_refuse(
            answer, VR_REFUSED_STATE, VR_ERR_USAGE,
            "job %lld was not submitted as bound: it goes on without its client",
            (long long)job_id);
    job->binders++;
    job->bind_by_ns = VR_NEVER_NS;
    return 0;
}

void vr_daemon_unbind(struct vr_daemon *daemon, int64_t job_id)
{
    struct vr_job *job = vr_job_find(daemon, job_id);
    if (!job || job->binders == 0 || --job->binders > 0)
        return;
    bool lives = job->row.state != VR_JOB_ENDED && !job->row.is_cancelled;
    if (lives && !daemon->is_draining)
        cancel(job, "cancelled: the client that it was bound to went away");
}

/* --- deadlines ------------------------------------------------------------------------------ */

static void give_up(struct vr_job *job)
{
    char why[VR_ERR_TEXT_SIZE];
    vr_daemon_waiting_for(job->daemon, &job->row, why, sizeof why);
    vr_job_end(job, vr_err_exit(VR_ERR_DEVICE), "", why[0] ? why : "no device became free");
}

void vr_jobs_expire(struct vr_daemon *daemon, int64_t now_ns, int64_t *deadline_ns)
{
    char why[128];
    snprintf(
        why, sizeof why, "cancelled: no client came to follow it within %g s",
        daemon->config->bound_grace_s);
    for (struct vr_job *job = daemon->jobs; job; job = job->next) {
        if (job->row.state == VR_JOB_ENDED || job->row.is_cancelled)
            continue;
        bool waits = job->row.state == VR_JOB_QUEUED && job->row.starts == 0;
        if (job->bind_by_ns <= now_ns)
            cancel(job, why);
        else if (waits && job->give_up_ns <= now_ns)
            give_up(job);
        else
            *deadline_ns = vr_sooner(
                *deadline_ns, vr_sooner(job->bind_by_ns, waits ? job->give_up_ns : VR_NEVER_NS));
    }
}
