/* Recovery: what a daemon before left behind.
 *
 * Its workers are killed if they still are there; their jobs go on in their run files.  Runs that had ended go into the catalogue. */
#include "service/say.h"
#include "service/state.h"

#include <stdlib.h>
#include <string.h>

struct recovery {
    struct vr_daemon *daemon;
    struct vr_err *err;
    int resumed;
};

static int take_in(struct recovery *recovery, const struct vr_job_row *row, struct vr_job **ret_job)
{
    struct vr_order order;
    vr_order_init(&order);
    int r = vr_order_parse(
        row->order_json, strlen(row->order_json), "its order", &order, recovery->err);
    if (r == 0) {
        *ret_job = vr_job_take_in(recovery->daemon, row, &order);
        if (!*ret_job)
            r = vr_err_set(recovery->err, VR_ERR_NO_MEMORY, "no memory for a job");
    }
    vr_order_finish(&order);
    return r;
}

/* Orders were checked when they came; one that a newer program cannot read any more is not run. */
static int take_in_any(struct recovery *recovery, const struct vr_job_row *row)
{
    struct vr_job *job = NULL;
    struct vr_order none;
    int r = take_in(recovery, row, &job);
    if (r < 0 && recovery->err->code == VR_ERR_INPUT) {
        vr_order_init(&none);
        job = vr_job_take_in(recovery->daemon, row, &none);
        if (job && row->state != VR_JOB_ENDED)
            vr_job_end(job, vr_err_exit(VR_ERR_INPUT), "", recovery->err->text);
        r = job ? 0 : -VR_ERR_NO_MEMORY;
    }
    if (r < 0 || row->state == VR_JOB_ENDED)
        return r;
    if (row->state == VR_JOB_RUNNING && job->row.state != VR_JOB_ENDED) {
        job->row.state = VR_JOB_QUEUED;
        job->row.worker_pid = 0;
        job->row.worker_start = 0;
        job->is_dirty = true;
        recovery->resumed++;
        r = vr_job_set(&job->row.on_dut, "");
    }
    if (r == 0 && row->is_cancelled && job->row.state != VR_JOB_ENDED)
        vr_job_end(job, vr_err_exit(VR_ERR_INTERRUPTED), "", row->why);
    else if (r == 0 && vr_job_is_check(row) && job->row.state != VR_JOB_ENDED)
        vr_job_end(job, vr_err_exit(VR_ERR_INTERRUPTED), "", "the daemon was started again");
    return r;
}

static int take_in_live(void *context, const struct vr_job_row *row)
{
    if (row->state == VR_JOB_RUNNING && row->worker_pid > 0)
        vr_worker_kill_orphan(row->worker_pid, row->worker_start);
    return take_in_any(context, row);
}

static int take_in_ended(void *context, const struct vr_job_row *row)
{
    return take_in_any(context, row);
}

int vr_recover(struct vr_daemon *daemon, struct vr_err *err)
{
    struct recovery recovery = {.daemon = daemon, .err = err};
    const enum vr_job_state states[] = {VR_JOB_RUNNING, VR_JOB_QUEUED};
    int r = vr_queue_jobs_to_ingest(daemon->queue, take_in_ended, &recovery, err);
    for (size_t i = 0; i < 2 && r == 0; i++) {
        const struct vr_job_filter filter = {.state = &states[i], .oldest_first = true};
        r = vr_queue_jobs(daemon->queue, &filter, take_in_live, &recovery, err);
    }
    if (r == 0 && daemon->job_count > 0)
        vr_say_of(
            VR_LOG_LIFE, LOG_NOTICE, NULL,
            "%zu jobs are taken up again, %d of them in their middle", daemon->job_count,
            recovery.resumed);
    return r;
}
