/* The error cases of read and write on a descriptor, in one place. */
#include "port/byte_fd.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int device_gone(const char *name, const char *how, struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_LINK, "%s: the device is gone (%s)", name, how);
}

static int transfer_failed(const char *name, const char *what, struct vr_err *err)
{
    switch (errno) {
    case EAGAIN:
    case EINTR:
        return 0;
    case EIO:
    case EPIPE:
    case ECONNRESET:
    case ENXIO:
    case ENODEV:
        return device_gone(name, strerror(errno), err);
    default:
        return vr_err_set(err, VR_ERR_LINK, "%s: %s failed: %s", name, what, strerror(errno));
    }
}

int vr_byte_fd_send(
    int fd, const char *name, const uint8_t *data, size_t size, size_t *ret_sent,
    struct vr_err *err)
{
    *ret_sent = 0;
    ssize_t sent = write(fd, data, size);
    if (sent < 0)
        return transfer_failed(name, "writing", err);
    *ret_sent = (size_t)sent;
    return 0;
}

/* With nothing left to read: what came after the read still counts. */
static bool hung_up(int fd)
{
    struct pollfd state = {.fd = fd, .events = POLLIN};
    return poll(&state, 1, 0) > 0 && state.revents & (POLLHUP | POLLERR | POLLNVAL) &&
           !(state.revents & POLLIN);
}

int vr_byte_fd_receive(
    int fd, const char *name, uint8_t *buffer, size_t capacity, size_t *ret_size,
    struct vr_err *err)
{
    *ret_size = 0;
    ssize_t got = read(fd, buffer, capacity);
    if (got < 0 && errno == EAGAIN && hung_up(fd))
        return device_gone(name, "hang-up", err);
    if (got < 0)
        return transfer_failed(name, "reading", err);
    if (got == 0)
        return device_gone(name, "end of file", err);
    *ret_size = (size_t)got;
    return 0;
}

size_t vr_byte_fd_poll(int fd, bool want_send, struct pollfd *fds)
{
    fds[0] = (struct pollfd){.fd = fd, .events = (short)(want_send ? POLLIN | POLLOUT : POLLIN)};
    return 1;
}
