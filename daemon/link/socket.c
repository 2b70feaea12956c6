/* Link over a Unix socket: to a process that is started as the device, or to one that listens already.
 *
 * QEMU is such a process: `-chardev socket,fd=3,id=uart -serial chardev:uart`.  Unlike its pty, which looks for a reader once a
 * second, a socket answers at once. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "link/link.h"
#include "port/byte_fd.h"
#include "port/child.h"

struct socket {
    char name[64];
    int fd;
    pid_t child; /* 0 = none */
};

static int start_process(struct socket *state, const char *const *argv, struct vr_err *err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return vr_err_set(
            err, VR_ERR_LINK, "%s: cannot create a socket pair: %s", state->name, strerror(errno));
    _cleanup_close_ int host = pair[0];
    _cleanup_close_ int device = pair[1];
    /* Only our end: the other one is as the program expects a descriptor to be. */
    if (fcntl(host, F_SETFL, O_NONBLOCK) < 0)
        return vr_err_set(err, VR_ERR_LINK, "%s: a socket pair: %s", state->name, strerror(errno));
    int r = vr_child_start(state->name, argv, device, &state->child, err);
    if (r < 0)
        return r;
    state->fd = host;
    host = -1;
    return 0;
}

static int connect_path(struct socket *state, const char *path, struct vr_err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, strlen(path));

    _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* It succeeds or fails at once, also without waiting. */
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) < 0)
        return vr_err_set(
            err, VR_ERR_LINK, "%s: cannot connect to %s: %s; is the device started?", state->name,
            path, strerror(errno));
    state->fd = fd;
    fd = -1;
    return 0;
}

static int socket_check(const struct vr_link_config *config, struct vr_err *err)
{
    const size_t size_max = sizeof((struct sockaddr_un *)0)->sun_path - 1;
    if (!config->argv && !config->path)
        return vr_err_set(
            err, VR_ERR_USAGE,
            "%s: a socket needs \"argv\" (a program to start) or \"path\" (a socket)",
            config->name);
    if (config->path && strlen(config->path) > size_max)
        return vr_err_set(
            err, VR_ERR_USAGE, "%s: %s: the path of a socket has at most %zu bytes; shorten it",
            config->name, config->path, size_max);
    return 0;
}

static int socket_open(void *state, const struct vr_link_config *config, struct vr_err *err)
{
    struct socket *socket = state;
    snprintf(socket->name, sizeof socket->name, "%s", config->name);
    if (config->argv)
        return start_process(socket, config->argv, err);
    return connect_path(socket, config->path, err);
}

static int socket_send(
    void *state, const uint8_t *data, size_t size, size_t *ret_sent, struct vr_err *err)
{
    const struct socket *socket = state;
    return vr_byte_fd_send(socket->fd, socket->name, data, size, ret_sent, err);
}

static int socket_receive(
    void *state, uint8_t *buffer, size_t capacity, size_t *ret_size, struct vr_err *err)
{
    const struct socket *socket = state;
    return vr_byte_fd_receive(socket->fd, socket->name, buffer, capacity, ret_size, err);
}

static size_t socket_poll_fds(void *state, bool want_send, struct pollfd *fds, size_t capacity)
{
    const struct socket *socket = state;
    assert(capacity >= 1);
    return vr_byte_fd_poll(socket->fd, want_send, fds);
}

static void socket_close(void *state)
{
    const struct socket *socket = state;
    close(socket->fd);
    if (socket->child > 0)
        vr_child_end(socket->child);
}

const struct vr_link_driver vr_link_socket = {
    .name = "socket",
    .summary = "a process started as the device, such as QEMU, or a listening Unix socket",
    .state_size = sizeof(struct socket),
    .check = socket_check,
    .open = socket_open,
    .send = socket_send,
    .receive = socket_receive,
    .poll_fds = socket_poll_fds,
    .close = socket_close,
};
