/* Hotplug: tells when a device of the rig comes or goes.
 *
 * The kernel's and udev's news (sd-device), files that come and go where the rig file names a path, and a look every minute in case that
 * something was missed: each leads to the same look (service/presence.h).  Without udev, as in a container, /dev is watched instead. */
#ifndef VR_SERVICE_HOTPLUG_H
#define VR_SERVICE_HOTPLUG_H

#include <systemd/sd-event.h>

#include "scenario/rig.h"

struct vr_hotplug;

/* `dut` counts in the order of the rig; `reason` is "" when it is there, and of what is absent it is told again when it changes. */
typedef void vr_presence_fn(void *context, size_t dut, bool is_present, const char *reason);

/* Borrowed: loop, rig.  `changed` is called for every device before this returns. */
int vr_hotplug_create(
    sd_event *loop, const struct vr_rig *rig, vr_presence_fn *changed, void *context,
    struct vr_hotplug **ret_hotplug, struct vr_err *err);
void vr_hotplug_destroy(struct vr_hotplug *hotplug);
void vr_hotplug_destroyp(struct vr_hotplug **hotplug);

/* Look now; what changed is told before this returns. */
void vr_hotplug_look(struct vr_hotplug *hotplug);

#endif
