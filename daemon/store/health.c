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
        "SELECT failures, coalesce(quarantined_utc_ns, 0), reason FROM dut_health"
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
    ret_health->quarantined_utc_ns = vr_sql_int64(&sql, 1);
    const char *reason = vr_sql_text(&sql, 2);
    snprintf(ret_health->reason, sizeof ret_health->reason, "%s", reason ? reason : "");
    return vr_sql_failed(&sql, err);
}

static int health_set(
    struct vr_store *store, const char *rig, const char *dut, const struct vr_health *health,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "note the health of a device",
        "INSERT INTO dut_health (rig, dut, failures, quarantined_utc_ns, reason)"
        " VALUES (:rig, :dut, :failures, nullif(:quarantined_utc_ns, 0), :reason)"
        " ON CONFLICT (rig, dut) DO UPDATE SET failures = excluded.failures,"
        " quarantined_utc_ns = excluded.quarantined_utc_ns, reason = excluded.reason");
    vr_sql_bind_text(&sql, ":rig", rig);
    vr_sql_bind_text(&sql, ":dut", dut);
    vr_sql_bind_int64(&sql, ":failures", health->failures);
    vr_sql_bind_int64(&sql, ":quarantined_utc_ns", health->quarantined_utc_ns);
    vr_sql_bind_text(&sql, ":reason", health->reason);
    return vr_sql_run(&sql, err);
}

/* What the health is after a run. */
static void health_add(struct vr_health *health, const struct vr_health_note *note)
{
    if (note->succeeded)
        health->failures = 0;
    health->failures += note->failures;
    if (health->quarantined_utc_ns)
        return; /* another run still had it; its reason stands */
    if (note->failures > 0)
        snprintf(health->reason, sizeof health->reason, "%s", note->reason);
    else if (note->succeeded)
        health->reason[0] = '\0';
    if (note->limit > 0 && note->failures > 0 && health->failures >= note->limit)
        health->quarantined_utc_ns = note->utc_ns;
}

static int health_note(
    struct vr_store *store, const char *rig, const char *dut, const struct vr_health_note *note,
    bool *ret_quarantined, struct vr_err *err)
{
    struct vr_health health;
    int result = vr_store_health_get(store, rig, dut, &health, err);
    if (result < 0)
        return result;
    health_add(&health, note);
    *ret_quarantined = health.quarantined_utc_ns != 0;
    return health_set(store, rig, dut, &health, err);
}

int vr_store_health_note(
    struct vr_store *store, const char *rig, const char *dut, const struct vr_health_note *note,
    bool *ret_quarantined, struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = health_note(store, rig, dut, note, ret_quarantined, err);
    return vr_sql_leave(store, own, result, err);
}

int vr_store_health_release(
    struct vr_store *store, const char *rig, const char *dut, struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = health_set(store, rig, dut, &(struct vr_health){0}, err);
    return vr_sql_leave(store, own, result, err);
}
