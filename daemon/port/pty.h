/* A pseudo-terminal, raw from the start: every byte as it is. */
#ifndef VR_PORT_PTY_H
#define VR_PORT_PTY_H

#include "base/err.h"

/* Both ends, close-on-exec; the host's does not block.  `name` is for messages.  VR_ERR_LINK: nothing stays open. */
int vr_pty_open(const char *name, int *ret_host_fd, int *ret_device_fd, struct vr_err *err);

#endif
