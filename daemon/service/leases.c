/* Leases: a device for a person, for a while.  First come, first served; whoever works with it now is not disturbed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "service/compose.h"
#include "service/say.h"
#include "service/state.h"

/* --- telling -------------------------------------------------------------------------------- */

static void tell_lease(
    struct vr_daemon *daemon, const char *kind, const struct vr_lease *lease, const char *why)
{
    struct vr_json_text composed;
    if (vr_compose(&composed, NULL) < 0)
        return;
    vr_describe_lease(&composed.writer, lease);
    if (why)
        vr_json_write_string(&composed.writer, "why", why);
    vr_say_of(
        VR_LOG_LEASE, LOG_INFO, &(struct vr_log_about){.dut = lease->dut}, "%s: %s by %s%s%s",
        lease->dut, why ? "let go" : "taken", lease->user.name, why ? ": " : "", why ? why : "");
    vr_tell(daemon, 0, kind, vr_composed(&composed));
}

/* --- the list ------------------------------------------------------------------------------- */

static struct vr_held_lease *find(struct vr_daemon *daemon, int64_t lease_id)
{
    struct vr_held_lease *held = daemon->leases;
    while (held && held->lease.lease_id != lease_id)
        held = held->next;
    return held;
}

static bool is_taken(const struct vr_held_lease *held)
{
    return held->lease.since_utc_ns != 0;
}

/* Out of the list, and off its device. */
static void let_go(struct vr_daemon *daemon, struct vr_held_lease *held, const char *why)
{
    struct vr_held_lease **at = &daemon->leases;
    while (*at != held)
        at = &(*at)->next;
    *at = held->next;
    if (is_taken(held)) {
        vr_station_set_lease(daemon, held->station, NULL);
        tell_lease(daemon, "lease_ended", &held->lease, why);
    }
    vr_poke(daemon);
}

const struct vr_lease *vr_daemon_lease_at(struct vr_daemon *daemon, size_t index)
{
    const struct vr_held_lease *held = daemon->leases;
    while (held && index-- > 0)
        held = held->next;
    return held ? &held->lease : NULL;
}

bool vr_lease_is_wanted(struct vr_daemon *daemon, const struct vr_station *station)
{
    for (const struct vr_held_lease *held = daemon->leases; held; held = held->next)
        if (held->station == station && !is_taken(held))
            return true;
    return false;
}

/* --- taking --------------------------------------------------------------------------------- */

/* For those who wait: "alice (pid 4711) until 15:20:00Z". */
static void describe_self(struct vr_daemon *daemon, const struct vr_held_lease *held)
{
    struct vr_bench_dut *dut = vr_station_dut(daemon, held->station);
    char iso[VR_CLOCK_ISO_SIZE];
    const char *time = strchr(vr_clock_iso(held->lease.until_utc_ns, iso), 'T');
    snprintf(
        dut->lease_holder, sizeof dut->lease_holder, "%s (pid %d) until %s", held->lease.user.name,
        (int)held->lease.user.pid, time ? time + 1 : iso);
}

/* A person may take a device that is absent or quarantined: to look what is wrong with it. */
static bool take(struct vr_daemon *daemon, struct vr_held_lease *held)
{
    struct vr_station *station = held->station;
    struct vr_lease *lease = &held->lease;
    int64_t now_ns = vr_clock_monotonic_ns(), utc_ns = vr_clock_utc_ns();
    if (station->job || station->lease || station->next_try_ns > now_ns)
        return false;
    struct vr_dut_holder holder = {
        .pid = lease->user.pid,
        .since_utc_ns = utc_ns,
        .until_utc_ns = vr_after_s(utc_ns, held->for_s),
    };
    snprintf(holder.user, sizeof holder.user, "%s", lease->user.name);
    snprintf(holder.program, sizeof holder.program, "vitalrig lock");
    snprintf(holder.reason, sizeof holder.reason, "%s", lease->reason);
    if (!vr_station_lock(daemon, station, &holder))
        return false;
    held->until_ns = vr_after_s(now_ns, held->for_s);
    lease->since_utc_ns = utc_ns;
    lease->until_utc_ns = holder.until_utc_ns;
    vr_station_set_lease(daemon, station, held);
    describe_self(daemon, held);
    tell_lease(daemon, "lease_taken", lease, NULL);
    vr_poke(daemon);
    return true;
}

