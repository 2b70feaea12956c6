/* A serial port, or a process on a pty, as one kind of thing. */
#include "port/stream.h"

#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "port/byte_fd.h"
#include "port/child.h"
#include "port/pty.h"

static int start_process(struct vr_stream_port *stream, const char *const *argv, struct vr_err *err)
{
    _cleanup_close_ int device = -1;
    int r = vr_pty_open(stream->name, &stream->fd, &device, err);
    if (r < 0)
        return r;
    r = vr_child_start(stream->name, argv, device, &stream->child, err);
    if (r < 0)
        close(stream->fd);
    return r;
}

int vr_stream_open(
    const struct vr_stream_config *config, struct vr_stream_port *ret_stream, struct vr_err *err)
{
    *ret_stream = (struct vr_stream_port){.fd = -1};
    snprintf(ret_stream->name, sizeof ret_stream->name, "%s", config->name);
    if (config->argv)
        return start_process(ret_stream, config->argv, err);
    const struct vr_serial_config serial = {
        .name = ret_stream->name, .port = config->port, .baud = config->baud};
    int r = vr_serial_open(&serial, &ret_stream->serial, err);
    ret_stream->fd = r < 0 ? -1 : ret_stream->serial.fd;
    return r;
}

int vr_stream_send(
    const struct vr_stream_port *stream, const void *data, size_t size, size_t *ret_sent,
    struct vr_err *err)
{
    return vr_byte_fd_send(stream->fd, stream->name, data, size, ret_sent, err);
}

int vr_stream_receive(
    const struct vr_stream_port *stream, void *buffer, size_t capacity, size_t *ret_size,
    struct vr_err *err)
{
    return vr_byte_fd_receive(stream->fd, stream->name, buffer, capacity, ret_size, err);
}

static int left_ms(int64_t end_ns)
{
    int64_t left_ns = end_ns - vr_clock_monotonic_ns();
    return left_ns > 0 ? (int)((left_ns + 999999) / 1000000) : 0;
}

int vr_stream_send_all(
    const struct vr_stream_port *stream, const void *data, size_t size, int timeout_ms,
    struct vr_err *err)
{
    int64_t end_ns = vr_clock_monotonic_ns() + (int64_t)timeout_ms * 1000000;
    const uint8_t *at = data;
    while (size > 0) {
        struct pollfd room = {.fd = stream->fd, .events = POLLOUT};
        size_t sent;
        int r = vr_stream_send(stream, at, size, &sent, err);
        if (r < 0)
            return r;
        at += sent;
        size -= sent;
        if (size > 0 && poll(&room, 1, left_ms(end_ns)) == 0)
            return vr_err_set(
                err, VR_ERR_LINK, "%s: it takes no bytes; unplug it and plug it in again",
                stream->name);
    }
    return 0;
}

int vr_stream_wait(
    const struct vr_stream_port *stream, void *buffer, size_t capacity, int timeout_ms,
    size_t *ret_size, struct vr_err *err)
{
    struct pollfd come = {.fd = stream->fd, .events = POLLIN};
    int64_t end_ns = vr_clock_monotonic_ns() + (int64_t)timeout_ms * 1000000;
    for (;;) {
        int r = vr_stream_receive(stream, buffer, capacity, ret_size, err);
        if (r < 0 || *ret_size > 0 || poll(&come, 1, left_ms(end_ns)) == 0)
            return r;
    }
}

void vr_stream_close(struct vr_stream_port *stream)
{
    if (stream->fd < 0)
        return;
    if (stream->child == 0) {
        vr_serial_close(&stream->serial);
    } else {
        close(stream->fd);
        vr_child_end(stream->child);
    }
    stream->fd = -1;
}
