/* Reloading: the rig file again, under whoever works with the bench. */
#include "service/say.h"
#include "service/state.h"

#include <string.h>

static bool has_device(const struct vr_rig *rig, const char *name)
{
    for (size_t i = 0; i < rig->dut_count; i++)
        if (strcmp(rig->duts[i].name, name) == 0)
            return true;
    return false;
}

/* A device that somebody uses, or waits for, stays; the rig's name is that of its locks and of its rows in the catalogue. */
static int check(struct vr_daemon *daemon, const struct vr_rig *rig, struct vr_err *err)
{
    if (strcmp(rig->name, daemon->rig->name) != 0)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: the rig is called %s now, and was %s: start the daemon again",
            daemon->rig_file, rig->name, daemon->rig->name);
    for (size_t i = 0; i < daemon->station_count; i++) {
        const struct vr_station *station = daemon->stations[i];
        bool is_used = station->job || station->lease || vr_lease_is_wanted(daemon, station);
        if (is_used && !has_device(rig, station->name))
            return vr_err_set(
                err, VR_ERR_INPUT, "%s: %s is in use, and is not in it any more", daemon->rig_file,
                station->name);
    }
    return 0;
}

static int replace(struct vr_daemon *daemon, struct vr_rig *rig, struct vr_err *err)
{
    struct vr_bench bench = {0};
    int r = vr_bench_init(&bench, rig, &daemon->bench.policy, err);
    if (r < 0)
        return r;
    vr_bench_adopt(&bench, &daemon->bench);
    struct vr_bench before = daemon->bench;
    bench.changed = before.changed;
    bench.context = before.context;
    daemon->bench = bench;
    r = vr_stations_make(daemon, err);
    if (r < 0) {
        daemon->bench = before;
        vr_bench_finish(&bench);
        return r;
    }
    struct vr_rig *old = daemon->rig;
    daemon->rig = rig;
    struct vr_err trouble;
    if (vr_attend(daemon, &trouble) < 0)
        vr_say(SD_ERR, "devices that come and go are not seen any more: %s", trouble.text);
    vr_bench_finish(&before);
    vr_rig_destroy(old);
    return 0;
}

int vr_daemon_reload(struct vr_daemon *daemon, struct vr_err *err)
{
    struct vr_rig *rig = NULL;
    int r = vr_rig_load(daemon->rig_file, &rig, err);
    if (r == 0)
        r = check(daemon, rig, err);
    if (r == 0)
        r = replace(daemon, rig, err);
    if (r < 0) {
        vr_rig_destroy(rig);
        return r;
    }
    vr_say_of(
        VR_LOG_LIFE, LOG_NOTICE, NULL, "%s was read again: %zu devices", daemon->rig_file,
        daemon->bench.count);
    vr_poke(daemon);
    return 0;
}
