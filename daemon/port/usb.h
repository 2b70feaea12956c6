/* Bulk bytes over one interface of a USB device: for devices under test and for power meters.
 *
 * libusb's asynchronous transfers, all on the caller's thread: several are always under way, so that no byte waits for the host,
 * and nothing blocks but open and close.  Bytes come and go in order; behind a failed transfer nothing more is taken. */
#ifndef VR_PORT_USB_H
#define VR_PORT_USB_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define VR_USB_FDS_MAX 8

/* Transfers under way, where a configuration says nothing else: what the kernel takes in one piece from any libusb, so many times. */
#define VR_USB_TRANSFER_SIZE ((size_t)16 * 1024)
#define VR_USB_IN_COUNT 8
#define VR_USB_OUT_COUNT 4
#define VR_USB_IN_FLIGHT (VR_USB_TRANSFER_SIZE * (VR_USB_IN_COUNT + VR_USB_OUT_COUNT))

#define VR_USB_TEXT_SIZE 128 /* a string descriptor has at most 126 characters */

/* --- which devices there are --- */

/* An interface that could be opened: vendor-specific, with bulk endpoints in both directions, and no kernel driver that makes a serial
 * port or something else of it. */
struct vr_usb_entry {
    uint16_t vendor, product;
    char serial[VR_USB_TEXT_SIZE]; /* "" = it has none */
    char name[VR_USB_TEXT_SIZE];   /* product string, or "" */
    int interface;                 /* bInterfaceNumber */
    unsigned bus, address;
    bool is_permitted; /* this user may open it */
    bool is_taken;     /* another program has it */
};

/* What is attached now; nothing is opened.  The caller frees *ret_entries.  VR_ERR_LINK, VR_ERR_NO_MEMORY. */
int vr_usb_list(struct vr_usb_entry **ret_entries, size_t *ret_count, struct vr_err *err);

/* --- one of them --- */

/* Zero = any, or the default; strings are copied. */
struct vr_usb_config {
    const char *name;         /* of the user's, for messages */
    const char *serial;       /* serial number, or NULL */
    uint16_t vendor, product; /* one of these or serial must be given */
    int interface; /* bInterfaceNumber, then of any class; -1 = the only vendor-specific one that fits */
    bool in_only; /* a device that only talks: no bulk OUT needed */
    bool
        sets_interface; /* choose alternate setting 0 by name, which also clears what a session that died has left */
    bool
        whole_packets; /* a device of packets: a short one is filled up with zeros, so that each begins at a multiple of the size */
    size_t transfer_size; /* B each, rounded up to whole packets; VR_USB_TRANSFER_SIZE */
    unsigned in_count;    /* transfers under way; VR_USB_IN_COUNT */
    unsigned out_count;   /* VR_USB_OUT_COUNT */
};

struct vr_usb_counts {
    uint64_t bytes_in, bytes_out;
    uint64_t
        partial; /* transfers that ended otherwise than well and had moved bytes, which were kept */
    uint64_t stalls;    /* halts of an endpoint that were cleared */
    uint64_t overflows; /* the device sent more than was asked for: bytes are lost */
    uint64_t timeouts;
};

struct vr_usb;

/* Find the one device, take the interface (from a kernel driver too), start to listen.  VR_ERR_USAGE: nothing says which device;
 * VR_ERR_LINK with the remedy: no such device, several, no permission, in use by another program, not enough memory for transfers. */
int vr_usb_open(const struct vr_usb_config *config, struct vr_usb **ret_usb, struct vr_err *err);

/* Queue bytes, never block.  *ret_sent may be less than size; 0 means again after poll.  VR_ERR_LINK = the device is gone, or its
 * endpoint stalled twice. */
int vr_usb_send(
    struct vr_usb *usb, const uint8_t *data, size_t size, size_t *ret_sent, struct vr_err *err);

/* Take what has come, never block; *ret_size 0 = nothing yet.  VR_ERR_LINK as for send, once all that came before was taken. */
int vr_usb_receive(
    struct vr_usb *usb, uint8_t *buffer, size_t capacity, size_t *ret_size, struct vr_err *err);

/* Descriptors to wait on (capacity >= VR_USB_FDS_MAX), with want_send also for room.  Returns how many were written. */
size_t vr_usb_poll_fds(struct vr_usb *usb, bool want_send, struct pollfd *fds, size_t capacity);

/* Serial number of the device that was opened; "" = it has none. */
const char *vr_usb_serial(const struct vr_usb *usb);

/* A control request, as the USB specification names its fields. */
struct vr_usb_request {
    uint8_t type; /* bmRequestType; bit 7: data comes from the device */
    uint8_t request;
    uint16_t value, index;
    unsigned timeout_ms;
};

/* Ask, and wait for the answer: for the talk before and after a stream.  Bulk transfers go on meanwhile, but none is taken up again:
 * what is under way must last for the time.  *ret_size = bytes that moved.  VR_ERR_LINK: the device refuses the request, does not
 * answer in time, or is gone. */
int vr_usb_control(
    struct vr_usb *usb, const struct vr_usb_request *request, uint8_t *data, uint16_t length,
    size_t *ret_size, struct vr_err *err);

const struct vr_usb_counts *vr_usb_counts(const struct vr_usb *usb);

/* Takes back what is under way and returns when all of it has ended, within a second.  NULL is allowed. */
void vr_usb_close(struct vr_usb *usb);

#endif
