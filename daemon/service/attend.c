/* Devices that come and go: from hotplug to the bench. */
#include "service/state.h"

static void set_present(void *context, size_t dut, bool is_present, const char *reason)
{
    struct vr_daemon *daemon = context;
    vr_bench_set_present(
        &daemon->bench, &daemon->bench.duts[dut], is_present, reason, vr_clock_monotonic_ns(),
        vr_clock_utc_ns());
    if (daemon->turn)
        vr_poke(daemon);
}

int vr_attend(struct vr_daemon *daemon, struct vr_err *err)
{
    vr_hotplug_destroy(daemon->hotplug);
    daemon->hotplug = NULL;
    return vr_hotplug_create(daemon->loop, daemon->rig, set_present, daemon, &daemon->hotplug, err);
}
