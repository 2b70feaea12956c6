/* A USB bus with a simulated power meter on it, in real time, behind the ioctls of usbdevfs: umockdev shows it to this process and its
 * children, so that an unmodified libusb finds and drives it.
 *
 * Run under umockdev-wrapper.  A file cannot be waited for as a USB node can: libusb asks again and again whether something has
 * ended, and is made to wait for up to 1 ms in the asking. */
#ifndef TEST_USB_BUS_H
#define TEST_USB_BUS_H

#include "simulate/activity.h"
#include "simulate/simulate.h"

struct usb_bus;

struct usb_bus_meter {
    const struct vr_sim_driver *driver;
    struct vr_sim_meter *meter;
    struct vr_activity *activity; /* or NULL */
    int64_t lag_ns;               /* how late the meter is told the time */
};

/* A device "16d0:...." with that serial number.  VR_ERR_IO: umockdev cannot show it. */
int usb_bus_create(
    const struct usb_bus_meter *meter, const char *serial, struct usb_bus **ret_bus,
    struct vr_err *err);
/* The device stays, with another meter in it: nobody may have it open. */
void usb_bus_swap(struct usb_bus *bus, const struct usb_bus_meter *meter);
void usb_bus_destroy(struct usb_bus *bus);

/* Asked of the meter while no request is at work on it. */
double usb_bus_sample_ns(struct usb_bus *bus, int64_t index);

#endif
