/* Link over a pseudo-terminal: to a process that is started as the device, or to a pty (or tty) that is already there.
 *
 * A started process finds its side as port/child.h says. */
#include <assert.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "link/link.h"
#include "port/byte_fd.h"
#include "port/child.h"
#include "port/pty.h"
#include "port/serial.h"

struct pty {
    char name[64];
    int fd;
    pid_t child;           /* 0 = none */
    struct vr_serial port; /* what was there already, when there is no child */
};

static int open_path(struct pty *pty, const char *path, struct vr_err *err)
{
    const struct vr_serial_config config = {
        .name = pty->name, .port = {.path = path, .usb_interface = -1}};
    int r = vr_serial_open(&config, &pty->port, err);
    pty->fd = pty->port.fd;
    return r;
}

static int start_process(struct pty *pty, const char *const *argv, struct vr_err *err)
{
    _cleanup_close_ int device = -1;
    int r = vr_pty_open(pty->name, &pty->fd, &device, err);
    if (r < 0)
        return r;
    r = vr_child_start(pty->name, argv, device, &pty->child, err);
    if (r < 0)
        close(pty->fd);
    return r;
}

static int pty_check(const struct vr_link_config *config, struct vr_err *err)
{
    if (config->argv || config->path)
        return 0;
    return vr_err_set(
        err, VR_ERR_USAGE, "%s: a pty needs \"argv\" (a program to start) or \"path\" (a pty)",
        config->name);
}

static int pty_open(void *state, const struct vr_link_config *config, struct vr_err *err)
{
    struct pty *pty = state;
    snprintf(pty->name, sizeof pty->name, "%s", config->name);
    if (config->argv)
        return start_process(pty, config->argv, err);
    return open_path(pty, config->path, err);
}

static int pty_send(
    void *state, const uint8_t *data, size_t size, size_t *ret_sent, struct vr_err *err)
{
    const struct pty *pty = state;
    return vr_byte_fd_send(pty->fd, pty->name, data, size, ret_sent, err);
}

static int pty_receive(
    void *state, uint8_t *buffer, size_t capacity, size_t *ret_size, struct vr_err *err)
{
    const struct pty *pty = state;
    return vr_byte_fd_receive(pty->fd, pty->name, buffer, capacity, ret_size, err);
}

static size_t pty_poll_fds(void *state, bool want_send, struct pollfd *fds, size_t capacity)
{
    const struct pty *pty = state;
    assert(capacity >= 1);
    return vr_byte_fd_poll(pty->fd, want_send, fds);
}

static void pty_close(void *state)
{
    struct pty *pty = state;
    if (pty->child == 0) {
        vr_serial_close(&pty->port);
        return;
    }
    close(pty->fd);
    vr_child_end(pty->child);
}

const struct vr_link_driver vr_link_pty = {
    .name = "pty",
    .summary = "a process started as the device, or an existing pseudo-terminal",
    .state_size = sizeof(struct pty),
    .check = pty_check,
    .open = pty_open,
    .send = pty_send,
    .receive = pty_receive,
    .poll_fds = pty_poll_fds,
    .close = pty_close,
};
