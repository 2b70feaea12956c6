/* Why a port cannot be had, and what to do about it. */
#ifndef VR_PORT_REFUSAL_H
#define VR_PORT_REFUSAL_H

#include "base/err.h"

/* errno of opening or locking the node at `path` for the device `name`; VR_ERR_LINK, or VR_ERR_NOT_FOUND when it is gone. */
int vr_port_refusal(const char *name, const char *path, int error, struct vr_err *err);

#endif
