/* usbdevfs: requests are submitted, served by the simulated meter, and reaped. */
#include "usb_bus.h"

#include <errno.h>
#include <linux/usbdevice_fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <umockdev.h>
#include <unistd.h>

#include "base/clock.h"

#define NODE "/dev/bus/usb/001/007"
#define FOLDER "/devices/pci0/usb1/1-3"
#define QUEUE_SIZE 256
#define SHORT_NS (2 * VR_NS_PER_MS) /* what is not full by then ends with a short packet */
#define PATIENCE_NS VR_NS_PER_MS

struct queue {
    UMockdevIoctlData *urbs[QUEUE_SIZE];
    unsigned count;
};

struct usb_bus {
    GMutex lock;
    UMockdevTestbed *testbed;
    UMockdevIoctlBase *base;
    struct usb_bus_meter meter;
    struct queue waiting;       /* bulk IN, in order */
    struct queue ended;         /* to be reaped */
    UMockdevIoctlData *payload; /* of the first that waits */
    size_t filled;              /* bytes in it */
    int64_t filled_ns;          /* when the first of them came */
};

/* --- requests -------------------------------------------------------------------------------- */

static struct usbdevfs_urb *urb_of(UMockdevIoctlData *data)
{
    void *bytes = data->data;
    return bytes;
}

static bool append(struct queue *queue, UMockdevIoctlData *urb)
{
    if (queue->count == QUEUE_SIZE)
        return false;
    queue->urbs[queue->count++] = urb;
    return true;
}

static UMockdevIoctlData *take(struct queue *queue, unsigned index)
{
    UMockdevIoctlData *urb = queue->urbs[index];
    queue->count--;
    memmove(
        &queue->urbs[index], &queue->urbs[index + 1], (queue->count - index) * sizeof *queue->urbs);
    return urb;
}

static UMockdevIoctlData *payload_of(UMockdevIoctlData *urb)
{
    return umockdev_ioctl_data_resolve(
        urb, offsetof(struct usbdevfs_urb, buffer), (gsize)urb_of(urb)->buffer_length, NULL);
}

static int64_t meter_now_ns(const struct usb_bus *bus)
{
    return vr_clock_monotonic_ns() - bus->meter.lag_ns;
}

static void *state_of(const struct usb_bus *bus)
{
    return vr_sim_state(bus->meter.meter);
}

static bool is_unplugged(const struct usb_bus *bus)
{
    return bus->meter.driver->is_unplugged(state_of(bus));
}

/* 8 bytes of setup, then data. */
static void serve_control(struct usb_bus *bus, UMockdevIoctlData *urb)
{
    UMockdevIoctlData *payload = payload_of(urb);
    uint8_t *setup = payload->data;
    uint16_t length = (uint16_t)(setup[6] | setup[7] << 8);
    int r = bus->meter.driver->control(
        state_of(bus), meter_now_ns(bus), setup[0], setup[1], (uint16_t)(setup[2] | setup[3] << 8),
        (uint16_t)(setup[4] | setup[5] << 8), setup + 8, length);
    if (r > 0 && setup[0] & 0x80)
        umockdev_ioctl_data_update(payload, 8, setup + 8, (gsize)r);
    urb_of(urb)->actual_length = r < 0 ? 0 : r;
    urb_of(urb)->status = r < 0 ? -EPIPE : 0;
    umockdev_ioctl_data_unref(payload);
}

static void serve_out(struct usb_bus *bus, UMockdevIoctlData *urb)
{
    UMockdevIoctlData *payload = payload_of(urb);
    size_t size = (size_t)urb_of(urb)->buffer_length;
    bus->meter.driver->receive(state_of(bus), meter_now_ns(bus), payload->data, size);
    urb_of(urb)->actual_length = (int)size;
    urb_of(urb)->status = 0;
    umockdev_ioctl_data_unref(payload);
}

static int submit(struct usb_bus *bus, UMockdevIoctlData *argument)
{
    if (is_unplugged(bus))
        return ENODEV;
    UMockdevIoctlData *urb =
        umockdev_ioctl_data_resolve(argument, 0, sizeof(struct usbdevfs_urb), NULL);
    bool is_in = urb_of(urb)->endpoint & 0x80;
    bool is_control = urb_of(urb)->type == USBDEVFS_URB_TYPE_CONTROL;
    if (is_control)
        serve_control(bus, urb);
    else if (!is_in)
        serve_out(bus, urb);
    return append(is_in && !is_control ? &bus->waiting : &bus->ended, urb) ? 0 : ENOMEM;
}

/* --- bulk IN --------------------------------------------------------------------------------- */

