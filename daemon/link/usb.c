/* Link to a device with a bulk interface of its own: the bytes of port/usb. */
#include "port/usb.h"
#include "link/link.h"

struct usb_link {
    struct vr_usb *usb;
};

static int usb_check(const struct vr_link_config *config, struct vr_err *err)
{
    bool is_named = config->usb_serial || config->usb_vendor || config->usb_product;
    if (is_named && !config->argv && !config->path)
        return 0;
    return vr_err_set(
        err, VR_ERR_USAGE,
        "%s: a device on USB is found by \"usb_serial\" or \"usb_id\", not by argv or path; "
        "`vitalrig devices` lists what is attached",
        config->name);
}

static int usb_open(void *state, const struct vr_link_config *config, struct vr_err *err)
{
    struct usb_link *link = state;
    struct vr_usb_config usb = {
        .name = config->name,
        .serial = config->usb_serial,
        .vendor = config->usb_vendor,
        .product = config->usb_product,
        .interface = config->usb_interface,
    };
    return vr_usb_open(&usb, &link->usb, err);
}

static int usb_send(
    void *state, const uint8_t *data, size_t size, size_t *ret_sent, struct vr_err *err)
{
    const struct usb_link *link = state;
    return vr_usb_send(link->usb, data, size, ret_sent, err);
}

static int usb_receive(
    void *state, uint8_t *buffer, size_t capacity, size_t *ret_size, struct vr_err *err)
{
    const struct usb_link *link = state;
    return vr_usb_receive(link->usb, buffer, capacity, ret_size, err);
}

static size_t usb_poll_fds(void *state, bool want_send, struct pollfd *fds, size_t capacity)
{
    const struct usb_link *link = state;
    return vr_usb_poll_fds(link->usb, want_send, fds, capacity);
}

static void usb_close(void *state)
{
    const struct usb_link *link = state;
    vr_usb_close(link->usb);
}

const struct vr_link_driver vr_link_usb = {
    .name = "usb",
    .summary = "a USB device with bulk endpoints of its own, by serial number or vendor:product",
    .state_size = sizeof(struct usb_link),
    .returns = true,
    .check = usb_check,
    .open = usb_open,
    .send = usb_send,
    .receive = usb_receive,
    .poll_fds = usb_poll_fds,
    .close = usb_close,
};
