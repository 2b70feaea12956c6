/* What a serial port needs to know of a link's configuration. */
#ifndef VR_LINK_SERIAL_H
#define VR_LINK_SERIAL_H

#include "link/link.h"
#include "port/serial.h"

struct vr_serial_config vr_link_serial_config(const struct vr_link_config *config);

#endif
