/* Telling: events and changed rows go into the queue together, one transaction for a pass of the loop. */
#include "service/compose.h"
#include "service/say.h"
#include "service/state.h"

#include <stdlib.h>
#include <string.h>

/* With the disk full for long, the oldest go: rows say how it is, events only how it came. */
#define TOLD_MAX 20000

/* --- events --------------------------------------------------------------------------------- */

static void drop_first(struct vr_daemon *daemon)
{
    struct vr_told *told = daemon->told;
    daemon->told = told->next;
    if (!daemon->told)
        daemon->told_end = &daemon->told;
    daemon->told_count--;
    free(told->data);
    free(told);
}

void vr_told_finish(struct vr_daemon *daemon)
{
    while (daemon->told)
        drop_first(daemon);
}

void vr_tell(struct vr_daemon *daemon, int64_t job_id, const char *kind, char *data)
{
    struct vr_told *told = data ? calloc(1, sizeof *told) : NULL;
    if (!told) {
        free(data);
        return;
    }
    *told =
        (struct vr_told){.job_id = job_id, .utc_ns = vr_clock_utc_ns(), .kind = kind, .data = data};
    if (daemon->told_count == TOLD_MAX)
        drop_first(daemon);
    *daemon->told_end = told;
    daemon->told_end = &told->next;
    daemon->told_count++;
    vr_poke_later(daemon);
}

/* --- storing -------------------------------------------------------------------------------- */

static int store_events(struct vr_daemon *daemon, struct vr_err *err)
{
    int r = 0;
    for (const struct vr_told *told = daemon->told; told && r == 0; told = told->next) {
        struct vr_event_row row = {
            .job_id = told->job_id, .utc_ns = told->utc_ns, .kind = told->kind, .data = told->data};
        r = vr_queue_event_add(daemon->queue, &row, err);
    }
    return r;
}

static int store_rows(struct vr_daemon *daemon, struct vr_err *err)
{
    int r = 0;
    for (const struct vr_job *job = daemon->jobs; job && r == 0; job = job->next)
        if (job->is_dirty)
            r = vr_queue_job_update(daemon->queue, &job->row, err);
    return r;
}

static bool has_dirty(const struct vr_daemon *daemon)
{
    for (const struct vr_job *job = daemon->jobs; job; job = job->next)
        if (job->is_dirty)
            return true;
    return false;
}

int vr_commit(struct vr_daemon *daemon, struct vr_err *err)
{
    int64_t begun_ns = vr_clock_monotonic_ns();
    int r = vr_queue_commit(daemon->queue, err);
    if (r == 0)
        vr_metrics_observe(
            daemon->metrics, VR_METRIC_STORE_COMMIT_SECONDS,
            (double)(vr_clock_monotonic_ns() - begun_ns) / 1e9);
    return r;
}

static int store(struct vr_daemon *daemon, struct vr_err *err)
{
    int r = vr_queue_begin(daemon->queue, err);
    if (r < 0)
        return r;
    r = store_rows(daemon, err);
    if (r == 0)
        r = store_events(daemon, err);
    if (r == 0)
        r = vr_commit(daemon, err);
    if (r < 0)
        vr_queue_rollback(daemon->queue);
    return r;
}

int vr_flush(struct vr_daemon *daemon, struct vr_err *err)
{
    struct vr_err own = {0};
    if (!daemon->told && !has_dirty(daemon) && !daemon->queue_trouble[0])
        return 0;
    int r = store(daemon, &own);
    if (r < 0) {
        if (!daemon->queue_trouble[0])
            vr_say_of(
                VR_LOG_STORE, LOG_ERR, &(struct vr_log_about){.errclass = vr_err_name(own.code)},
                "the queue cannot be written, so nothing is started: %s", own.text);
        snprintf(daemon->queue_trouble, sizeof daemon->queue_trouble, "%s", own.text);
        if (err)
            *err = own;
        return r;
    }
    if (daemon->queue_trouble[0])
        vr_say_of(VR_LOG_STORE, LOG_NOTICE, NULL, "the queue can be written again");
    daemon->queue_trouble[0] = '\0';
    for (struct vr_job *job = daemon->jobs; job; job = job->next)
        job->is_dirty = false;
    daemon->has_news |= daemon->told != NULL;
    vr_told_finish(daemon);
    return 0;
}

/* --- listeners ------------------------------------------------------------------------------ */

void vr_daemon_listen(struct vr_daemon *daemon, struct vr_listener *listener)
{
    listener->next = daemon->listeners;
    daemon->listeners = listener;
}

void vr_daemon_unlisten(struct vr_daemon *daemon, struct vr_listener *listener)
{
    struct vr_listener **at = &daemon->listeners;
    while (*at && *at != listener)
        at = &(*at)->next;
    if (*at)
        *at = listener->next;
    listener->next = NULL;
}

/* At the end of a turn, never from inside an operation.  A listener that is woken may leave. */
void vr_wake_listeners(struct vr_daemon *daemon)
{
    if (!daemon->has_news)
        return;
    daemon->has_news = false;
    for (struct vr_listener *listener = daemon->listeners, *next; listener; listener = next) {
        next = listener->next;
        listener->woken(listener->context);
    }
}

uint64_t vr_daemon_progress(struct vr_daemon *daemon, int64_t job_id, double *ret_fraction)
{
    const struct vr_job *job = vr_job_find(daemon, job_id);
    *ret_fraction = job ? job->progress : 0;
    return job ? job->progress_number : 0;
}
