/* udev rules for the devices of one bench: who may use them, who must leave them alone, and a name that stays. */
#ifndef VR_PORT_RULES_H
#define VR_PORT_RULES_H

#include <stdbool.h>
#include <stdio.h>

#include "port/identity.h"

/* What stands before the rules of all devices, and how to install them. */
void vr_rules_begin(FILE *out);

/* The rules of one device; `is_port`: it is used as a serial port, and its link becomes /dev/vitalrig/NAME.  `device` holds what is known of it: usb_vendor, usb_product and
 * usb_interface 0, 0 and -1 = any, usb_serial "" = any.  A device without all of these gets a comment that says so. */
void vr_rules_write(
    FILE *out, const char *name, const struct vr_port_identity *device, bool is_port);

void vr_rules_end(FILE *out);

#endif
