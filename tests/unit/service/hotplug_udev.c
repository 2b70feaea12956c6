/* The news of a USB port that is plugged and unplugged, as udev would tell it: in a testbed of umockdev. */
#include <stdio.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <umockdev.h>

#include "service/hotplug.h"

static int test_number, failure_count, told;
static bool was_present;
static char reason[512];

static void tell(bool is_right, const char *name)
{
    test_number++;
    failure_count += !is_right;
    printf("%s %d - %s\n", is_right ? "ok" : "not ok", test_number, name);
    if (!is_right)
        printf("# told %d times, present %d: %s\n", told, was_present, reason);
}

static void note(void *context, size_t dut, bool is_present, const char *why)
{
    (void)context, (void)dut;
    told++;
    was_present = is_present;
    snprintf(reason, sizeof reason, "%s", why);
}

static void run_until_told(sd_event *loop, int count)
{
    while (told < count && sd_event_run(loop, 10 * UINT64_C(1000000)) > 0)
        ;
}

#define PORT \
    "tty" \
    "ACM0"

int main(void)
{
    struct vr_rig_dut dut = {
        .name = "band-a", .kind = "serial", .usb_serial = "BAND7", .usb_interface = -1};
    const struct vr_rig rig = {.duts = &dut, .dut_count = 1};
    struct vr_hotplug *hotplug;
    struct vr_err err;
    sd_event *loop;
    UMockdevTestbed *bed = umockdev_testbed_new();
    printf("1..4\n");
    if (sd_event_new(&loop) < 0 || vr_hotplug_create(loop, &rig, note, NULL, &hotplug, &err) < 0)
        return 1;
    tell(told == 1 && !was_present, "an empty machine is told at once");

    char *device = umockdev_testbed_add_device(
        bed, "usb", "1-1", NULL, "idVendor", "1915", "idProduct", "520f", "serial", "BAND7",
        "busnum", "1", "devnum", "7", NULL, "DEVTYPE", "usb_device", "SUBSYSTEM", "usb", NULL);
    char *interface = umockdev_testbed_add_device(
        bed, "usb", "1-1:1.0", device, "bInterfaceNumber", "00", NULL, "DEVTYPE", "usb_interface",
        NULL);
    char *port = umockdev_testbed_add_device(
        bed, "tty", PORT, interface, "dev", "166:0", NULL, "DEVNAME", "/dev/" PORT, "SUBSYSTEM",
        "tty", NULL);
    umockdev_testbed_set_attribute_link(bed, port, "device", "../../1-1:1.0");
    umockdev_testbed_uevent(bed, device, "add");
    umockdev_testbed_uevent(bed, port, "add");
    run_until_told(loop, 2);
    tell(told == 2 && was_present, "a port that is plugged in is found");

    umockdev_testbed_uevent(bed, port, "remove");
    umockdev_testbed_remove_device(bed, port);
    run_until_told(loop, 3);
    tell(told == 3 && !was_present, "a port that is unplugged is missed");
    tell(strstr(reason, "no port of USB serial BAND7"), "and what is missed is named");

    vr_hotplug_destroy(hotplug);
    sd_event_unref(loop);
    g_free(device), g_free(interface), g_free(port);
    g_object_unref(bed);
    return failure_count > 0;
}
