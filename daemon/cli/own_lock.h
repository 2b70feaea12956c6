/* The lock of a device that a command works under: `vitalrig lock NAME -- COMMAND` without a daemon tells it in VITALRIG_LOCK, so that a
 * `vitalrig run` inside of it does not wait for itself. */
#ifndef VR_CLI_OWN_LOCK_H
#define VR_CLI_OWN_LOCK_H

#include <stdbool.h>

/* Let the commands that are started from now on know that this process holds the lock. */
void vr_own_lock_tell(const char *rig, const char *dut);

/* Whether such a lock is still held by the one who told so. */
bool vr_own_lock_is_held(const char *rig, const char *dut);

#endif
