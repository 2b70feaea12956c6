#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/rules.h"

static const char *rules_for(const struct vr_port_identity *device, bool is_port)
{
    static char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    vr_rules_write(out, "band", device, is_port);
    fclose(out);
    return text;
}

static const char *rules_of(const struct vr_port_identity *device)
{
    return rules_for(device, true);
}

Test(rules, a_device_that_is_no_serial_port_gets_none_of_the_rules_of_one)
{
    struct vr_port_identity device = {
        .usb_vendor = 0x1209, .usb_product = 1, .usb_serial = "SN1", .usb_interface = 2};
    cr_expect_str_eq(
        rules_for(&device, false), "\n# band\n"
                                   "SUBSYSTEM==\"usb\", ENV{DEVTYPE}==\"usb_device\", "
                                   "ATTR{idVendor}==\"1209\", ATTR{idProduct}==\"0001\", "
                                   "ATTR{serial}==\"SN1\", ENV{ID_MM_DEVICE_IGNORE}=\"1\", "
                                   "ATTR{power/control}=\"on\", GROUP=\"plugdev\", "
                                   "MODE=\"0660\", TAG+=\"uaccess\"\n");
}

Test(rules, name_the_device_and_all_that_it_needs)
{
    struct vr_port_identity device = {
        .usb_vendor = 0x403, .usb_product = 0x6001, .usb_serial = "A1", .usb_interface = 1};
    cr_expect_str_eq(
        rules_of(&device), "\n# band\n"
                           "SUBSYSTEM==\"usb\", ENV{DEVTYPE}==\"usb_device\", "
                           "ATTR{idVendor}==\"0403\", ATTR{idProduct}==\"6001\", "
                           "ATTR{serial}==\"A1\", ENV{ID_MM_DEVICE_IGNORE}=\"1\", "
                           "ATTR{power/control}=\"on\", GROUP=\"plugdev\", "
                           "MODE=\"0660\", TAG+=\"uaccess\"\n"
                           "SUBSYSTEM==\"tty\", ATTRS{idVendor}==\"0403\", "
                           "ATTRS{idProduct}==\"6001\", ATTRS{serial}==\"A1\", "
                           "ENV{ID_USB_INTERFACE_NUM}==\"01\", ENV{ID_MM_DEVICE_IGNORE}=\"1\", "
                           "GROUP=\"dialout\", MODE=\"0660\", "
                           "TAG+=\"uaccess\", SYMLINK+=\"vitalrig/band\"\n"
                           "SUBSYSTEM==\"usb-serial\", DRIVER==\"ftdi_sio\", "
                           "ATTRS{idVendor}==\"0403\", ATTRS{idProduct}==\"6001\", "
                           "ATTRS{serial}==\"A1\", ATTR{latency_timer}=\"1\"\n");
}

Test(rules, leave_out_what_is_not_known)
{
    struct vr_port_identity device = {.usb_serial = "A1", .usb_interface = -1},
                            nothing = {.usb_interface = -1};
    cr_expect(
        strstr(rules_of(&device), "ENV{DEVTYPE}==\"usb_device\", ATTR{serial}==\"A1\", ENV{ID_MM"));
    cr_expect_not(strstr(rules_of(&device), "ID_USB_INTERFACE_NUM"));
    cr_expect(strstr(rules_of(&nothing), "# band: no USB device is known"));
    cr_expect_not(strstr(rules_of(&nothing), "SUBSYSTEM"));
}

/* A serial number is the device's own text: it must not end the value, be a pattern, or start a line. */
Test(rules, a_serial_number_is_no_syntax)
{
    struct vr_port_identity device = {.usb_serial = "a\", RUN+=\"x*[]\\\n$b%", .usb_interface = -1};
    cr_expect(
        strstr(
            rules_of(&device), "ATTR{serial}==\"a?, RUN+=?x?????"
                               "?b?\""),
        "%s", rules_of(&device));
}
