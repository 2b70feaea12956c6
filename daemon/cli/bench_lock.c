#include "cli/bench_lock.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/own_lock.h"
#include "cli/quarantine.h"
#include "cli/say.h"

#define STEP_MS 100 /* between two looks at several devices */

struct candidates {
    const struct vr_rig_dut **duts; /* owned */
    size_t count;
};

static void candidates_finish(struct candidates *candidates)
{
    free(candidates->duts);
}

/* Those that fit and are not in quarantine; none = why the last one is refused. */
static int find_candidates(
    const struct vr_bench_lock *setup, struct candidates *candidates, struct vr_err *err)
{
    _cleanup_(vr_quarantine_finish) struct vr_quarantine quarantine = {0};
    const struct vr_rig *rig = setup->rig;
    int r = vr_quarantine_load(&quarantine, rig, setup->db, err);
    if (r < 0)
        return r;
    candidates->duts = calloc(rig->dut_count + 1, sizeof *candidates->duts);
    if (!candidates->duts)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu devices", rig->dut_count);
    for (size_t i = 0; i < rig->dut_count; i++) {
        if (!vr_rig_fits(&rig->duts[i], setup->wanted))
            continue;
        int refused = vr_quarantine_check(&quarantine, &rig->duts[i], err);
        if (refused == 0)
            candidates->duts[candidates->count++] = &rig->duts[i];
        else
            r = refused;
    }
    return candidates->count > 0 ? 0 : r;
}

static void say_waiting(void *context, const struct vr_dut_holder *holder)
{
    const struct vr_rig_dut *dut = context;
    char text[512];
    vr_say(
        "waits for %s, which is held by %s", dut->name,
        vr_dut_holder_text(holder, text, sizeof text));
}

static int take(
    const struct vr_bench_lock *setup, const struct vr_rig_dut *dut, double wait_s,
    struct vr_dut_lock *ret_lock, struct vr_dut_holder *ret_holder, struct vr_err *err)
{
    struct vr_dut_holder self = {0};
    union {
        const struct vr_rig_dut *given;
        void *wanted;
    } context = {.given = dut};
    snprintf(self.reason, sizeof self.reason, "%s", setup->reason);
    if (vr_own_lock_is_held(setup->rig->name, dut->name))
        return 0;
    return vr_dut_lock_take(
        setup->rig->name, dut->name, &self, wait_s, setup->stop, say_waiting, context.wanted,
        ret_lock, ret_holder, err);
}

/* One look at each of them: 0 = got one, -VR_ERR_DEVICE = all are held, the first one by *ret_holder. */
static int take_any(
    const struct vr_bench_lock *setup, const struct candidates *candidates,
    struct vr_dut_lock *ret_lock, const struct vr_rig_dut **ret_dut,
    struct vr_dut_holder *ret_holder, struct vr_err *err)
{
    int r = -VR_ERR_DEVICE;
    for (size_t i = 0; i < candidates->count && r == -VR_ERR_DEVICE; i++) {
        struct vr_dut_holder holder;
        *ret_dut = candidates->duts[i];
        r = take(setup, *ret_dut, 0, ret_lock, &holder, err);
        if (i == 0)
            *ret_holder = holder;
    }
    return r;
}

static int wait_for_any(
    const struct vr_bench_lock *setup, const struct candidates *candidates,
    struct vr_dut_lock *ret_lock, const struct vr_rig_dut **ret_dut, struct vr_err *err)
{
    struct vr_dut_holder holder;
    char text[512];
    int64_t until_ns = vr_clock_monotonic_ns();
    until_ns = setup->wait_s > 1e9 ? VR_NEVER_NS : until_ns + (int64_t)(setup->wait_s * 1e9);
    bool has_said = false;
    int r;
    while ((r = take_any(setup, candidates, ret_lock, ret_dut, &holder, err)) == -VR_ERR_DEVICE) {
        if (setup->stop && atomic_load(setup->stop))
            return vr_err_set(err, VR_ERR_INTERRUPTED, "stopped while waiting");
        if (vr_clock_monotonic_ns() >= until_ns)
            return vr_err_set(
                err, VR_ERR_DEVICE, "each %s is held, the first one (%s) by %s", setup->wanted,
                candidates->duts[0]->name, vr_dut_holder_text(&holder, text, sizeof text));
        if (!has_said)
            vr_say(
                "waits for one of %zu devices; the first one, %s, is held by %s", candidates->count,
                candidates->duts[0]->name, vr_dut_holder_text(&holder, text, sizeof text));
        has_said = true;
        poll(NULL, 0, STEP_MS);
    }
    return r;
}

int vr_bench_lock_take(
    const struct vr_bench_lock *setup, struct vr_dut_lock *ret_lock,
    const struct vr_rig_dut **ret_dut, struct vr_err *err)
{
    _cleanup_(candidates_finish) struct candidates candidates = {0};
    int r = find_candidates(setup, &candidates, err);
    if (r < 0)
        return r;
    if (candidates.count > 1)
        return wait_for_any(setup, &candidates, ret_lock, ret_dut, err);
    *ret_dut = candidates.duts[0];
    return take(setup, *ret_dut, setup->wait_s, ret_lock, NULL, err);
}
