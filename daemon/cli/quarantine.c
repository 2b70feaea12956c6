/* Reading and ending quarantine. */
#include "cli/quarantine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/places.h"
#include "cli/source.h"
#include "report/plain.h"

static int catalogue_path(const char *db, char **ret_path, struct vr_err *err)
{
    if (!db)
        return vr_places_catalogue(ret_path, err);
    *ret_path = strdup(db);
    return *ret_path ? 0 : vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a path");
}

int vr_quarantine_load(
    struct vr_quarantine *quarantine, const struct vr_rig *rig, const char *db, struct vr_err *err)
{
    _cleanup_free_ char *path = NULL;
    _cleanup_(vr_store_closep) struct vr_store *store = NULL;
    *quarantine = (struct vr_quarantine){.rig = rig};
    int r = rig ? catalogue_path(db, &path, err) : 0;
    if (r < 0 || !rig || access(path, F_OK) < 0)
        return r;
    r = vr_store_open(path, VR_STORE_READ, &store, err);
    if (r < 0)
        return r;
    quarantine->healths = calloc(rig->dut_count + 1, sizeof *quarantine->healths);
    if (!quarantine->healths)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu devices", rig->dut_count);
    for (size_t i = 0; r == 0 && i < rig->dut_count; i++)
        r = vr_store_health_get(store, rig->name, rig->duts[i].name, &quarantine->healths[i], err);
    return r;
}

void vr_quarantine_finish(struct vr_quarantine *quarantine)
{
    free(quarantine->healths);
    *quarantine = (struct vr_quarantine){0};
}

int vr_quarantine_check_health(
    const struct vr_rig_dut *dut, const struct vr_health *health, struct vr_err *err)
{
    char since[VR_CLOCK_ISO_SIZE];
    if (!health->quarantined_utc_ns || dut->quarantine_after == 0)
        return 0;
    return vr_err_set(
        err, VR_ERR_DEVICE,
        "%s is quarantined since %s: %s; look after the bench, then `vitalrig devices --release "
        "%s`",
        dut->name, vr_clock_iso(health->quarantined_utc_ns, since), health->reason, dut->name);
}

const struct vr_health *vr_quarantine_health(
    const struct vr_quarantine *quarantine, const struct vr_rig_dut *dut)
{
    for (size_t i = 0; quarantine->healths && i < quarantine->rig->dut_count; i++)
        if (&quarantine->rig->duts[i] == dut)
            return &quarantine->healths[i];
    return NULL;
}

int vr_quarantine_check(
    const struct vr_quarantine *quarantine, const struct vr_rig_dut *dut, struct vr_err *err)
{
    const struct vr_health *health = vr_quarantine_health(quarantine, dut);
    return health ? vr_quarantine_check_health(dut, health, err) : 0;
}

static void tell_release(const struct vr_rig_dut *dut, const struct vr_health *health)
{
    char since[VR_CLOCK_ISO_SIZE];
    vr_plain_put(dut->name, stdout);
    if (health->quarantined_utc_ns)
        printf(
            ": released; it was quarantined since %s: ",
            vr_clock_iso(health->quarantined_utc_ns, since));
    else
        printf(": was not quarantined; %lld failures are forgotten", (long long)health->failures);
    vr_plain_put(health->quarantined_utc_ns ? health->reason : "", stdout);
    putchar('\n');
}

int vr_quarantine_release(
    const struct vr_rig *rig, const char *name, const char *db, struct vr_err *err)
{
    _cleanup_free_ char *path = NULL;
    _cleanup_(vr_store_closep) struct vr_store *store = NULL;
    const struct vr_rig_dut *dut;
    struct vr_health health;
    int r = vr_rig_find(rig, name, &dut, err);
    if (r == 0 && dut->place.line == 0)
        r = vr_err_set(err, VR_ERR_USAGE, "%s: a built-in device is never quarantined", dut->name);
    if (r == 0)
        r = catalogue_path(db, &path, err);
    if (r == 0)
        r = vr_catalogue_open(path, &store, err);
    if (r == 0)
        r = vr_store_health_get(store, rig->name, dut->name, &health, err);
    if (r == 0)
        r = vr_store_health_release(store, rig->name, dut->name, err);
    if (r == 0)
        tell_release(dut, &health);
    return r;
}
