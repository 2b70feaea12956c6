/* The file sorts before 73-seat-late.rules, which grants uaccess, and behind 60-serial.rules, which names the interface. */
#include "port/rules.h"

#include <ctype.h>
#include <string.h>

void vr_rules_begin(FILE *out)
{
    fputs(
        "# VitalRig: the devices of this bench.  To install:\n"
        "#   vitalrig doctor --rig RIG --emit-udev | sudo tee "
        "/etc/udev/rules.d/61-vitalrig-bench.rules\n"
        "#   sudo udevadm control --reload && sudo udevadm trigger\n"
        "ACTION==\"remove\", GOTO=\"vitalrig_bench_end\"\n",
        out);
}

void vr_rules_end(FILE *out)
{
    fputs("\nLABEL=\"vitalrig_bench_end\"\n", out);
}

/* A value is a pattern to udev: what would be special in it stands for any one character. */
static void put_pattern(FILE *out, const char *text)
{
    for (; *text; text++)
        fputc(isalnum((unsigned char)*text) || strchr(" _.:,/@+=-", *text) ? *text : '?', out);
}

/* `key` is ATTR for the device itself, ATTRS for what hangs below it. */
static void put_match(FILE *out, const char *key, const struct vr_port_identity *device)
{
    if (device->usb_vendor)
        fprintf(out, ", %s{idVendor}==\"%04x\"", key, device->usb_vendor);
    if (device->usb_product)
        fprintf(out, ", %s{idProduct}==\"%04x\"", key, device->usb_product);
    if (!device->usb_serial[0])
        return;
    fprintf(out, ", %s{serial}==\"", key);
    put_pattern(out, device->usb_serial);
    fputc('"', out);
}

/* What a serial port has besides: who may open it, its link, and for an FTDI chip how long it waits with what has come. */
static void put_port(FILE *out, const char *name, const struct vr_port_identity *device)
{
    fputs("SUBSYSTEM==\"tty\"", out);
    put_match(out, "ATTRS", device);
    if (device->usb_interface >= 0)
        fprintf(out, ", ENV{ID_USB_INTERFACE_NUM}==\"%02x\"", (unsigned)device->usb_interface);
    fprintf(
        out,
        ", ENV{ID_MM_DEVICE_IGNORE}=\"1\", GROUP=\"dialout\", MODE=\"0660\", TAG+=\"uaccess\", "
        "SYMLINK+=\"vitalrig/%s\"\nSUBSYSTEM==\"usb-serial\", DRIVER==\"ftdi_sio\"",
        name);
    put_match(out, "ATTRS", device);
    fputs(", ATTR{latency_timer}=\"1\"\n", out);
}

void vr_rules_write(
    FILE *out, const char *name, const struct vr_port_identity *device, bool is_port)
{
    if (!device->usb_vendor && !device->usb_product && !device->usb_serial[0]) {
        fprintf(
            out,
            "\n# %s: no USB device is known; give usb_serial or usb_id in the rig file, or plug it "
            "in.\n",
            name);
        return;
    }
    fprintf(out, "\n# %s\nSUBSYSTEM==\"usb\", ENV{DEVTYPE}==\"usb_device\"", name);
    put_match(out, "ATTR", device);
    fputs(
        ", ENV{ID_MM_DEVICE_IGNORE}=\"1\", ATTR{power/control}=\"on\", GROUP=\"plugdev\", "
        "MODE=\"0660\", "
        "TAG+=\"uaccess\"\n",
        out);
    if (is_port)
        put_port(out, name, device);
}
