/* The port over the unmodified libusb, which umockdev shows a /sys and a /dev/bus/usb: a meter that streams as fast as it is asked.
 *
 * The device's side is a queue of requests, served when libusb asks for ended ones. */
#include <errno.h>
#include <linux/usbdevice_fs.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <umockdev.h>

#include "base/clock.h"
#include "port/usb.h"

#define NODE "/dev/bus/usb/001/007"
#define FOLDER "/devices/pci0/usb1/1-3"
#define QUEUE_SIZE 64
#define STREAM_SIZE (16u << 20) /* B: two seconds of a meter with 2 Msample/s */

static struct {
    GMutex lock;
    UMockdevIoctlData *urbs
        [QUEUE_SIZE]; /* submitted, in order; the first `cancelled` ones may end without bytes */
    unsigned count;
    uint32_t next_word; /* of the stream: a counter */
    bool is_silent;     /* it has nothing to say */
} meter;

static int test_number, failure_count;

static void tell(bool is_right, const char *name, const char *details)
{
    test_number++;
    failure_count += !is_right;
    printf("%s %d - %s\n", is_right ? "ok" : "not ok", test_number, name);
    if (!is_right)
        printf("# %s\n", details);
}

/* --- the device's side ----------------------------------------------------------------------- */

static struct usbdevfs_urb *urb_of(UMockdevIoctlData *data)
{
    void *bytes = data->data;
    return bytes;
}

static void remove_urb(unsigned index)
{
    meter.count--;
    memmove(&meter.urbs[index], &meter.urbs[index + 1], (meter.count - index) * sizeof *meter.urbs);
}

/* Fill the oldest request.  NULL = nothing has ended. */
static UMockdevIoctlData *reap(void)
{
    for (unsigned i = 0; i < meter.count; i++) {
        struct usbdevfs_urb *urb = urb_of(meter.urbs[i]);
        UMockdevIoctlData *data = meter.urbs[i];
        if (urb->status == -ENOENT) { /* cancelled */
            urb->actual_length = 0;
            remove_urb(i);
            return data;
        }
    }
    if (meter.count == 0 || meter.is_silent)
        return NULL;
    UMockdevIoctlData *data = meter.urbs[0];
    struct usbdevfs_urb *urb = urb_of(data);
    UMockdevIoctlData *payload = umockdev_ioctl_data_resolve(
        data, offsetof(struct usbdevfs_urb, buffer), (gsize)urb->buffer_length, NULL);
    for (int at = 0; at + 4 <= urb->buffer_length; at += 4, meter.next_word++)
        memcpy(payload->data + at, &meter.next_word, 4);
    umockdev_ioctl_data_update(payload, 0, payload->data, (gsize)urb->buffer_length);
    umockdev_ioctl_data_unref(payload);
    urb->actual_length = urb->buffer_length;
    urb->status = 0;
    remove_urb(0);
    return data;
}

static int submit(UMockdevIoctlData *argument)
{
    UMockdevIoctlData *urb =
        umockdev_ioctl_data_resolve(argument, 0, sizeof(struct usbdevfs_urb), NULL);
    if (meter.count == QUEUE_SIZE)
        return ENOMEM;
    urb_of(urb)->status = 0;
    meter.urbs[meter.count++] = urb;
    return 0;
}

static int discard(const UMockdevIoctlData *argument)
{
    gulong address;
    memcpy(&address, argument->data, sizeof address);
    for (unsigned i = 0; i < meter.count; i++) {
        if (meter.urbs[i]->client_addr != address || urb_of(meter.urbs[i])->status == -ENOENT)
            continue;
        urb_of(meter.urbs[i])->status = -ENOENT;
        return 0;
    }
    return EINVAL;
}

static int hand_over(UMockdevIoctlData *argument)
{
    UMockdevIoctlData *ended = reap();
    if (!ended)
        return EAGAIN;
    UMockdevIoctlData *place = umockdev_ioctl_data_resolve(argument, 0, sizeof(void *), NULL);
    umockdev_ioctl_data_set_ptr(place, 0, ended);
    umockdev_ioctl_data_unref(place);
    umockdev_ioctl_data_unref(ended);
    return 0;
}

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
    (void)context;
    UMockdevIoctlData *argument = umockdev_ioctl_client_get_arg(client);
    int error = 0;
    g_mutex_lock(&meter.lock);
    switch (umockdev_ioctl_client_get_request(client)) {
    case USBDEVFS_SUBMITURB:
        error = submit(argument);
        break;
    case USBDEVFS_REAPURB:
    case USBDEVFS_REAPURBNDELAY:
        error = hand_over(argument);
        break;
    case USBDEVFS_DISCARDURB:
        error = discard(argument);
        break;
    case USBDEVFS_GET_CAPABILITIES:
        error = tell_capabilities(argument);
        break;
    default: /* claim, release, driver away and back */
        break;
    }
    g_mutex_unlock(&meter.lock);
    umockdev_ioctl_client_complete(client, error ? -1 : 0, error);
    return TRUE;
}

