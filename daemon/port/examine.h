/* What would spoil a night on a bench, seen without opening anything: files of /sys, /proc, /run/udev and /dev.
 *
 * Each finding says what, where, why it matters, and what to do about it. */
#ifndef VR_PORT_EXAMINE_H
#define VR_PORT_EXAMINE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "port/identity.h"

struct vr_finding {
    const char *what;   /* a word, for programs: "busy", "latency", .. */
    const char *device; /* name in the rig, or the port */
    const char *where;  /* path */
    const char *why;    /* one sentence or two */
    const char *remedy; /* a command, or what else to do */
};

struct vr_examine {
    /* "" = this machine; tests keep another one's files below a folder. */
    const char *root;
    /* Who wants to use the devices. */
    uid_t uid;
    const gid_t *groups; /* all of them, the primary one too */
    size_t group_count;
    /* Called for each finding, whose texts last as long as the call. */
    void (*found)(void *context, const struct vr_finding *finding);
    void *context;
};

/* A serial port: permission, busy, autosuspend, latency, modemmanager, brltty. */
void vr_examine_port(
    const struct vr_examine *examine, const char *device, const struct vr_port_identity *port);

/* A USB device that is used without a kernel driver: usb_permission, autosuspend, modemmanager. */
void vr_examine_usb(
    const struct vr_examine *examine, const char *device, const struct vr_port_identity *usb);

/* usbfs_memory: what all transfers in flight of all devices need at once, against what the kernel gives to all of them together. */
void vr_examine_usbfs(const struct vr_examine *examine, uint64_t needed);

#endif
