/* Locks of a bench: one file per device and one per rig, held by whoever uses it, with who that is.
 *
 * The lock is a flock() on the file, so it ends with the last process that has it, however that dies; a descriptor that was passed on to a
 * child is the same lock.  What stands in the file is for people: {"pid", "user", "program", "since", "reason", "job", "until"}.  It is
 * written by the holder only, never before the lock is had, and reading it takes no lock.
 *
 * Files: $VITALRIG_LOCK_DIR, else /run/lock/vitalrig, else (when that cannot be made or written) $XDG_RUNTIME_DIR/vitalrig: RIG.lock and
 * RIG,DEVICE.lock. */
#ifndef VR_PORT_DUT_LOCK_H
#define VR_PORT_DUT_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct vr_dut_lock {
    int fd; /* -1 = none; close-on-exec */
};
#define VR_DUT_LOCK_NONE ((struct vr_dut_lock){.fd = -1})

/* Who holds it, and what for.  Of the holder that takes a lock, pid, user, program and since are filled in where they are 0 or "". */
struct vr_dut_holder {
    pid_t pid;
    char user[64], program[32];
    char reason[256];
    int64_t since_utc_ns, until_utc_ns; /* until: 0 = open end */
    int64_t job_id;                     /* 0 = none */
};

/* `dut` NULL = the rig itself.  `wait_s`: 0 = not at all, INFINITY = for ever; `stop` (NULL allowed) ends the waiting with
 * VR_ERR_INTERRUPTED.  Held by another: VR_ERR_DEVICE, the text names the holder, *ret_holder (NULL allowed) is it.  `waiting` (NULL
 * allowed) is called once when it has to wait. */
int vr_dut_lock_take(
    const char *rig, const char *dut, const struct vr_dut_holder *self, double wait_s,
    const atomic_int *stop, void (*waiting)(void *context, const struct vr_dut_holder *holder),
    void *context, struct vr_dut_lock *ret_lock, struct vr_dut_holder *ret_holder,
    struct vr_err *err);
/* Another text in the file of a lock that is held. */
int vr_dut_lock_describe(
    struct vr_dut_lock *lock, const struct vr_dut_holder *self, struct vr_err *err);
/* Who holds it now, without touching the lock; false = nobody. */
bool vr_dut_lock_holder(const char *rig, const char *dut, struct vr_dut_holder *ret_holder);
void vr_dut_lock_release(struct vr_dut_lock *lock);

/* "alice (vitalrig, pid 4711) since 2026-11-22T14:20:00Z until 2026-11-22T15:20:00Z: scope on SWO"; returns `text`. */
const char *vr_dut_holder_text(const struct vr_dut_holder *holder, char *text, size_t size);

#endif
