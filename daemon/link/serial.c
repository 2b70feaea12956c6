/* Link over a serial port: a UART behind a USB bridge, a CDC-ACM device, or a port of the machine itself. */
#include <assert.h>

#include "link/serial.h"
#include "port/byte_fd.h"

struct vr_serial_config vr_link_serial_config(const struct vr_link_config *config)
{
    return (struct vr_serial_config){
        .name = config->name,
        .port =
            {
                .path = config->path,
                .usb_serial = config->usb_serial,
                .usb_vendor = config->usb_vendor,
                .usb_product = config->usb_product,
                .usb_interface = config->usb_interface,
            },
        .baud = config->baud ? config->baud : VR_LINK_BAUD,
        .rtscts = config->rtscts,
        .dtr = config->dtr,
        .rts = config->rts,
    };
}

static int serial_check(const struct vr_link_config *config, struct vr_err *err)
{
    if (config->argv)
        return vr_err_set(
            err, VR_ERR_USAGE,
            "%s: a serial port is not a program; for argv the kind is \"pty\" or \"socket\"",
            config->name);
    if (config->path || config->usb_serial || config->usb_vendor || config->usb_product)
        return 0;
    return vr_err_set(
        err, VR_ERR_USAGE,
        "%s: a serial port needs \"usb_serial\", \"usb_id\" or \"path\"; `vitalrig devices` lists "
        "what is attached",
        config->name);
}

static int serial_open(void *state, const struct vr_link_config *config, struct vr_err *err)
{
    const struct vr_serial_config serial = vr_link_serial_config(config);
    return vr_serial_open(&serial, state, err);
}

static int serial_send(
    void *state, const uint8_t *data, size_t size, size_t *ret_sent, struct vr_err *err)
{
    const struct vr_serial *serial = state;
    return vr_byte_fd_send(serial->fd, serial->name, data, size, ret_sent, err);
}

static int serial_receive(
    void *state, uint8_t *buffer, size_t capacity, size_t *ret_size, struct vr_err *err)
{
    const struct vr_serial *serial = state;
    return vr_byte_fd_receive(serial->fd, serial->name, buffer, capacity, ret_size, err);
}

static size_t serial_poll_fds(void *state, bool want_send, struct pollfd *fds, size_t capacity)
{
    const struct vr_serial *serial = state;
    assert(capacity >= 1);
    return vr_byte_fd_poll(serial->fd, want_send, fds);
}

static void serial_close(void *state)
{
    vr_serial_close(state);
}

const struct vr_link_driver vr_link_serial = {
    .name = "serial",
    .summary = "a serial port, found by its USB device or by its path",
    .state_size = sizeof(struct vr_serial),
    .returns = true,
    .has_baud = true,
    .check = serial_check,
    .open = serial_open,
    .send = serial_send,
    .receive = serial_receive,
    .poll_fds = serial_poll_fds,
    .close = serial_close,
};
