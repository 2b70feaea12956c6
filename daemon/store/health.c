/* The health of a bench's devices: how often in a row the bench failed with each, and which are refused. */
#include <stdio.h>
#include <string.h>

#include "store/sql.h"

int vr_store_health_get(
    struct vr_store *store, const char *rig, const char *dut, struct vr_health *ret_health,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read the health of a device",
        "SELECT failures, losses, coalesce(lost_utc_ns, 0), coalesce(quarantined_utc_ns, 0),"
        " coalesce(power_cycle_failed_utc_ns, 0), reason FROM dut_health"
        " WHERE rig = :rig AND dut = :dut");
    vr_sql_bind_text(&sql, ":rig", rig);
    vr_sql_bind_text(&sql, ":dut", dut);
    int result = vr_sql_row(&sql, err);
    if (result < 0)
        return result;
    *ret_health = (struct vr_health){0};
    if (result == 0)
        return 0;
    ret_health->failures = vr_sql_int64(&sql, 0);
    ret_health->losses = vr_sql_int64(&sql, 1);
    ret_health->lost_utc_ns = vr_sql_int64(&sql, 2);
    ret_health->quarantined_utc_ns = vr_sql_int64(&sql, 3);
    ret_health->power_cycle_failed_utc_ns = vr_sql_int64(&sql, 4);
    const char *reason = vr_sql_text(&sql, 5);
    snprintf(ret_health->reason, sizeof ret_health->reason, "%s", reason ? reason : "");
    return vr_sql_failed(&sql, err);
}

static int health_set(
    struct vr_store *store, const char *rig, const char *dut, const struct vr_health *health,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "note the health of a device",
        "INSERT INTO dut_health (rig, dut, failures, losses, lost_utc_ns, quarantined_utc_ns,"
        " reason, power_cycle_failed_utc_ns)"
        " VALUES (:rig, :dut, :failures, :losses, nullif(:lost_utc_ns, 0),"
        " nullif(:quarantined_utc_ns, 0), :reason, nullif(:power_cycle_failed_utc_ns, 0))"
        " ON CONFLICT (rig, dut) DO UPDATE SET failures = excluded.failures,"
        " losses = excluded.losses, lost_utc_ns = excluded.lost_utc_ns,"
        " quarantined_utc_ns = excluded.quarantined_utc_ns, reason = excluded.reason,"
        " power_cycle_failed_utc_ns = excluded.power_cycle_failed_utc_ns");
    vr_sql_bind_text(&sql, ":rig", rig);
    vr_sql_bind_text(&sql, ":dut", dut);
    vr_sql_bind_int64(&sql, ":failures", health->failures);
    vr_sql_bind_int64(&sql, ":losses", health->losses);
    vr_sql_bind_int64(&sql, ":lost_utc_ns", health->lost_utc_ns);
    vr_sql_bind_int64(&sql, ":quarantined_utc_ns", health->quarantined_utc_ns);
    vr_sql_bind_text(&sql, ":reason", health->reason);
    vr_sql_bind_int64(&sql, ":power_cycle_failed_utc_ns", health->power_cycle_failed_utc_ns);
    return vr_sql_run(&sql, err);
}

/* A loss goes on, over runs, until the device did its part or failed in another way. */
static void health_count(struct vr_health *health, const struct vr_health_note *note)
{
    if (note->succeeded)
        health->failures = 0;
    if (note->succeeded || note->failures > note->losses)
        health->losses = health->lost_utc_ns = 0;
    health->failures += note->failures;
    health->losses += note->losses;
    if (note->lost_utc_ns)
        health->lost_utc_ns = note->lost_utc_ns;
}

/* What the health is after a run. */
static void health_add(struct vr_health *health, const struct vr_health_note *note)
{
    if (note->power_cycle == VR_HEALTH_POWER_CYCLED)
        health->power_cycle_failed_utc_ns = 0;
    else if (note->power_cycle == VR_HEALTH_POWER_STAYED && !health->power_cycle_failed_utc_ns)
        health->power_cycle_failed_utc_ns = note->utc_ns;
    if (health->quarantined_utc_ns)
        return; /* another run still had it; what brought it here stands */
    health_count(health, note);
    if (note->failures > 0)
        snprintf(health->reason, sizeof health->reason, "%s", note->reason);
    else if (note->succeeded)
        health->reason[0] = '\0';
    if (note->limit > 0 && note->failures > 0 && health->failures >= note->limit)
        health->quarantined_utc_ns = note->utc_ns;
}

/* One device that is away is that device's trouble; several that went together are the bench's, and count for none of them.  Whoever
 * comes back is no part of it any more, so that the last one that stays away is alone with it again. */
static int incident_note(
    struct vr_store *store, const char *rig, int64_t lost_utc_ns, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "note an incident of a bench",
        "WITH gone AS (SELECT dut, lost_utc_ns FROM dut_health WHERE rig = :rig"
        " AND lost_utc_ns BETWEEN :lost_utc_ns - :span_ns AND :lost_utc_ns + :span_ns"
        " ORDER BY dut),"
        " incident AS (SELECT count(*) AS n, format('one incident of the bench: %s lost their"
        " lines within %.1f s; look at the hub, its power or the host that they share; none of"
        " them is quarantined for it', group_concat(dut, ', '),"
        " (max(lost_utc_ns) - min(lost_utc_ns) + 99999999) / 100000000 / 10.0) AS reason FROM gone)"
        " UPDATE dut_health SET failures = failures - losses, losses = 0,"
        " quarantined_utc_ns = NULL, reason = (SELECT reason FROM incident)"
        " WHERE rig = :rig AND dut IN (SELECT dut FROM gone) AND (SELECT n FROM incident) > 1");
    vr_sql_bind_text(&sql, ":rig", rig);
    vr_sql_bind_int64(&sql, ":lost_utc_ns", lost_utc_ns);
    vr_sql_bind_int64(&sql, ":span_ns", VR_HEALTH_INCIDENT_NS);
    return vr_sql_run(&sql, err);
}

static int health_note(
    struct vr_store *store, const char *rig, const char *dut, const struct vr_health_note *note,
    struct vr_health *ret_health, struct vr_err *err)
{
    int result = vr_store_health_get(store, rig, dut, ret_health, err);
    if (result < 0)
        return result;
    health_add(ret_health, note);
    result = health_set(store, rig, dut, ret_health, err);
    if (result == 0 && note->losses > 0 && ret_health->lost_utc_ns)
        result = incident_note(store, rig, ret_health->lost_utc_ns, err);
    return result < 0 ? result : vr_store_health_get(store, rig, dut, ret_health, err);
}

int vr_store_health_note(
    struct vr_store *store, const char *rig, const char *dut, const struct vr_health_note *note,
    struct vr_health *ret_health, struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = health_note(store, rig, dut, note, ret_health, err);
    return vr_sql_leave(store, own, result, err);
}

static int health_release(
    struct vr_store *store, const char *rig, const char *dut, struct vr_err *err)
{
    struct vr_health old;
    int result = vr_store_health_get(store, rig, dut, &old, err);
    if (result < 0)
        return result;
    const struct vr_health fresh = {.power_cycle_failed_utc_ns = old.power_cycle_failed_utc_ns};
    return health_set(store, rig, dut, &fresh, err);
}

int vr_store_health_release(
    struct vr_store *store, const char *rig, const char *dut, struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = health_release(store, rig, dut, err);
    return vr_sql_leave(store, own, result, err);
}
