/* Jobs: submitted, listed, cancelled, and what they left behind. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "report/report.h"
#include "service/api_parts.h"
#include "service/compose.h"

#define JOBS_MAX 10000
#define JOBS_DEFAULT 100

/* --- telling of jobs ------------------------------------------------------------------------- */

struct listing {
    struct vr_daemon *daemon;
    struct vr_json_writer *writer;
};

static char *tags_of(const struct vr_job_row *job)
{
    struct vr_order order = {0};
    char *tags = NULL;
    if (vr_order_parse(job->order_json, strlen(job->order_json), "order", &order, NULL) == 0)
        tags = vr_describe_tags(&order);
    vr_order_finish(&order);
    return tags;
}

/* The members of a job, of an object that is open. */
static int describe(void *context, const struct vr_job_row *job)
{
    const struct listing *listing = context;
    char waiting_for[VR_ERR_TEXT_SIZE] = "";
    _cleanup_free_ char *tags = tags_of(job);
    vr_daemon_waiting_for(listing->daemon, job, waiting_for, sizeof waiting_for);
    vr_describe_job(listing->writer, job, tags ? tags : "", waiting_for);
    return 0;
}

static int list(void *context, const struct vr_job_row *job)
{
    const struct listing *listing = context;
    vr_json_write_object(listing->writer, NULL);
    describe(context, job);
    vr_json_write_end(listing->writer);
    return 0;
}

static void reply_job(struct vr_api *api, int64_t job_id, int status, struct vr_reply *reply)
{
    struct listing listing = {.daemon = api->daemon, .writer = vr_reply_json(reply)};
    if (listing.writer && vr_api_job_find(api, job_id, describe, &listing, reply))
        vr_reply_json_end(reply, status);
}

void vr_api_job(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    reply_job(api, call->route->number, 200, reply);
}

static int state_read(const char *word, enum vr_job_state *ret_state, struct vr_err *err)
{
    static const enum vr_job_state states[] = {VR_JOB_QUEUED, VR_JOB_RUNNING, VR_JOB_ENDED};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        *ret_state = states[i];
        if (strcmp(vr_job_state_word(states[i]), word) == 0)
            return 0;
    }
    return vr_err_set(
        err, VR_ERR_USAGE, "request: state is \"%s\", and must be queued, running or ended", word);
}

void vr_api_jobs(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    const char *word = vr_route_parameter(call->route, "state");
    enum vr_job_state state = VR_JOB_QUEUED;
    struct vr_err err = {0};
    int64_t limit;
    int r = word ? state_read(word, &state, &err) : 0;
    if (r == 0)
        r = vr_route_number(call->route, "limit", 1, JOBS_MAX, JOBS_DEFAULT, &limit, &err);
    struct listing listing = {
        .daemon = api->daemon, .writer = r == 0 ? vr_reply_json(reply) : NULL};
    if (r == 0 && !listing.writer)
        return;
    if (r == 0) {
        const struct vr_job_filter filter = {
            .state = word ? &state : NULL,
            .user = vr_route_parameter(call->route, "user"),
            .campaign = vr_route_parameter(call->route, "campaign"),
            .limit = (size_t)limit,
        };
        vr_json_write_array(listing.writer, "jobs");
        r = vr_queue_jobs(vr_daemon_queue(api->daemon), &filter, list, &listing, &err);
    }
    if (r < 0) {
        vr_reply_err(reply, &err);
        return;
    }
    vr_json_write_end(listing.writer);
    vr_reply_json_end(reply, 200);
}

/* --- changing them --------------------------------------------------------------------------- */

void vr_api_job_submit(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    struct vr_answer answer = {0};
    struct vr_order order = {0};
    int64_t job_id = 0;
    int r = vr_daemon_submit(api->daemon, call->user, call->body, call->size, &job_id, &answer);
    if (r < 0) {
        vr_reply_answer(reply, &answer);
        return;
    }
    if (job_id) {
        reply_job(api, job_id, 201, reply);
        return;
    }
    r = vr_order_parse(call->body, call->size, "order", &order, &answer.err);
    struct vr_json_writer *writer = vr_reply_json(reply);
    if (writer) {
        vr_json_write_null(writer, "job");
        vr_json_write_uint(writer, "known", r == 0 ? order.key_count : 0);
        vr_reply_json_end(reply, 200);
    }
    vr_order_finish(&order);
}

