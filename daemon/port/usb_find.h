/* Which USB device a configuration means: exactly one, or words that say why not. */
#ifndef VR_PORT_USB_FIND_H
#define VR_PORT_USB_FIND_H

#include "port/usb_ops.h"

struct vr_usb_endpoint {
    uint8_t address;    /* 0 = there is none */
    size_t packet_size; /* B, wMaxPacketSize */
};

struct vr_usb_found {
    struct vr_usb_entry entry;
    libusb_device *device; /* of the list that was searched */
    int configuration;     /* bConfigurationValue */
    struct vr_usb_endpoint in, out;
};

/* The one interface in `list` that fits.  VR_ERR_LINK: none or several. */
int vr_usb_find(
    const struct vr_usb_ops *ops, libusb_device *const *list, const struct vr_usb_config *config,
    struct vr_usb_found *ret_found, struct vr_err *err);

#endif
