/* Non-blocking bytes over one descriptor: what everything over a tty, a pty or a socket does alike.
 *
 * A hang-up is told apart from silence: end of file, EIO (a pty whose other side closed), ENXIO, ENODEV, EPIPE and ECONNRESET mean
 * that the device is gone, and so does POLLHUP or POLLERR with nothing left to read; EAGAIN alone means that there is nothing now. */
#ifndef VR_PORT_BYTE_FD_H
#define VR_PORT_BYTE_FD_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* `name` is the device's, for messages.  VR_ERR_LINK = it is gone. */
int vr_byte_fd_send(
    int fd, const char *name, const uint8_t *data, size_t size, size_t *ret_sent,
    struct vr_err *err);
int vr_byte_fd_receive(
    int fd, const char *name, uint8_t *buffer, size_t capacity, size_t *ret_size,
    struct vr_err *err);
size_t vr_byte_fd_poll(int fd, bool want_send, struct pollfd *fds);

#endif
