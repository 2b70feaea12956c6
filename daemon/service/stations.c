/* Stations: the lock of each device, and who has it through the daemon. */
#include "service/state.h"

#include <stdlib.h>
#include <string.h>

#define FOREIGN_TRY_S 1

/* --- the list ------------------------------------------------------------------------------- */

static struct vr_station *station_make(const char *name)
{
    struct vr_station *station = calloc(1, sizeof *station);
    if (!station)
        return NULL;
    snprintf(station->name, sizeof station->name, "%s", name);
    station->lock = VR_DUT_LOCK_NONE;
    return station;
}

static void station_free(struct vr_station *station)
{
    if (!station)
        return;
    vr_dut_lock_release(&station->lock);
    free(station);
}

/* Those that the bench has already are taken over: whoever uses one goes on. */
int vr_stations_make(struct vr_daemon *daemon, struct vr_err *err)
{
    size_t count = daemon->bench.count;
    struct vr_station **stations = calloc(count + 1, sizeof *stations);
    bool is_made = stations != NULL;
    for (size_t i = 0; i < count && is_made; i++) {
        const char *name = daemon->bench.duts[i].rig->name;
        stations[i] = vr_station_find(daemon, name);
        if (!stations[i])
            is_made = (stations[i] = station_make(name)) != NULL;
    }
    if (!is_made) {
        free(stations);
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the bench");
    }
    for (size_t i = 0; i < daemon->station_count; i++)
        if (!vr_bench_find(&daemon->bench, daemon->stations[i]->name))
            station_free(daemon->stations[i]);
    free(daemon->stations);
    daemon->stations = stations;
    daemon->station_count = count;
    return 0;
}

void vr_stations_finish(struct vr_daemon *daemon)
{
    for (size_t i = 0; i < daemon->station_count; i++)
        station_free(daemon->stations[i]);
    free(daemon->stations);
    daemon->stations = NULL;
    daemon->station_count = 0;
}

struct vr_station *vr_station_find(struct vr_daemon *daemon, const char *name)
{
    for (size_t i = 0; i < daemon->station_count; i++)
        if (strcmp(daemon->stations[i]->name, name) == 0)
            return daemon->stations[i];
    return NULL;
}

struct vr_bench_dut *vr_station_dut(struct vr_daemon *daemon, const struct vr_station *station)
{
    return vr_bench_find(&daemon->bench, station->name);
}

/* --- its lock ------------------------------------------------------------------------------- */

static void set_foreign(struct vr_daemon *daemon, struct vr_station *station, const char *who)
{
    vr_bench_set_foreign(
        &daemon->bench, vr_station_dut(daemon, station), who, vr_clock_monotonic_ns(),
        vr_clock_utc_ns());
}

static void note_foreign(
    struct vr_daemon *daemon, struct vr_station *station, const struct vr_dut_holder *holder)
{
    char text[512];
    station->next_try_ns = vr_after_s(vr_clock_monotonic_ns(), FOREIGN_TRY_S);
    set_foreign(daemon, station, vr_dut_holder_text(holder, text, sizeof text));
    vr_poke_later(daemon); /* for its deadline: a worse word may hide the change */
}

/* The lock cannot even be tried. */
static void note_unknown(struct vr_daemon *daemon, struct vr_station *station, const char *why)
{
    char text[VR_ERR_TEXT_SIZE + 32];
    snprintf(text, sizeof text, "nobody knows whom (%s)", why);
    station->next_try_ns = vr_after_s(vr_clock_monotonic_ns(), FOREIGN_TRY_S);
    set_foreign(daemon, station, text);
    vr_poke_later(daemon);
}

bool vr_station_lock(
    struct vr_daemon *daemon, struct vr_station *station, const struct vr_dut_holder *holder)
{
    struct vr_err err = {0};
    struct vr_dut_holder other;
    if (station->lock.fd >= 0)
        return vr_dut_lock_describe(&station->lock, holder, &err) == 0 || err.code != VR_OK;
    int r = vr_dut_lock_take(
        daemon->rig->name, station->name, holder, 0, NULL, NULL, NULL, &station->lock, &other,
        &err);
    if (r == 0 && station->next_try_ns) {
        station->next_try_ns = 0;
        set_foreign(daemon, station, "");
    }
    if (r == 0)
        return true;
    if (r == -VR_ERR_DEVICE)
        note_foreign(daemon, station, &other);
    else
        note_unknown(daemon, station, err.text);
    return false;
}

void vr_daemon_look_at_locks(struct vr_daemon *daemon)
{
    struct vr_dut_holder holder;
    for (size_t i = 0; i < daemon->station_count; i++) {
        struct vr_station *station = daemon->stations[i];
        if (station->lock.fd < 0 && !station->next_try_ns &&
            vr_dut_lock_holder(daemon->rig->name, station->name, &holder))
            note_foreign(daemon, station, &holder);
    }
}

void vr_station_settle(struct vr_daemon *daemon, struct vr_station *station)
{
    (void)daemon;
    if (!station->job && !station->lease)
        vr_dut_lock_release(&station->lock);
}

/* --- who has it ----------------------------------------------------------------------------- */

void vr_station_set_job(struct vr_daemon *daemon, struct vr_station *station, struct vr_job *job)
{
    station->job = job;
    vr_bench_set_job(
        &daemon->bench, vr_station_dut(daemon, station), job ? job->row.job_id : 0,
        vr_clock_monotonic_ns(), vr_clock_utc_ns());
    vr_station_settle(daemon, station);
}

void vr_station_set_lease(
    struct vr_daemon *daemon, struct vr_station *station, struct vr_held_lease *lease)
{
    station->lease = lease;
    vr_bench_set_lease(
        &daemon->bench, vr_station_dut(daemon, station), lease ? lease->lease.lease_id : 0,
        lease ? lease->lease.user.uid : (uid_t)-1, vr_clock_monotonic_ns(), vr_clock_utc_ns());
    vr_station_settle(daemon, station);
}
