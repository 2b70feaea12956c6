/* Open, move bytes, close: two pipes and libusb's events between them. */
#include "port/usb.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "port/usb_pipe.h"

#define TRANSFER_SIZE_MAX ((size_t)1024 * 1024)
#define COUNT_MAX 64

/* A close takes a second at most: what was sent last is waited for, and cancelled transfers, which end within milliseconds, also
 * those of an unplugged device. */
#define LAST_SEND_NS (100 * VR_NS_PER_MS)
#define DRAIN_NS (800 * VR_NS_PER_MS)

struct vr_usb {
    char name[64], serial[VR_USB_TEXT_SIZE];
    libusb_context *context;
    libusb_device *device; /* of the open handle, which keeps it */
    int interface;
    bool is_claimed;
    bool has_left;     /* the hotplug callback's note */
    bool is_cancelled; /* after a failure, what was under way */
    int ready_fd;      /* always readable: for a poll that has nothing to wait for */
    struct vr_usb_shared shared;
    struct vr_usb_pipe in, out;
};

/* --- errors in words --- */

static int refuse_failure(const struct vr_usb *usb, struct vr_err *err)
{
    switch (usb->shared.failure) {
    case VR_USB_STALLED:
        return vr_err_set(
            err, VR_ERR_LINK,
            "%s: the device stalls its USB endpoint, also after the halt was cleared; reset it",
            usb->name);
    case VR_USB_TIMED_OUT:
        return vr_err_set(
            err, VR_ERR_LINK, "%s: the device took only a part of a USB transfer; reset it",
            usb->name);
    case VR_USB_MEMORY:
        return vr_err_set(
            err, VR_ERR_LINK,
            "%s: the kernel has no memory left for USB transfers; close other programs that use "
            "USB devices, or write a larger number to "
            "/sys/module/usbcore/parameters/usbfs_memory_mb",
            usb->name);
    case VR_USB_EVENTS:
        return vr_err_set(err, VR_ERR_LINK, "%s: libusb cannot handle its events", usb->name);
    case VR_USB_GONE:
    case VR_USB_FINE:
    default:
        return vr_err_set(
            err, VR_ERR_LINK, "%s: the device is gone (%s)", usb->name,
            usb->has_left ? "USB unplugged" : "a USB transfer failed as after an unplug");
    }
}

/* `error` is libusb's. */
static int refuse_open(
    const char *name, const struct vr_usb_entry *entry, const char *step, int error,
    struct vr_err *err)
{
    char node[64];
    snprintf(node, sizeof node, "/dev/bus/usb/%03u/%03u", entry->bus, entry->address);
    switch (error) {
    case LIBUSB_ERROR_ACCESS:
        return vr_err_set(
            err, VR_ERR_LINK,
            "%s: no permission for %s; `vitalrig doctor --emit-udev` prints the udev rule that "
            "grants it",
            name, node);
    case LIBUSB_ERROR_BUSY:
        return vr_err_set(
            err, VR_ERR_LINK,
            "%s: interface %d of %s is in use by another program; end it (`fuser %s` tells which)",
            name, entry->interface, node, node);
    case LIBUSB_ERROR_NO_MEM:
        return vr_err_set(
            err, VR_ERR_LINK,
            "%s: no memory for USB transfers; close other programs that use USB devices, or write "
            "a larger number to /sys/module/usbcore/parameters/usbfs_memory_mb",
            name);
    case LIBUSB_ERROR_NO_DEVICE:
    case LIBUSB_ERROR_NOT_FOUND:
        return vr_err_set(
            err, VR_ERR_LINK, "%s: %s went away while it was being opened; check the cable", name,
            node);
    default:
        return vr_err_set(
            err, VR_ERR_LINK, "%s: %s %s: %s; unplug the device and plug it in again", name, step,
            node, libusb_error_name(error));
    }
}

/* --- open --- */

static int check_config(const struct vr_usb_config *config, struct vr_err *err)
{
    assert(config->transfer_size <= TRANSFER_SIZE_MAX);
    assert(config->in_count <= COUNT_MAX && config->out_count <= COUNT_MAX);
    if (!config->serial && !config->vendor && !config->product)
        return vr_err_set(
            err, VR_ERR_USAGE,
            "%s: a USB device needs \"usb_serial\" or \"usb_id\"; `vitalrig devices` lists what is "
            "attached",
            config->name);
    return 0;
}

