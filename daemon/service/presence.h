/* Presence: which of a rig's devices are there, found as a run would find them, but without opening anything.
 *
 * A device that is a program is there when its program is; the built-in ones always are. */
#ifndef VR_SERVICE_PRESENCE_H
#define VR_SERVICE_PRESENCE_H

#include "port/ports.h"
#include "scenario/rig.h"

struct vr_presence {
    struct vr_ports ports, usb; /* what is attached by USB: serial ports, and devices */
};

/* One look at the machine; `root` as in port/identity.h.  The caller finishes it. */
int vr_presence_look(const char *root, struct vr_presence *ret_presence, struct vr_err *err);
void vr_presence_finish(struct vr_presence *presence);

/* false: *reason says what was looked for, and what was found instead; two devices that cannot be told apart are none. */
bool vr_presence_of(
    const struct vr_presence *presence, const struct vr_rig_dut *dut, char *reason, size_t size);

#endif
