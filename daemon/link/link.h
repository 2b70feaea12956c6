/* Links: bytes to and from a device.  One shape for every transport; one file per driver.
 *
 * A link moves bytes and says when it is gone; it knows nothing of frames.  All calls come from the one thread that owns it. */
#ifndef VR_LINK_LINK_H
#define VR_LINK_LINK_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "port/tty.h"

#define VR_LINK_BAUD 115200 /* bit/s, where the rig file says nothing */
#define VR_LINK_FDS_MAX 16  /* descriptors of one link; USB has several */

/* Where a device is and how it is spoken to; zero = the driver's default.  Strings are borrowed for the life of the link. */
struct vr_link_config {
    const char *name; /* the DUT's, for messages */
    const char *const
        *argv; /* process to start as the device, NULL-terminated, or NULL; never through a shell */
    const char *path; /* existing port, or NULL */

    /* Which USB device, whatever number its port has got this time. */
    const char *usb_serial;           /* its serial number, or NULL = any */
    uint16_t usb_vendor, usb_product; /* 0 = any */
    int usb_interface;                /* bInterfaceNumber; -1 = any */

    /* UART */
    uint32_t baud;              /* bit/s, 8N1; 0 = VR_LINK_BAUD */
    bool rtscts;                /* hardware flow control */
    enum vr_tty_level dtr, rts; /* on many boards one of them resets the chip */
};

struct vr_link_driver {
    const char *name;    /* "kind" in rig.json, [a-z0-9] */
    const char *summary; /* one line for `vitalrig devices` */
    size_t state_size;   /* zeroed, aligned for any type, owned by the dispatcher */

    /* The device can come back as another node, and opening again finds it: worth waiting for after an unplug. */
    bool returns;
    /* Bits of 8N1 characters go over it at config->baud: the time of a byte is known.  False: as fast as it is taken. */
    bool has_baud;

    /* Whether config says all that open needs, and nothing against it; touches nothing, and open is called with nothing else.  NULL =
     * always.  VR_ERR_USAGE, in words that begin with config->name. */
    int (*check)(const struct vr_link_config *config, struct vr_err *err);
    /* Take the port, for this process alone.  On error leave nothing open and fill err: VR_ERR_LINK with what to do about it. */
    int (*open)(void *state, const struct vr_link_config *config, struct vr_err *err);
    /* Queue bytes, never block.  *ret_sent may be less than size; 0 means try again after poll.  VR_ERR_LINK = the device is gone. */
    int (*send)(
        void *state, const uint8_t *data, size_t size, size_t *ret_sent, struct vr_err *err);
    /* Take what has come, never block; *ret_size 0 = nothing yet.  VR_ERR_LINK = the device is gone and everything it sent was read. */
    int (*receive)(
        void *state, uint8_t *buffer, size_t capacity, size_t *ret_size, struct vr_err *err);
    /* Descriptors to wait on, with POLLIN set, and POLLOUT too when want_send.  Returns how many were written (<= capacity). */
    size_t (*poll_fds)(void *state, bool want_send, struct pollfd *fds, size_t capacity);
    void (*close)(void *state);
};

const struct vr_link_driver *vr_link_driver(size_t index); /* NULL after the last */
const struct vr_link_driver *vr_link_find(const char *kind, struct vr_err *err);

int vr_link_check(
    const struct vr_link_driver *driver, const struct vr_link_config *config, struct vr_err *err);

struct vr_link; /* an open link */

int vr_link_open(
    const char *kind, const struct vr_link_config *config, struct vr_link **ret_link,
    struct vr_err *err);
int vr_link_send(
    struct vr_link *link, const uint8_t *data, size_t size, size_t *ret_sent, struct vr_err *err);
int vr_link_receive(
    struct vr_link *link, uint8_t *buffer, size_t capacity, size_t *ret_size, struct vr_err *err);
size_t vr_link_poll_fds(struct vr_link *link, bool want_send, struct pollfd *fds, size_t capacity);
void vr_link_close(struct vr_link *link);
void vr_link_closep(struct vr_link **link);

#endif