/* The limit holds for all devices and programs together: what is far too much is refused before anything is opened. */
static int check_memory(
    const struct vr_usb_ops *ops, const char *name, size_t needed, struct vr_err *err)
{
    size_t limit = (size_t)ops->usbfs_memory_mb() * 1024 * 1024;
    if (limit == 0 || needed <= limit)
        return 0;
    return vr_err_set(
        err, VR_ERR_LINK,
        "%s: needs %zu KiB for USB transfers, and the kernel allows %zu KiB to all programs; write "
        "a "
        "larger number to /sys/module/usbcore/parameters/usbfs_memory_mb",
        name, needed / 1024, limit / 1024);
}

static int LIBUSB_CALL
on_left(libusb_context *context, libusb_device *device, libusb_hotplug_event event, void *user_data)
{
    struct vr_usb *usb = user_data;
    (void)context;
    (void)event;
    if (device == usb->device)
        usb->has_left = true;
    return 0;
}

/* Where there is no hotplug, a failed transfer tells all the same. */
static void watch_for_leaving(struct vr_usb *usb, const struct vr_usb_entry *entry)
{
    usb->shared.ops->hotplug_register_callback(
        usb->context, LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT, 0, entry->vendor, entry->product,
        LIBUSB_HOTPLUG_MATCH_ANY, on_left, usb, NULL);
}

static int take_interface(
    struct vr_usb *usb, const struct vr_usb_config *config, const struct vr_usb_found *found,
    struct vr_err *err)
{
    const struct vr_usb_ops *ops = usb->shared.ops;
    int r = ops->open(found->device, &usb->shared.handle);
    if (r < 0) {
        usb->shared.handle = NULL;
        return refuse_open(usb->name, &found->entry, "opening", r, err);
    }
    usb->device = found->device;
    memcpy(usb->serial, found->entry.serial, sizeof usb->serial);
    ops->set_auto_detach_kernel_driver(
        usb->shared.handle, 1); /* where there is none to detach, fine */
    r = ops->claim_interface(usb->shared.handle, found->entry.interface);
    if (r < 0)
        return refuse_open(usb->name, &found->entry, "claiming an interface of", r, err);
    usb->is_claimed = true;
    usb->interface = found->entry.interface;
    if (config->sets_interface)
        r = ops->set_interface_alt_setting(usb->shared.handle, usb->interface, 0);
    return r < 0 ? refuse_open(usb->name, &found->entry, "setting an interface of", r, err) : 0;
}

static int start_transfers(
    struct vr_usb *usb, const struct vr_usb_config *config, const struct vr_usb_found *found,
    struct vr_err *err)
{
    size_t size = config->transfer_size ? config->transfer_size : VR_USB_TRANSFER_SIZE;
    unsigned in_count = config->in_count ? config->in_count : VR_USB_IN_COUNT;
    unsigned out_count = config->out_count ? config->out_count : VR_USB_OUT_COUNT;
    if (!found->out.address)
        out_count = 0;
    int r = check_memory(usb->shared.ops, usb->name, (in_count + out_count) * size, err);
    if (r == 0)
        r = vr_usb_pipe_init(&usb->in, &usb->shared, &found->in, size, in_count, err);
    if (r == 0)
        r = vr_usb_pipe_init(&usb->out, &usb->shared, &found->out, size, out_count, err);
    if (r < 0)
        return r;
    r = vr_usb_pipe_listen(&usb->in);
    return r < 0 ? refuse_open(usb->name, &found->entry, "reading from", r, err) : 0;
}

static int open_found(
    struct vr_usb *usb, libusb_device *const *list, const struct vr_usb_config *config,
    struct vr_err *err)
{
    struct vr_usb_found found;
    int r = vr_usb_find(usb->shared.ops, list, config, &found, err);
    if (r == 0)
        r = take_interface(usb, config, &found, err);
    if (r < 0)
        return r;
    watch_for_leaving(usb, &found.entry);
    return start_transfers(usb, config, &found, err);
}