static void end_first(struct usb_bus *bus, int status)
{
    UMockdevIoctlData *urb = take(&bus->waiting, 0);
    urb_of(urb)->status = status;
    urb_of(urb)->actual_length = (int)bus->filled;
    if (bus->payload) {
        if (bus->filled > 0)
            umockdev_ioctl_data_update(bus->payload, 0, bus->payload->data, bus->filled);
        umockdev_ioctl_data_unref(bus->payload);
    }
    bus->payload = NULL;
    bus->filled = 0;
    append(&bus->ended, urb);
}

static void fill_first(struct usb_bus *bus)
{
    int64_t now_ns = vr_clock_monotonic_ns();
    size_t capacity = (size_t)urb_of(bus->waiting.urbs[0])->buffer_length;
    if (!bus->payload)
        bus->payload = payload_of(bus->waiting.urbs[0]);
    size_t size = bus->meter.driver->transmit(
        state_of(bus), meter_now_ns(bus), bus->payload->data + bus->filled, capacity - bus->filled);
    if (bus->filled == 0)
        bus->filled_ns = now_ns;
    bus->filled += size;
    if (bus->filled == capacity || (bus->filled > 0 && now_ns - bus->filled_ns >= SHORT_NS))
        end_first(bus, 0);
}

static void serve_in(struct usb_bus *bus)
{
    if (bus->meter.activity)
        vr_activity_take(bus->meter.activity);
    unsigned waiting;
    do {
        waiting = bus->waiting.count;
        if (waiting > 0 && !is_unplugged(bus))
            fill_first(bus);
    } while (bus->waiting.count < waiting);
    while (is_unplugged(bus) && bus->waiting.count > 0)
        end_first(bus, -ESHUTDOWN);
}

static void wait_a_little(const struct usb_bus *bus)
{
    int64_t wait_ns = bus->meter.driver->next_ns(state_of(bus)) - meter_now_ns(bus);
    if (wait_ns > PATIENCE_NS)
        wait_ns = PATIENCE_NS;
    if (wait_ns < PATIENCE_NS / 4)
        wait_ns = PATIENCE_NS / 4;
    const struct timespec pause = {.tv_nsec = wait_ns};
    nanosleep(&pause, NULL);
}

static int reap(struct usb_bus *bus, UMockdevIoctlData *argument)
{
    if (bus->ended.count == 0)
        serve_in(bus);
    if (bus->ended.count == 0) {
        wait_a_little(bus);
        serve_in(bus);
    }
    if (bus->ended.count == 0)
        return EAGAIN;
    UMockdevIoctlData *ended = take(&bus->ended, 0);
    UMockdevIoctlData *place = umockdev_ioctl_data_resolve(argument, 0, sizeof(void *), NULL);
    umockdev_ioctl_data_set_ptr(place, 0, ended);
    umockdev_ioctl_data_unref(place);
    umockdev_ioctl_data_unref(ended);
    return 0;
}

static int discard(struct usb_bus *bus, const UMockdevIoctlData *argument)
{
    gulong address;
    memcpy(&address, argument->data, sizeof address);
    for (unsigned i = 0; i < bus->waiting.count; i++) {
        if (bus->waiting.urbs[i]->client_addr != address)
            continue;
        if (i == 0) {
            end_first(bus, -ENOENT);
            return 0;
        }
        UMockdevIoctlData *urb = take(&bus->waiting, i);
        urb_of(urb)->status = -ENOENT;
        urb_of(urb)->actual_length = 0;
        append(&bus->ended, urb);
        return 0;
    }
    return EINVAL;
}

/* --- umockdev -------------------------------------------------------------------------------- */

static int tell_capabilities(UMockdevIoctlData *argument)
{
    const uint32_t capabilities =
        USBDEVFS_CAP_NO_PACKET_SIZE_LIM | USBDEVFS_CAP_REAP_AFTER_DISCONNECT;
    UMockdevIoctlData *place = umockdev_ioctl_data_resolve(argument, 0, sizeof capabilities, NULL);
    memcpy(place->data, &capabilities, sizeof capabilities);
    umockdev_ioctl_data_unref(place);
    return 0;
}

static gboolean on_ioctl(UMockdevIoctlBase *base, UMockdevIoctlClient *client, gpointer context)
{
    (void)base;
    struct usb_bus *bus = context;
    UMockdevIoctlData *argument = umockdev_ioctl_client_get_arg(client);
    int error = 0;
    g_mutex_lock(&bus->lock);
    switch (umockdev_ioctl_client_get_request(client)) {
    case USBDEVFS_SUBMITURB:
        error = submit(bus, argument);
        break;
    case USBDEVFS_REAPURB:
    case USBDEVFS_REAPURBNDELAY:
        error = reap(bus, argument);
        break;
    case USBDEVFS_DISCARDURB:
        error = discard(bus, argument);
        break;
    case USBDEVFS_GET_CAPABILITIES:
        error = tell_capabilities(argument);
        break;
    default: /* claim, release, settings, driver away and back */
        break;
    }
    g_mutex_unlock(&bus->lock);
    umockdev_ioctl_client_complete(client, error ? -1 : 0, error);
    return TRUE;
}

