#include <criterion/criterion.h>
#include <string.h>

#include "port/ports.h"

/* --- support: a bench with a band of two ports, two adapters without serial number, and a port of the machine --- */

static struct vr_port_identity items[] = {
    {.path = "/dev/ttyS0", .usb_interface = -1},
    {.path = "/dev/a",
     .is_usb = true,
     .usb_vendor = 0x1915,
     .usb_product = 0x520f,
     .usb_serial = "BAND",
     .usb_interface = 1,
     .sys_usb = "/sys/1"},
    {.path = "/dev/b",
     .is_usb = true,
     .usb_vendor = 0x1915,
     .usb_product = 0x520f,
     .usb_serial = "BAND",
     .usb_interface = 3,
     .sys_usb = "/sys/1"},
    {.path = "/dev/c",
     .is_usb = true,
     .usb_vendor = 0x1a86,
     .usb_product = 0x7523,
     .usb_interface = 0,
     .sys_usb = "/sys/2",
     .by_path = "/dev/serial/by-path/two"},
    {.path = "/dev/d",
     .is_usb = true,
     .usb_vendor = 0x1a86,
     .usb_product = 0x7523,
     .usb_interface = 0,
     .sys_usb = "/sys/3"},
};

static const struct vr_ports bench = {.items = items, .count = sizeof items / sizeof items[0]};

static const char *found(const struct vr_port_wanted *wanted)
{
    const struct vr_port_identity *port;
    struct vr_err err = {0};
    int r = vr_ports_find(&bench, "band", wanted, &port, &err);
    cr_assert_eq(r, 0, "%s", err.text);
    return port->path;
}

static void refuse(const struct vr_port_wanted *wanted, int code, const char *words)
{
    const struct vr_port_identity *port;
    struct vr_err err = {0};
    cr_expect_eq(vr_ports_find(&bench, "band", wanted, &port, &err), -code);
    cr_expect(strstr(err.text, words), "\"%s\" is not in: %s", words, err.text);
}

/* --- tests --- */

Test(ports, are_found_by_what_is_known)
{
    cr_expect_str_eq(
        found(&(struct vr_port_wanted){.usb_serial = "BAND", .usb_interface = 1}), "/dev/a");
    cr_expect_str_eq(
        found(&(struct vr_port_wanted){.usb_vendor = 0x1915, .usb_interface = 3}), "/dev/b");
}

Test(ports, that_are_not_there_are_named_with_what_is)
{
    refuse(
        &(struct vr_port_wanted){.usb_serial = "GONE", .usb_interface = -1}, VR_ERR_NOT_FOUND,
        "band: no port of USB serial GONE; is it plugged in? There is /dev/ttyS0 (not USB); /dev/a "
        "(USB 1915:520f serial BAND");
}

Test(ports, of_one_device_need_an_interface)
{
    refuse(
        &(struct vr_port_wanted){.usb_serial = "BAND", .usb_interface = -1}, VR_ERR_USAGE,
        "has 2 ports");
    refuse(
        &(struct vr_port_wanted){.usb_serial = "BAND", .usb_interface = -1}, VR_ERR_USAGE,
        "give usb_interface");
}

Test(ports, of_devices_that_are_alike_need_a_path)
{
    static const struct vr_port_wanted wanted = {
        .usb_vendor = 0x1a86, .usb_product = 0x7523, .usb_interface = 0};
    refuse(&wanted, VR_ERR_USAGE, "2 devices are USB 1a86:7523 interface 0");
    refuse(&wanted, VR_ERR_USAGE, "give path");
    refuse(
        &wanted, VR_ERR_USAGE,
        "/dev/serial/by-path/two (USB 1a86:7523 interface 0 without serial number)");
}

Test(ports, are_not_guessed)
{
    refuse(&(struct vr_port_wanted){.usb_interface = -1}, VR_ERR_USAGE, "which port?");
    refuse(&(struct vr_port_wanted){.usb_interface = 3}, VR_ERR_USAGE, "which port?");
}

Test(ports, text_of_half_an_id)
{
    char text[VR_PORT_TEXT_SIZE];
    cr_expect_str_eq(
        vr_port_wanted_text(
            &(struct vr_port_wanted){.usb_product = 0x42, .usb_interface = -1}, text),
        "USB *:0042");
    cr_expect_str_eq(
        vr_port_wanted_text(
            &(struct vr_port_wanted){.usb_vendor = 0x403, .usb_interface = 2}, text),
        "USB 0403:* interface 2");
}