static int start(struct vr_usb *usb, const struct vr_usb_config *config, struct vr_err *err)
{
    const struct vr_usb_ops *ops = usb->shared.ops;
    libusb_device **list;
    usb->ready_fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    if (usb->ready_fd < 0)
        return vr_err_set(err, VR_ERR_LINK, "%s: no descriptor left for USB", usb->name);
    if (ops->init(&usb->context) < 0) {
        usb->context = NULL;
        return vr_err_set(
            err, VR_ERR_LINK, "%s: USB cannot be used here: libusb does not start", usb->name);
    }
    if (ops->get_device_list(usb->context, &list) < 0)
        return vr_err_set(err, VR_ERR_LINK, "%s: libusb cannot list USB devices", usb->name);
    int r = open_found(usb, list, config, err);
    ops->free_device_list(list, 1); /* the open handle keeps its device */
    return r;
}

int vr_usb_open_with(
    const struct vr_usb_ops *ops, const struct vr_usb_config *config, struct vr_usb **ret_usb,
    struct vr_err *err)
{
    int r = check_config(config, err);
    if (r < 0)
        return r;
    struct vr_usb *usb = calloc(1, sizeof *usb);
    if (!usb)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a USB port");
    snprintf(usb->name, sizeof usb->name, "%s", config->name);
    usb->shared.ops = ops;
    usb->shared.whole_packets = config->whole_packets;
    usb->ready_fd = -1;
    r = start(usb, config, err);
    if (r < 0) {
        vr_usb_close(usb);
        return r;
    }
    *ret_usb = usb;
    return 0;
}

int vr_usb_open(const struct vr_usb_config *config, struct vr_usb **ret_usb, struct vr_err *err)
{
    return vr_usb_open_with(&vr_usb_libusb, config, ret_usb, err);
}

/* --- bytes --- */

/* Whether libusb's own work succeeded; transfers note themselves how they ended. */
static bool handle_events(struct vr_usb *usb, int64_t timeout_ns)
{
    struct timeval timeout = {
        .tv_sec = timeout_ns / VR_NS_PER_S,
        .tv_usec = timeout_ns % VR_NS_PER_S / VR_NS_PER_US,
    };
    int r = usb->shared.ops->handle_events_timeout_completed(usb->context, &timeout, NULL);
    return r >= 0 || r == LIBUSB_ERROR_INTERRUPTED || r == LIBUSB_ERROR_NO_DEVICE;
}

/* After a failure nothing is left under way, so that what came before it can be told apart from what will never come. */
static void pump(struct vr_usb *usb)
{
    struct vr_usb_shared *shared = &usb->shared;
    bool has_worked = handle_events(usb, 0);
    if (shared->failure == VR_USB_FINE && !has_worked)
        shared->failure = VR_USB_EVENTS;
    if (shared->failure == VR_USB_FINE && usb->has_left)
        shared->failure = VR_USB_GONE;
    vr_usb_pipe_settle(&usb->in);
    vr_usb_pipe_settle(&usb->out);
    if (shared->failure != VR_USB_FINE && !usb->is_cancelled) {
        usb->is_cancelled = true;
        vr_usb_pipe_cancel(&usb->in);
        vr_usb_pipe_cancel(&usb->out);
    }
}

int vr_usb_send(
    struct vr_usb *usb, const uint8_t *data, size_t size, size_t *ret_sent, struct vr_err *err)
{
    assert(usb->out.count > 0);
    pump(usb);
    *ret_sent = vr_usb_pipe_give(&usb->out, data, size);
    if (*ret_sent == 0 && usb->shared.failure != VR_USB_FINE)
        return refuse_failure(usb, err);
    return 0;
}

int vr_usb_receive(
    struct vr_usb *usb, uint8_t *buffer, size_t capacity, size_t *ret_size, struct vr_err *err)
{
    pump(usb);
    *ret_size = vr_usb_pipe_take(&usb->in, buffer, capacity);
    if (*ret_size == 0 && usb->shared.failure != VR_USB_FINE && usb->in.used == 0)
        return refuse_failure(usb, err);
    return 0;
}