/* Whoever is told may end its lease at once: then the list is another one. */
static bool grant_one(struct vr_daemon *daemon)
{
    for (struct vr_held_lease *held = daemon->leases; held; held = held->next) {
        if (is_taken(held) || held->is_ending || !take(daemon, held))
            continue;
        held->events.taken(held->events.context, &held->lease);
        return true;
    }
    return false;
}

void vr_leases_grant(struct vr_daemon *daemon, int64_t now_ns)
{
    (void)now_ns;
    while (!daemon->is_draining && grant_one(daemon))
        ;
}

/* --- asking --------------------------------------------------------------------------------- */

static int check_wish(
    struct vr_daemon *daemon, const struct vr_user *user, const struct vr_lease_wish *wish,
    struct vr_answer *answer)
{
    double max_s = daemon->config->lease_max_s;
    if (user->role < VR_ROLE_OPERATOR)
        return vr_refuse(
            answer, VR_REFUSED_FORBIDDEN, VR_ERR_USAGE,
            "%s may only look: locking takes an operator", user->name);
    if (daemon->is_draining)
        return vr_refuse(answer, VR_REFUSED_BUSY, VR_ERR_DEVICE, "the daemon is ending");
    if (!vr_station_find(daemon, wish->dut))
        return vr_refuse(
            answer, VR_REFUSED_NOT_FOUND, VR_ERR_NOT_FOUND,
            "%s: no device \"%s\"; `vitalrig who` lists the devices of this bench",
            daemon->rig_file, wish->dut);
    if (!(wish->for_s > 0 && wish->for_s <= max_s))
        return vr_refuse(
            answer, VR_REFUSED_INPUT, VR_ERR_INPUT,
            "for_s: %g s is not above 0 and at most %g s, the longest lease of this bench",
            wish->for_s, max_s);
    return 0;
}

/* Who is in the way, in words. */
static void describe_holder(
    struct vr_daemon *daemon, const struct vr_station *station, char *text, size_t size)
{
    const struct vr_bench_dut *dut = vr_station_dut(daemon, station);
    char until[VR_CLOCK_ISO_SIZE];
    if (station->lease)
        snprintf(
            text, size, "%s is held by %s (pid %d) until %s: %s", station->name,
            station->lease->lease.user.name, (int)station->lease->lease.user.pid,
            vr_clock_iso(station->lease->lease.until_utc_ns, until), station->lease->lease.reason);
    else if (station->job)
        snprintf(
            text, size, "%s runs job %lld of %s (%s)", station->name,
            (long long)station->job->row.job_id, station->job->row.user,
            station->job->row.scenario);
    else if (dut->foreign[0])
        snprintf(text, size, "%s is held by %s", station->name, dut->foreign);
    else
        snprintf(text, size, "somebody waits for %s already", station->name);
}

static struct vr_held_lease *add(
    struct vr_daemon *daemon, const struct vr_user *user, const struct vr_lease_wish *wish,
    const struct vr_lease_events *events)
{
    struct vr_held_lease *held = calloc(1, sizeof *held), **at = &daemon->leases;
    if (!held)
        return NULL;
    held->station = vr_station_find(daemon, wish->dut);
    held->events = *events;
    held->for_s = wish->for_s;
    held->until_ns = VR_NEVER_NS;
    held->lease.lease_id = ++daemon->last_lease_id;
    held->lease.dut = held->station->name;
    held->lease.user = *user;
    snprintf(held->lease.reason, sizeof held->lease.reason, "%s", wish->reason ? wish->reason : "");
    while (*at)
        at = &(*at)->next;
    *at = held;
    return held;
}