void vr_api_job_cancel(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    struct vr_answer answer = {0};
    char why[128];
    snprintf(why, sizeof why, "cancelled by %s", call->user->name);
    if (vr_daemon_cancel(api->daemon, call->user, call->route->number, why, &answer) < 0)
        vr_reply_answer(reply, &answer);
    else
        reply_job(api, call->route->number, 202, reply);
}

/* --- what they left -------------------------------------------------------------------------- */

static int note_state(void *context, const struct vr_job_row *job)
{
    *(enum vr_job_state *)context = job->state;
    return 0;
}

/* Path of the run file of a job that has ended; NULL = there is none, and the reply says why. */
static char *run_file(struct vr_api *api, int64_t job_id, struct vr_reply *reply)
{
    enum vr_job_state state = VR_JOB_QUEUED;
    struct vr_answer answer = {0};
    char *path = NULL;
    if (!vr_api_job_find(api, job_id, note_state, &state, reply))
        return NULL;
    int r = 0;
    if (state != VR_JOB_ENDED)
        r = vr_refuse(
            &answer, VR_REFUSED_STATE, VR_ERR_USAGE,
            "request: job %lld is %s: its run file is whole when it has ended", (long long)job_id,
            vr_job_state_word(state));
    if (r == 0)
        r = vr_daemon_run_file(api->daemon, job_id, &path, &answer);
    if (r == 0)
        return path;
    vr_reply_answer(reply, &answer);
    return NULL;
}

static int write_report(
    const char *path, const struct vr_report_driver *form, struct vr_reply *reply,
    struct vr_err *err)
{
    _cleanup_(vr_store_closep) struct vr_store *store = NULL;
    _cleanup_(vr_report_finish) struct vr_report report = {0};
    int64_t run_id;
    int r = vr_store_open(path, VR_STORE_READ, &store, err);
    if (r == 0)
        r = vr_store_run_find(store, "last", &run_id, err);
    if (r == 0)
        r = vr_report_load(store, run_id, &report, err);
    if (r < 0)
        return r;
    FILE *out = open_memstream(&reply->body, &reply->size);
    if (!out)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the report");
    form->write(&report, out);
    return fclose(out) == 0 ? 0 : vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the report");
}

static const char *content_type_of(const char *form)
{
    if (strcmp(form, "json") == 0)
        return "application/json";
    return strcmp(form, "junit") == 0 ? "application/xml" : "text/plain; charset=utf-8";
}

void vr_api_job_report(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    const char *name = vr_route_parameter(call->route, "format");
    struct vr_err err = {0};
    const struct vr_report_driver *form = vr_report_find(name ? name : "text", &err);
    if (!form) {
        err.code = VR_ERR_USAGE; /* a word of the request, not a thing that could be there */
        vr_reply_err(reply, &err);
        return;
    }
    _cleanup_free_ char *path = run_file(api, call->route->number, reply);
    if (!path)
        return;
    if (write_report(path, form, reply, &err) < 0) {
        vr_reply_err(reply, &err);
        return;
    }
    reply->status = 200;
    reply->content_type = content_type_of(form->name);
}

void vr_api_job_run_file(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    struct vr_err err = {0};
    struct stat info;
    _cleanup_free_ char *path = run_file(api, call->route->number, reply);
    if (!path)
        return;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &info) < 0 || !S_ISREG(info.st_mode)) {
        if (fd < 0 && errno == ENOENT)
            vr_err_set(&err, VR_ERR_NOT_FOUND, "%s: the run file is gone", path);
        else
            vr_err_set(&err, VR_ERR_IO, "%s: the run file cannot be read", path);
        if (fd >= 0)
            close(fd);
        vr_reply_err(reply, &err);
        return;
    }
    const char *slash = strrchr(path, '/');
    snprintf(reply->file_name, sizeof reply->file_name, "%s", slash ? slash + 1 : path);
    reply->fd = fd;
    reply->size = (size_t)info.st_size;
    reply->status = 200;
    reply->content_type = "application/vnd.sqlite3";
}