static int refuse_control(
    const struct vr_usb *usb, const struct vr_usb_request *request, int error, struct vr_err *err)
{
    switch (error) {
    case LIBUSB_ERROR_NO_DEVICE:
        return vr_err_set(err, VR_ERR_LINK, "%s: the device is gone (USB unplugged)", usb->name);
    case LIBUSB_ERROR_TIMEOUT:
        return vr_err_set(
            err, VR_ERR_LINK,
            "%s: the device has not answered the USB request %02x %02x within %u ms; unplug it and "
            "plug it in again",
            usb->name, request->type, request->request, request->timeout_ms);
    case LIBUSB_ERROR_PIPE:
        return vr_err_set(
            err, VR_ERR_LINK,
            "%s: the device refuses the USB request %02x %02x; bring its firmware up to date",
            usb->name, request->type, request->request);
    default:
        return vr_err_set(
            err, VR_ERR_LINK,
            "%s: USB request %02x %02x: %s; unplug the device and plug it in again", usb->name,
            request->type, request->request, libusb_error_name(error));
    }
}

int vr_usb_control(
    struct vr_usb *usb, const struct vr_usb_request *request, uint8_t *data, uint16_t length,
    size_t *ret_size, struct vr_err *err)
{
    *ret_size = 0;
    int r = usb->shared.ops->control_transfer(
        usb->shared.handle, request->type, request->request, request->value, request->index, data,
        length, request->timeout_ms);
    if (r < 0)
        return refuse_control(usb, request, r, err);
    *ret_size = (size_t)r;
    return 0;
}

/* A completed transfer wakes a poll once; what an earlier call has taken note of already must not wait for the next one. */
size_t vr_usb_poll_fds(struct vr_usb *usb, bool want_send, struct pollfd *fds, size_t capacity)
{
    const struct vr_usb_ops *ops = usb->shared.ops;
    size_t count = 0;
    assert(capacity >= VR_USB_FDS_MAX);

    const struct libusb_pollfd **list = ops->get_pollfds(usb->context);
    for (const struct libusb_pollfd **one = list; one && *one && count < capacity - 1; one++)
        fds[count++] = (struct pollfd){.fd = (*one)->fd, .events = (*one)->events};
    ops->free_pollfds(list);

    bool has_ended = usb->shared.failure != VR_USB_FINE && usb->in.used == 0;
    if (!list || has_ended || vr_usb_pipe_is_ready(&usb->in) ||
        (want_send && vr_usb_pipe_is_ready(&usb->out)))
        fds[count++] = (struct pollfd){.fd = usb->ready_fd, .events = POLLIN};
    return count;
}

const char *vr_usb_serial(const struct vr_usb *usb)
{
    return usb->serial;
}

const struct vr_usb_counts *vr_usb_counts(const struct vr_usb *usb)
{
    return &usb->shared.counts;
}

/* --- close --- */

/* Handle events until nothing of the pipe is under way.  Returns whether that came about in time. */
static bool drain(struct vr_usb *usb, const struct vr_usb_pipe *pipe, int64_t limit_ns)
{
    int64_t deadline_ns = vr_clock_monotonic_ns() + limit_ns;
    while (pipe->under_way > 0) {
        int64_t left_ns = deadline_ns - vr_clock_monotonic_ns();
        if (left_ns <= 0 || !handle_events(usb, left_ns))
            return false;
    }
    return true;
}

void vr_usb_close(struct vr_usb *usb)
{
    if (!usb)
        return;
    const struct vr_usb_ops *ops = usb->shared.ops;
    if (usb->ready_fd >= 0)
        close(usb->ready_fd);
    if (usb->shared.failure == VR_USB_FINE)
        drain(usb, &usb->out, LAST_SEND_NS);
    vr_usb_pipe_cancel(&usb->in);
    vr_usb_pipe_cancel(&usb->out);
    /* Transfers that do not end still belong to the kernel, with the buffers: losing the memory beats having it written to later. */
    if (!drain(usb, &usb->in, DRAIN_NS / 2) || !drain(usb, &usb->out, DRAIN_NS / 2))
        return;
    vr_usb_pipe_finish(&usb->in);
    vr_usb_pipe_finish(&usb->out);
    if (usb->is_claimed)
        ops->release_interface(usb->shared.handle, usb->interface);
    if (usb->shared.handle)
        ops->close(usb->shared.handle);
    if (usb->context)
        ops->exit(usb->context);
    free(usb);
}