/* Device 18 B, configuration 9, interface 9, and of 512 B packets bulk IN 0x82 and, of a JS220, OUT 0x01, 7 each. */
static const struct {
    const char *kind, *product, *swapped, *name, *rest;
} devices[] = {
    {"js220", "10ba", "BA10", "JS220",
     "09022000010100C0FA0904000002FFFFFF00"
     "07058202000200"
     "07050102000200"},
    {"js110", "0e88", "880E", "JS110",
     "09021900010100C0FA0904000001FFFFFF00"
     "07058202000200"},
};

static char *describe(const char *kind, const char *serial)
{
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++)
        if (strcmp(devices[i].kind, kind) == 0)
            return g_strdup_printf(
                "P: " FOLDER "\nN: bus/usb/001/007\n"
                "E: DEVNAME=" NODE "\nE: DEVTYPE=usb_device\nE: SUBSYSTEM=usb\n"
                "E: BUSNUM=001\nE: DEVNUM=007\nE: PRODUCT=16d0/%s/3\n"
                "A: idVendor=16d0\\n\nA: idProduct=%s\\n\nA: serial=%s\\n\nA: product=%s\\n\n"
                "A: speed=480\\n\nA: busnum=1\\n\nA: devnum=7\\n\nA: bConfigurationValue=1\\n\n"
                "H: descriptors=12010002FFFFFF40D016%s000301020301%s\n",
                devices[i].product, devices[i].product, serial, devices[i].name, devices[i].swapped,
                devices[i].rest);
    return NULL;
}

/* Serial ports can be listed, though there are none; and ioctls of real devices, such as the pty of a device that is a process, are not
 * answered by umockdev's handler for all others, which refuses them. */
static void leave_the_rest_alone(UMockdevTestbed *testbed)
{
    char *root = umockdev_testbed_get_root_dir(testbed);
    char *ttys = g_build_filename(root, "sys/class/tty", NULL);
    char *others = g_build_filename(root, "ioctl/_default", NULL);
    g_mkdir_with_parents(ttys, 0755);
    unlink(others);
    g_free(others);
    g_free(ttys);
    g_free(root);
}

int usb_bus_create(
    const struct usb_bus_meter *meter, const char *serial, struct usb_bus **ret_bus,
    struct vr_err *err)
{
    struct usb_bus *bus = calloc(1, sizeof *bus);
    char *text = describe(meter->driver->name, serial);
    GError *error = NULL;
    bus->meter = *meter;
    bus->testbed = umockdev_testbed_new();
    bus->base = umockdev_ioctl_base_new();
    g_mutex_init(&bus->lock);
    leave_the_rest_alone(bus->testbed);
    bool is_there = text && umockdev_testbed_add_from_string(bus->testbed, text, &error) &&
                    umockdev_testbed_attach_ioctl(bus->testbed, NODE, bus->base, &error);
    g_free(text);
    if (!is_there) {
        usb_bus_destroy(bus);
        return vr_err_set(
            err, VR_ERR_IO, "umockdev: %s", error ? error->message : "it shows no such device");
    }
    g_signal_connect(bus->base, "handle-ioctl", G_CALLBACK(on_ioctl), bus);
    *ret_bus = bus;
    return 0;
}

static void forget(struct queue *queue)
{
    while (queue->count > 0)
        umockdev_ioctl_data_unref(take(queue, 0));
}

void usb_bus_swap(struct usb_bus *bus, const struct usb_bus_meter *meter)
{
    g_mutex_lock(&bus->lock);
    if (bus->payload)
        umockdev_ioctl_data_unref(bus->payload);
    bus->payload = NULL;
    bus->filled = 0;
    forget(&bus->waiting);
    forget(&bus->ended);
    bus->meter = *meter;
    g_mutex_unlock(&bus->lock);
}

void usb_bus_destroy(struct usb_bus *bus)
{
    g_object_unref(bus->testbed);
    g_object_unref(bus->base);
    g_mutex_clear(&bus->lock);
    free(bus);
}

double usb_bus_sample_ns(struct usb_bus *bus, int64_t index)
{
    g_mutex_lock(&bus->lock);
    double at_ns = bus->meter.driver->sample_ns(state_of(bus), index);
    g_mutex_unlock(&bus->lock);
    return at_ns;
}
