/* A device for a run by itself: the one that is asked for, or the first one of the model that is free and not in quarantine, locked
 * against everybody else (port/dut_lock.h). */
#ifndef VR_CLI_BENCH_LOCK_H
#define VR_CLI_BENCH_LOCK_H

#include <stdatomic.h>

#include "port/dut_lock.h"
#include "scenario/rig.h"

struct vr_bench_lock {
    const struct vr_rig *rig;
    const char *wanted; /* device or model */
    const char *db;     /* the catalogue, which knows who is in quarantine */
    const char *reason; /* for those who wait */
    double wait_s;      /* 0 = not at all, INFINITY = for ever */
    const atomic_int *stop;
};

/* Says on stderr whom it waits for.  VR_ERR_DEVICE: held by another, or all of them are in quarantine; VR_ERR_INTERRUPTED. */
int vr_bench_lock_take(
    const struct vr_bench_lock *setup, struct vr_dut_lock *ret_lock,
    const struct vr_rig_dut **ret_dut, struct vr_err *err);

#endif
