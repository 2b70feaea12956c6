/* A turn: what follows from all that has changed, once, and when to look again. */
#include "service/state.h"

#include <string.h>

#define STORE_AGAIN_S 1

int64_t vr_after_s(int64_t now_ns, double seconds)
{
    double ns = seconds * (double)VR_NS_PER_S;
    return ns < (double)(VR_NEVER_NS - now_ns) ? now_ns + (int64_t)ns : VR_NEVER_NS;
}

void vr_poke_later(struct vr_daemon *daemon)
{
    if (daemon->turn)
        sd_event_source_set_enabled(daemon->turn, SD_EVENT_ONESHOT);
}

void vr_poke(struct vr_daemon *daemon)
{
    daemon->has_changed = true;
    vr_poke_later(daemon);
}

/* Workers have stopped, and what had ended is in the catalogue; for that there is as much time as for workers. */
static bool is_drained(const struct vr_daemon *daemon, int64_t now_ns)
{
    if (!daemon->is_draining || daemon->leases)
        return false;
    for (const struct vr_job *job = daemon->jobs; job; job = job->next)
        if (job->worker || (job->row.state == VR_JOB_ENDED && now_ns < daemon->drain_by_ns))
            return false;
    return now_ns >= daemon->drain_by_ns || vr_keeper_waiting(daemon->keeper) == 0;
}

static void look_again(struct vr_daemon *daemon, int64_t deadline_ns)
{
    if (deadline_ns == VR_NEVER_NS) {
        sd_event_source_set_enabled(daemon->timer, SD_EVENT_OFF);
        return;
    }
    uint64_t at_us = (uint64_t)(deadline_ns + VR_NS_PER_US - 1) / (uint64_t)VR_NS_PER_US;
    sd_event_source_set_time(daemon->timer, at_us);
    sd_event_source_set_enabled(daemon->timer, SD_EVENT_ONESHOT);
}

/* What follows from changes; sixteen workers that only tell of their progress cost none of it. */
static int64_t follow_changes(struct vr_daemon *daemon)
{
    int64_t now_ns = vr_clock_monotonic_ns(), deadline_ns = VR_NEVER_NS;
    daemon->has_changed = false;
    vr_leases_expire(daemon, now_ns, &deadline_ns);
    vr_care(daemon, now_ns, &deadline_ns);
    vr_dispatch(daemon, now_ns, &deadline_ns);
    vr_jobs_expire(daemon, now_ns, &deadline_ns);
    vr_ingest_all(daemon, now_ns, &deadline_ns);
    return deadline_ns;
}

static void turn(struct vr_daemon *daemon)
{
    bool had_changed = daemon->has_changed;
    int64_t deadline_ns = had_changed ? follow_changes(daemon) : daemon->deadline_ns;
    if (vr_flush(daemon, NULL) < 0)
        deadline_ns = vr_sooner(deadline_ns, vr_after_s(vr_clock_monotonic_ns(), STORE_AGAIN_S));
    else if (had_changed)
        vr_ingest_all(daemon, vr_clock_monotonic_ns(), &deadline_ns); /* what is stored may go */
    if (daemon->is_draining && daemon->drain_by_ns > vr_clock_monotonic_ns())
        deadline_ns = vr_sooner(deadline_ns, daemon->drain_by_ns);
    daemon->deadline_ns = deadline_ns;
    vr_reader_close(daemon);
    vr_wake_listeners(daemon);
    look_again(daemon, deadline_ns);
    daemon->turns++;
    if (is_drained(daemon, vr_clock_monotonic_ns()))
        sd_event_exit(daemon->loop, 0);
}

static int on_turn(sd_event_source *source, void *context)
{
    (void)source;
    turn(context);
    return 0;
}

static int on_timer(sd_event_source *source, uint64_t now_us, void *context)
{
    (void)source, (void)now_us;
    vr_poke(context);
    return 0;
}

int vr_turn_start(struct vr_daemon *daemon, struct vr_err *err)
{
    int r = sd_event_add_defer(daemon->loop, &daemon->turn, on_turn, daemon);
    /* Behind everything that may come in the same pass, and before the timers of silence. */
    if (r >= 0)
        r = sd_event_source_set_priority(daemon->turn, SD_EVENT_PRIORITY_NORMAL + 15);
    if (r >= 0)
        r = sd_event_add_time(
            daemon->loop, &daemon->timer, CLOCK_MONOTONIC, 0, 1, on_timer, daemon);
    if (r >= 0)
        return 0;
    return vr_err_set(err, VR_ERR_IO, "the event loop: %s", strerror(-r));
}
