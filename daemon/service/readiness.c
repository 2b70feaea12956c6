/* Whether the daemon can do its work, in words and for the watchdog. */
#include "service/state.h"

#include <string.h>

static bool is_any_usable(const struct vr_daemon *daemon)
{
    for (size_t i = 0; i < daemon->bench.count; i++) {
        const struct vr_bench_dut *dut = &daemon->bench.duts[i];
        if (dut->is_present && dut->health != VR_DUT_QUARANTINED)
            return true;
    }
    return false;
}

void vr_daemon_readiness(struct vr_daemon *daemon, char *text, size_t size)
{
    vr_look_at_disk(daemon, vr_clock_monotonic_ns());
    text[0] = '\0';
    if (vr_obstacle(daemon)[0])
        snprintf(text, size, "%s", vr_obstacle(daemon));
    else if (daemon->ingest_trouble[0])
        snprintf(text, size, "the catalogue cannot be written: %s", daemon->ingest_trouble);
    else if (!is_any_usable(daemon))
        snprintf(text, size, "no device can be used: each is absent or quarantined");
}

static const struct vr_job *first_due(const struct vr_daemon *daemon)
{
    const struct vr_job *first = NULL;
    for (const struct vr_job *job = daemon->jobs; job; job = job->next)
        if (job->worker &&
            (!first || vr_worker_deadline_ns(job->worker) < vr_worker_deadline_ns(first->worker)))
            first = job;
    return first;
}

/* A loop with nothing to do turns for the next question, so that this one can be answered. */
bool vr_daemon_is_alive(struct vr_daemon *daemon, char *text, size_t size)
{
    int64_t now_ns = vr_clock_monotonic_ns();
    const struct vr_job *due = first_due(daemon);
    char worker[128] = "";
    if (due)
        snprintf(
            worker, sizeof worker, "job %lld on %s", (long long)due->row.job_id, due->row.on_dut);
    const struct vr_watchdog_view view = {
        .turns = daemon->turns,
        .waiting = vr_keeper_waiting(daemon->keeper),
        .busy_ns = vr_keeper_busy_ns(daemon->keeper, now_ns),
        .busy_max_ns = vr_after_s(0, daemon->config->catalogue_stuck_s),
        .deadline_ns = due ? vr_worker_deadline_ns(due->worker) : VR_NEVER_NS,
        .worker = worker,
    };
    vr_poke(daemon);
    return vr_watchdog_may_ping(&daemon->watchdog, &view, now_ns, text, size);
}

void vr_daemon_status(struct vr_daemon *daemon, char *text, size_t size)
{
    size_t busy = 0, queued = 0;
    for (size_t i = 0; i < daemon->bench.count; i++)
        busy += daemon->bench.duts[i].job_id || daemon->bench.duts[i].lease_id;
    for (const struct vr_job *job = daemon->jobs; job; job = job->next)
        queued += job->row.state == VR_JOB_QUEUED;
    int used = snprintf(
        text, size, "%zu of %zu devices busy, %zu jobs queued", busy, daemon->bench.count, queued);
    if (vr_obstacle(daemon)[0] && used >= 0 && (size_t)used < size)
        snprintf(text + used, size - (size_t)used, "; %s", vr_obstacle(daemon));
}