/* Descriptors: device 18 B, configuration 9 + interface 9 + bulk IN 0x82 of 512 B packets 7. */
static UMockdevTestbed *plug_in(void)
{
    UMockdevTestbed *testbed = umockdev_testbed_new();
    UMockdevIoctlBase *base = umockdev_ioctl_base_new();
    GError *error = NULL;
    if (!umockdev_testbed_add_from_string(
            testbed,
            "P: " FOLDER "\nN: bus/usb/001/007\n"
            "E: DEVNAME=" NODE "\nE: DEVTYPE=usb_device\nE: SUBSYSTEM=usb\n"
            "E: BUSNUM=001\nE: DEVNUM=007\nE: PRODUCT=1209/1/3\n"
            "A: idVendor=1209\\n\nA: idProduct=0001\\n\nA: serial=M1\\n\nA: product=Meter\\n\n"
            "A: speed=480\\n\nA: busnum=1\\n\nA: devnum=7\\n\nA: bConfigurationValue=1\\n\n"
            "H: descriptors=12010002FFFFFF40091201000003010203010902190001010080"
            "FA0904000001FFFFFF0007058202000200\n",
            &error) ||
        !umockdev_testbed_attach_ioctl(testbed, NODE, base, &error)) {
        printf("Bail out! umockdev: %s\n", error->message);
        return NULL;
    }
    g_signal_connect(base, "handle-ioctl", G_CALLBACK(on_ioctl), NULL);
    return testbed;
}

/* --- the host's side ------------------------------------------------------------------------- */

static void wait_for_bytes(struct vr_usb *usb)
{
    struct pollfd fds[VR_USB_FDS_MAX];
    poll(fds, vr_usb_poll_fds(usb, false, fds, VR_USB_FDS_MAX), 100);
}

static void test_stream(struct vr_usb *usb)
{
    static uint32_t words[16 * 1024];
    uint8_t *bytes = (uint8_t *)words;
    struct vr_err err = {0};
    uint32_t next_word = 0;
    size_t total = 0, have = 0, gaps = 0;
    int64_t started_ns = vr_clock_monotonic_ns();
    while (total < STREAM_SIZE && err.code == 0) {
        size_t size;
        vr_usb_receive(usb, bytes + have, sizeof words - have, &size, &err);
        if (size == 0)
            wait_for_bytes(usb);
        have += size;
        total += size;
        for (size_t i = 0; i < have / 4; i++)
            gaps += words[i] != next_word++;
        memmove(bytes, bytes + have / 4 * 4, have % 4);
        have %= 4;
    }
    double took_s = (double)(vr_clock_monotonic_ns() - started_ns) / (double)VR_NS_PER_S;
    printf("# %.1f MB/s\n", (double)total / took_s / 1e6);
    tell(err.code == 0 && gaps == 0, "streams without a gap", err.text);
}

static void test_unplug(struct vr_usb *usb, UMockdevTestbed *testbed)
{
    uint8_t bytes[4096];
    struct vr_err err = {0};
    size_t size;
    g_mutex_lock(&meter.lock);
    meter.is_silent = true;
    g_mutex_unlock(&meter.lock);
    int64_t started_ns = vr_clock_monotonic_ns();
    umockdev_testbed_uevent(testbed, "/sys" FOLDER, "remove");
    while (vr_usb_receive(usb, bytes, sizeof bytes, &size, &err) == 0 &&
           vr_clock_monotonic_ns() - started_ns < 10 * VR_NS_PER_S)
        wait_for_bytes(usb);
    tell(strstr(err.text, "unplugged"), "hears of an unplug from udev", err.text);
    started_ns = vr_clock_monotonic_ns();
    vr_usb_close(usb);
    tell(
        vr_clock_monotonic_ns() - started_ns <= VR_NS_PER_S && meter.count == 0,
        "closes with transfers under way", "too late, or some are left");
}

int main(void)
{
    struct vr_usb_config config = {.name = "meter", .serial = "M1", .interface = -1};
    struct vr_usb_entry *entries = NULL;
    struct vr_usb *usb = NULL;
    struct vr_err err = {0};
    size_t count = 0;
    printf("TAP version 13\n");
    UMockdevTestbed *testbed = plug_in();
    if (!testbed)
        return 1;
    vr_usb_list(&entries, &count, &err);
    tell(err.code == 0 && count == 0, "lists nothing that cannot be sent to", err.text);
    free(entries);
    tell(
        vr_usb_open(&config, &usb, &err) < 0 && strstr(err.text, "bulk IN and OUT"),
        "refuses a device that only talks", err.text);
    config.in_only = true;
    err = (struct vr_err){0};
    int r = vr_usb_open(&config, &usb, &err);
    tell(r == 0, "opens it when that is enough", err.text);
    if (r == 0) {
        test_stream(usb);
        test_unplug(usb, testbed);
    }
    g_object_unref(testbed);
    printf("1..%d\n", test_number);
    return failure_count > 0;
}
