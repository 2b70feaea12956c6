/* What is plugged into this machine, for people who write a rig file. */
#ifndef VR_CLI_ATTACHED_H
#define VR_CLI_ATTACHED_H

#include "base/err.h"
#include "base/json_write.h"
#include "port/ports.h"
#include "port/usb.h"

struct vr_attached {
    struct vr_ports ports;        /* serial ports */
    struct vr_usb_entry *devices; /* with bulk endpoints of their own */
    size_t device_count;
};

int vr_attached_list(struct vr_attached *ret_attached, struct vr_err *err);
void vr_attached_finish(struct vr_attached *attached);

/* On stdout; nothing when nothing is attached. */
void vr_attached_print(const struct vr_attached *attached);

/* The member "attached" of an object: an array. */
void vr_attached_write(const struct vr_attached *attached, struct vr_json_writer *writer);

#endif