int vr_daemon_lock(
    struct vr_daemon *daemon, const struct vr_user *user, const struct vr_lease_wish *wish,
    const struct vr_lease_events *events, const struct vr_lease **ret_lease,
    struct vr_answer *answer)
{
    char holder[VR_ERR_TEXT_SIZE];
    int r = check_wish(daemon, user, wish, answer);
    if (r < 0)
        return r;
    struct vr_station *station = vr_station_find(daemon, wish->dut);
    bool is_first = !vr_lease_is_wanted(daemon, station);
    struct vr_held_lease *held = add(daemon, user, wish, events);
    if (!held)
        return vr_refuse(answer, VR_REFUSED_INTERNAL, VR_ERR_NO_MEMORY, "no memory for a lease");
    if ((!is_first || !take(daemon, held)) && !wish->waits) {
        describe_holder(daemon, station, holder, sizeof holder);
        let_go(daemon, held, "");
        free(held);
        return vr_refuse(answer, VR_REFUSED_STATE, VR_ERR_DEVICE, "%s", holder);
    }
    *ret_lease = &held->lease;
    return 0;
}

/* --- ending --------------------------------------------------------------------------------- */

void vr_daemon_unlock(struct vr_daemon *daemon, int64_t lease_id)
{
    struct vr_held_lease *held = find(daemon, lease_id);
    if (!held)
        return;
    let_go(daemon, held, "its holder let it go");
    free(held);
}

static void end_later(struct vr_daemon *daemon, struct vr_held_lease *held, const char *why)
{
    held->is_ending = true;
    snprintf(held->ending_why, sizeof held->ending_why, "%s", why);
    vr_poke(daemon);
}

int vr_daemon_lease_end(
    struct vr_daemon *daemon, const struct vr_user *user, int64_t lease_id,
    struct vr_answer *answer)
{
    struct vr_held_lease *held = find(daemon, lease_id);
    char why[128];
    if (!held || held->is_ending)
        return vr_refuse(
            answer, VR_REFUSED_NOT_FOUND, VR_ERR_NOT_FOUND, "no lease %lld", (long long)lease_id);
    bool is_own = user->role >= VR_ROLE_OPERATOR && user->uid == held->lease.user.uid;
    if (!is_own && user->role < VR_ROLE_ADMIN)
        return vr_refuse(
            answer, VR_REFUSED_FORBIDDEN, VR_ERR_USAGE, "lease %lld is %s's", (long long)lease_id,
            held->lease.user.name);
    snprintf(why, sizeof why, "ended by %s", user->name);
    end_later(daemon, held, why);
    return 0;
}

void vr_leases_end_all(struct vr_daemon *daemon, const char *why)
{
    for (struct vr_held_lease *held = daemon->leases; held; held = held->next)
        if (!held->is_ending)
            end_later(daemon, held, why);
}

static struct vr_held_lease *find_over(struct vr_daemon *daemon, int64_t now_ns)
{
    struct vr_held_lease *held = daemon->leases;
    while (held && !held->is_ending && held->until_ns > now_ns)
        held = held->next;
    return held;
}

void vr_leases_expire(struct vr_daemon *daemon, int64_t now_ns, int64_t *deadline_ns)
{
    for (struct vr_held_lease *held; (held = find_over(daemon, now_ns));) {
        const char *why = held->is_ending ? held->ending_why : "its time is over";
        let_go(daemon, held, why);
        held->events.ended(held->events.context, &held->lease, why);
        free(held);
    }
    for (const struct vr_held_lease *held = daemon->leases; held; held = held->next)
        *deadline_ns = vr_sooner(*deadline_ns, held->until_ns);
}

void vr_leases_finish(struct vr_daemon *daemon)
{
    for (struct vr_held_lease *held; (held = daemon->leases);) {
        daemon->leases = held->next;
        free(held);
    }
}
