/* What the daemon's metrics are now; what happens is counted when it does. */
#include "service/state.h"

#include <sys/stat.h>

#include "base/cleanup.h"

static int count_job(void *context, const struct vr_job_row *job)
{
    (void)job;
    ++*(size_t *)context;
    return 0;
}

/* Those that ended are as many as the queue remembers, which nobody wants to know. */
static int gather_jobs(struct vr_daemon *daemon, struct vr_err *err)
{
    static const enum vr_job_state states[] = {VR_JOB_QUEUED, VR_JOB_RUNNING};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        const struct vr_job_filter filter = {.state = &states[i]};
        size_t count = 0;
        int r = vr_queue_jobs(daemon->queue, &filter, count_job, &count, err);
        if (r < 0)
            return r;
        vr_metrics_set(
            daemon->metrics, VR_METRIC_JOBS, vr_job_state_word(states[i]), NULL, (double)count);
    }
    return 0;
}

static void gather_duts(struct vr_daemon *daemon)
{
    vr_metrics_clear(daemon->metrics, VR_METRIC_DUT_STATE);
    vr_metrics_clear(daemon->metrics, VR_METRIC_DUT_FAILURES);
    for (size_t i = 0; i < daemon->bench.count; i++) {
        const struct vr_bench_dut *dut = &daemon->bench.duts[i];
        vr_metrics_set_dut(daemon->metrics, dut->rig->name, vr_bench_word(dut));
        vr_metrics_set(
            daemon->metrics, VR_METRIC_DUT_FAILURES, dut->rig->name, NULL, (double)dut->failures);
    }
}

static void gather_leases(struct vr_daemon *daemon)
{
    const struct vr_lease *lease;
    size_t held = 0;
    for (size_t i = 0; (lease = vr_daemon_lease_at(daemon, i)); i++)
        held += lease->since_utc_ns != 0;
    vr_metrics_set(daemon->metrics, VR_METRIC_LEASES, NULL, NULL, (double)held);
}

/* The connection that writes it is the keeper's: so the file is asked. */
static double catalogue_wal_bytes(const struct vr_daemon *daemon)
{
    struct stat info;
    _cleanup_free_ char *path = NULL;
    if (asprintf(&path, "%s-wal", daemon->catalogue_path) < 0)
        path = NULL;
    return path && stat(path, &info) == 0 ? (double)info.st_size : 0;
}

static int gather(struct vr_daemon *daemon, struct vr_err *err)
{
    struct vr_metrics *metrics = daemon->metrics;
    char why[VR_ERR_TEXT_SIZE] = "";
    int64_t first, last;
    int r = vr_queue_event_range(daemon->queue, &first, &last, err);
    if (r == 0)
        r = gather_jobs(daemon, err);
    if (r < 0)
        return r;
    vr_daemon_readiness(daemon, why, sizeof why);
    gather_duts(daemon);
    gather_leases(daemon);
    vr_metrics_set(metrics, VR_METRIC_READY, NULL, NULL, why[0] ? 0 : 1);
    vr_metrics_set(metrics, VR_METRIC_EVENTS_LAST_ID, NULL, NULL, (double)last);
    vr_metrics_set(
        metrics, VR_METRIC_WAL_BYTES, "queue", NULL, (double)vr_queue_wal_bytes(daemon->queue));
    vr_metrics_set(metrics, VR_METRIC_WAL_BYTES, "catalogue", NULL, catalogue_wal_bytes(daemon));
    vr_metrics_set(
        metrics, VR_METRIC_INGEST_WAITING, NULL, NULL, (double)vr_keeper_waiting(daemon->keeper));
    vr_metrics_set_process(metrics);
    return 0;
}

int vr_daemon_metrics(struct vr_daemon *daemon, FILE *out)
{
    struct vr_err err = {0};
    int r = gather(daemon, &err);
    return r < 0 ? r : vr_metrics_write(daemon->metrics, out, &err);
}

int vr_daemon_metrics_file(struct vr_daemon *daemon, const char *path, struct vr_err *err)
{
    int r = gather(daemon, err);
    return r < 0 ? r : vr_metrics_write_file(daemon->metrics, path, err);
}

void vr_daemon_count_answer(struct vr_daemon *daemon, int status)
{
    char code[16];
    snprintf(code, sizeof code, "%d", status);
    vr_metrics_count(daemon->metrics, VR_METRIC_HTTP_REQUESTS, code, 1);
}
