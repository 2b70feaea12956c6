/* Which device a serial port belongs to, read from sysfs: the number in its name changes with every plug, this does not.
 *
 * libserialport tells the same for both ports of one device; what tells them apart is the USB interface. */
#ifndef VR_PORT_IDENTITY_H
#define VR_PORT_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VR_PORT_PATH_SIZE 256

struct vr_port_identity {
    char path[VR_PORT_PATH_SIZE]; /* "/dev/ttyUSB" and a number: its name for now */
    char description[128];        /* what the device says it is; "" = nothing */
    char driver[32];              /* the kernel's, "cdc_acm"; "" = unknown */

    /* USB; all zero or empty for a port that is not. */
    bool is_usb;
    uint16_t usb_vendor, usb_product;
    char usb_serial[128]; /* serial number; "" = it has none */
    int usb_interface;    /* bInterfaceNumber; -1 = unknown */
    char usb_node[32];    /* "/dev/bus/usb/001/004" */

    /* Links that udev made, "" = none.  by_id names the device, by_path the socket that it is plugged into. */
    char by_id[VR_PORT_PATH_SIZE], by_path[VR_PORT_PATH_SIZE];

    /* Folders in /sys, "" = none: of the port (latency_timer of an FTDI chip), of the USB device (power/control). */
    char sys_port[VR_PORT_PATH_SIZE], sys_usb[VR_PORT_PATH_SIZE];
};

/* Of the port with that name in /sys/class/tty ("ttyS0"); what cannot be found out stays empty.  `root` is "" but for tests, which keep
 * a /sys and a /dev of their own below it; no path that is returned begins with it. */
void vr_port_identity_read(const char *root, const char *name, struct vr_port_identity *ret);

/* Of the USB device with that name in /sys/bus/usb/devices ("1-1.2"), as a "port" whose path is usb_node; false = it is none (an
 * interface, a hub of the machine itself). */
bool vr_port_usb_read(const char *root, const char *name, struct vr_port_identity *ret);

/* First line of a file below root, without its end; false = cannot be read. */
bool vr_port_line_read(const char *root, const char *path, char *line, size_t size);

/* Whether the kernel lists that path as a port. */
bool vr_port_is_listed(const char *path);

#endif
