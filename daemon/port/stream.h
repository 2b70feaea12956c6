/* Bytes to and from an instrument that speaks over a serial line: a port found by what it is or where it is, a pty, or a process that
 * is the instrument. */
#ifndef VR_PORT_STREAM_H
#define VR_PORT_STREAM_H

#include <poll.h>
#include <stdint.h>
#include <sys/types.h>

#include "port/ports.h"
#include "port/serial.h"

struct vr_stream_config {
    const char *name; /* the instrument's, for messages */
    /* A program to start, NULL-terminated, never through a shell, which finds its end as descriptor 3; or NULL: */
    const char *const *argv;
    struct vr_port_wanted port;
    uint32_t baud; /* bit/s, 8N1; 0 = VR_SERIAL_BAUD_DEFAULT; of no meaning to a process */
};

struct vr_stream_port {
    char name[64];
    int fd; /* does not block, close-on-exec; for poll and for reads elsewhere */

    /* Private. */
    pid_t child; /* 0 = none */
    struct vr_serial serial;
};

/* VR_ERR_LINK, VR_ERR_USAGE: as vr_serial_open and vr_child_start say.  On error nothing stays open. */
int vr_stream_open(
    const struct vr_stream_config *config, struct vr_stream_port *ret_stream, struct vr_err *err);

/* As vr_byte_fd_send and vr_byte_fd_receive: never block, VR_ERR_LINK = it is gone. */
int vr_stream_send(
    const struct vr_stream_port *stream, const void *data, size_t size, size_t *ret_sent,
    struct vr_err *err);
int vr_stream_receive(
    const struct vr_stream_port *stream, void *buffer, size_t capacity, size_t *ret_size,
    struct vr_err *err);

/* For the short talk before the samples: all of it within the time, or VR_ERR_LINK. */
int vr_stream_send_all(
    const struct vr_stream_port *stream, const void *data, size_t size, int timeout_ms,
    struct vr_err *err);
/* Wait for bytes; returns 0 also when the time is over, with *ret_size 0. */
int vr_stream_wait(
    const struct vr_stream_port *stream, void *buffer, size_t capacity, int timeout_ms,
    size_t *ret_size, struct vr_err *err);

void vr_stream_close(struct vr_stream_port *stream);

#endif
