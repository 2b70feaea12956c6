/* One endpoint's transfers: a ring in the order in which their bytes count.
 *
 *     IN    head ─▶ [ended, bytes to take] [under way] [under way] ...      all of the ring; taken ones go under way again
 *     OUT   head ─▶ [ended] [under way] [under way] [free] ...
 *
 * libusb's callbacks only note how a transfer ended; vr_usb_pipe_settle acts on it, outside of them. */
#ifndef VR_PORT_USB_PIPE_H
#define VR_PORT_USB_PIPE_H

#include "port/usb_find.h"

/* Why a device is given up; the first reason stays. */
enum vr_usb_failure {
    VR_USB_FINE,
    VR_USB_GONE,      /* unplugged, or its transfers fail as if it were */
    VR_USB_STALLED,   /* again, right after the halt was cleared, or clearing failed */
    VR_USB_TIMED_OUT, /* the device took only a part */
    VR_USB_MEMORY,    /* the kernel has none for transfers */
    VR_USB_EVENTS,    /* libusb itself fails */
};

/* What both pipes of a device share. */
struct vr_usb_shared {
    const struct vr_usb_ops *ops;
    libusb_device_handle *handle;
    enum vr_usb_failure failure;
    bool whole_packets; /* as in struct vr_usb_config */
    struct vr_usb_counts counts;
};

struct vr_usb_slot {
    struct vr_usb_pipe *pipe;
    struct libusb_transfer *transfer;
    bool is_under_way;
    bool is_broken; /* its transfer failed */
    uint8_t *buffer;
    size_t at, size; /* IN: received, not yet taken; OUT: given, not yet sent */
};

struct vr_usb_pipe {
    struct vr_usb_shared *shared;
    struct vr_usb_endpoint endpoint;
    size_t transfer_size; /* B, a multiple of the packet size */
    struct vr_usb_slot *slots;
    unsigned count;
    unsigned head, used; /* the ring's oldest slot, and how many from there are not free */
    unsigned under_way;
    bool is_halted;  /* a transfer stalled; nothing is submitted until the halt is cleared */
    bool is_cleared; /* and no byte has moved since */
};

/* count 0 = the pipe stays without transfers.  VR_ERR_NO_MEMORY. */
int vr_usb_pipe_init(
    struct vr_usb_pipe *pipe, struct vr_usb_shared *shared, const struct vr_usb_endpoint *endpoint,
    size_t transfer_size, unsigned count, struct vr_err *err);

/* IN: ask for bytes with every slot.  Returns libusb's error, 0 = all are under way. */
int vr_usb_pipe_listen(struct vr_usb_pipe *pipe);

size_t vr_usb_pipe_take(struct vr_usb_pipe *pipe, uint8_t *buffer, size_t capacity);
size_t vr_usb_pipe_give(struct vr_usb_pipe *pipe, const uint8_t *data, size_t size);

/* Clear a halt when nothing is under way any more, and free what was sent; call after events. */
void vr_usb_pipe_settle(struct vr_usb_pipe *pipe);
void vr_usb_pipe_cancel(struct vr_usb_pipe *pipe);

/* Something can be done without waiting: IN take, OUT give, or settle to clear a halt. */
bool vr_usb_pipe_is_ready(const struct vr_usb_pipe *pipe);

/* Nothing may be under way. */
void vr_usb_pipe_finish(struct vr_usb_pipe *pipe);

#endif
