/* The serial ports of this machine, and the one that is meant.
 *
 * A device is found by what it is, whatever number it has got this time; where two are alike, by the socket that it is plugged into. */
#ifndef VR_PORT_PORTS_H
#define VR_PORT_PORTS_H

#include "base/err.h"
#include "port/identity.h"

struct vr_ports {
    struct vr_port_identity *items; /* by path */
    size_t count;
};

/* What is known of a port; NULL, 0 and -1 = any.  All that is given must hold; an interface counts only together with a device. */
struct vr_port_wanted {
    const char *path; /* a node, or a link to one */
    const char *usb_serial;
    uint16_t usb_vendor, usb_product;
    int usb_interface;
};

/* Through libserialport: ports that have a device behind them.  It opens the machine's own 8250 ports to see whether they exist, no
 * others.  VR_ERR_LINK.  The caller finishes the list. */
int vr_ports_list(struct vr_ports *ret_ports, struct vr_err *err);

/* USB devices instead of ports, each once; their path is the node that libusb opens.  Read from below `root`, "" = this machine. */
int vr_ports_list_usb(const char *root, struct vr_ports *ret_ports, struct vr_err *err);

void vr_ports_finish(struct vr_ports *ports);

/* The one port of the list that is meant by an identity (`wanted` without path).  VR_ERR_NOT_FOUND: none, and what is there instead;
 * VR_ERR_USAGE: several (listed with how to tell them apart), or nothing was asked for.  `name` is the device's, for messages. */
int vr_ports_find(
    const struct vr_ports *ports, const char *name, const struct vr_port_wanted *wanted,
    const struct vr_port_identity **ret_port, struct vr_err *err);

/* Whether a port is what is wanted, path aside; every port is when no device is. */
bool vr_port_is_wanted(const struct vr_port_identity *port, const struct vr_port_wanted *wanted);

/* "USB 0403:6001, serial A1, interface 0": what is wanted, or what a port is. */
#define VR_PORT_TEXT_SIZE 224
const char *vr_port_wanted_text(const struct vr_port_wanted *wanted, char *text);
const char *vr_port_text(const struct vr_port_identity *port, char *text);

/* Follow links to the name by which the kernel lists the port, or to a node that it does not list.  VR_ERR_NOT_FOUND: leads nowhere. */
int vr_port_resolve(
    const char *name, const char *path, char *ret_path, size_t size, struct vr_err *err);

/* The port that is meant, by path or by identity; with both, VR_ERR_LINK when another device is at the path.  Also what
 * vr_ports_list, vr_ports_find and vr_port_resolve say. */
int vr_port_locate(
    const char *name, const struct vr_port_wanted *wanted, struct vr_port_identity *ret_port,
    struct vr_err *err);

#endif
