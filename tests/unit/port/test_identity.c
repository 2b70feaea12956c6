#include <criterion/criterion.h>

#include "port/fake_root.h"
#include "port/ports.h"

#define PORT \
    "tty" \
    "ACM0"

static const char *root;

static void make(void)
{
    root = fake_root_make();
}

TestSuite(identity, .init = make, .fini = fake_root_remove);

Test(identity, is_read_upwards_from_the_port)
{
    struct vr_port_identity port;
    fake_usb_port("1915:520f", "BAND7", PORT, 10, "cdc_acm"); /* "0a" */
    fake_link("/dev/serial/by-id/usb-Band_BAND7-if0a", "../../" PORT);
    fake_link("/dev/serial/by-path/pci-0-usb-0:1:1.10", "../../" PORT);
    vr_port_identity_read(root, PORT, &port);
    cr_expect_str_eq(port.path, "/dev/" PORT);
    cr_expect(port.is_usb);
    cr_expect_eq(port.usb_vendor, 0x1915);
    cr_expect_eq(port.usb_product, 0x520f);
    cr_expect_str_eq(port.usb_serial, "BAND7");
    cr_expect_eq(port.usb_interface, 10);
    cr_expect_str_eq(port.driver, "cdc_acm");
    cr_expect_str_eq(port.description, "Band");
    cr_expect_str_eq(port.usb_node, "/dev/bus/usb/001/002");
    cr_expect_str_eq(port.by_id, "/dev/serial/by-id/usb-Band_BAND7-if0a");
    cr_expect_str_eq(port.by_path, "/dev/serial/by-path/pci-0-usb-0:1:1.10");
    cr_expect_str_eq(port.sys_usb, "/sys/devices/usb1/1-1");
}

Test(identity, of_a_port_that_is_not_usb_is_its_driver)
{
    struct vr_port_identity port;
    fake_link("/sys/class/tty/ttyS0", "../../devices/pnp0/tty/ttyS0");
    fake_link("/sys/devices/pnp0/tty/ttyS0/device", "../../../pnp0");
    fake_link("/sys/devices/pnp0/driver", "../../bus/pnp/drivers/serial");
    vr_port_identity_read(root, "ttyS0", &port);
    cr_expect_not(port.is_usb);
    cr_expect_eq(port.usb_interface, -1);
    cr_expect_str_eq(port.driver, "serial");
}

Test(identity, of_nothing_is_empty)
{
    struct vr_port_identity port;
    vr_port_identity_read(root, "ttyS9", &port);
    cr_expect_str_eq(port.path, "/dev/ttyS9");
    cr_expect_not(port.is_usb);
    cr_expect_str_eq(port.sys_port, "");
    cr_expect_str_eq(port.by_id, "");
}

Test(identity, usb_devices_are_listed_once_and_interfaces_not)
{
    struct vr_ports usb;
    struct vr_err err = {0};
    fake_usb_port("1915:520f", "A", "ttyX0", 0, "cdc_acm");
    fake_usb_port("0403:6001", "", "ttyX1", 0, "ftdi_sio");
    fake_link("/sys/bus/usb/devices/1-1:1.0", "../../../devices/usb1/1-1/1-1:1.0");
    cr_assert_eq(vr_ports_list_usb(root, &usb, &err), 0, "%s", err.text);
    cr_assert_eq(usb.count, 2);
    cr_expect_str_eq(usb.items[0].path, "/dev/bus/usb/001/002");
    cr_expect_str_eq(usb.items[1].usb_serial, "");
    cr_expect_eq(usb.items[1].usb_vendor, 0x0403);
    vr_ports_finish(&usb);
}
