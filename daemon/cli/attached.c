/* One function a bus: what else can be attached is listed behind the serial ports. */
#include "cli/attached.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/say.h"
#include "report/plain.h"

/* A sandbox without /sys still has devices of its own. */
static int forgive(int r, const struct vr_err *err)
{
    if (r != -VR_ERR_LINK)
        return r;
    vr_say("%s", err->text);
    return 0;
}

int vr_attached_list(struct vr_attached *ret_attached, struct vr_err *err)
{
    *ret_attached = (struct vr_attached){0};
    int r = forgive(vr_ports_list(&ret_attached->ports, err), err);
    if (r == 0)
        r = forgive(vr_usb_list(&ret_attached->devices, &ret_attached->device_count, err), err);
    if (r < 0)
        vr_attached_finish(ret_attached);
    return r;
}

void vr_attached_finish(struct vr_attached *attached)
{
    vr_ports_finish(&attached->ports);
    free(attached->devices);
    *attached = (struct vr_attached){0};
}

/* -- text: the members of a rig file, as they stand there -- */

static void print_member(const char *key, const char *value)
{
    if (!value[0])
        return;
    printf(" \"%s\": \"", key);
    vr_plain_put(value, stdout);
    putchar('"');
}

static void print_port(const struct vr_port_identity *port)
{
    vr_plain_put_padded(port->path, 16, stdout);
    putchar(' ');
    vr_plain_put_padded(port->driver, 12, stdout);
    if (port->is_usb) {
        printf(" \"usb_id\": \"%04x:%04x\"", port->usb_vendor, port->usb_product);
        print_member("usb_serial", port->usb_serial);
        if (port->usb_interface >= 0)
            printf(" \"usb_interface\": %d", port->usb_interface);
        if (!port->usb_serial[0])
            print_member("path", port->by_path);
    } else {
        print_member("path", port->path);
    }
    printf("  ");
    vr_plain_put(port->description, stdout);
    putchar('\n');
}

/* The node's name in /dev/bus/usb. */
static const char *device_node(const struct vr_usb_entry *device, char *text, size_t size)
{
    snprintf(text, size, "%03u/%03u", device->bus, device->address);
    return text;
}

static void print_device(const struct vr_usb_entry *device)
{
    char node[16];
    printf(
        "usb %-12s %-12s \"usb_id\": \"%04x:%04x\"", device_node(device, node, sizeof node),
        device->is_taken ? "in use" : "none", device->vendor, device->product);
    print_member("usb_serial", device->serial);
    printf(" \"usb_interface\": %d  ", device->interface);
    vr_plain_put(device->name, stdout);
    if (!device->is_permitted)
        printf(" (no permission: `vitalrig doctor` tells what to do)");
    putchar('\n');
}

void vr_attached_print(const struct vr_attached *attached)
{
    if (attached->ports.count + attached->device_count > 0)
        printf("\nattached         driver       in a rig file\n");
    for (size_t i = 0; i < attached->ports.count; i++)
        print_port(&attached->ports.items[i]);
    for (size_t i = 0; i < attached->device_count; i++)
        print_device(&attached->devices[i]);
}

/* -- JSON -- */

static void write_text(struct vr_json_writer *writer, const char *key, const char *text)
{
    vr_json_write_string(writer, key, text[0] ? text : NULL);
}

static void write_port(struct vr_json_writer *writer, const struct vr_port_identity *port)
{
    char id[16] = "";
    if (port->is_usb)
        snprintf(id, sizeof id, "%04x:%04x", port->usb_vendor, port->usb_product);
    vr_json_write_object(writer, NULL);
    vr_json_write_string(writer, "kind", "serial");
    vr_json_write_string(writer, "path", port->path);
    write_text(writer, "driver", port->driver);
    write_text(writer, "description", port->description);
    write_text(writer, "usb_id", id);
    write_text(writer, "usb_serial", port->usb_serial);
    if (port->usb_interface >= 0)
        vr_json_write_int(writer, "usb_interface", port->usb_interface);
    else
        vr_json_write_null(writer, "usb_interface");
    write_text(writer, "by_id", port->by_id);
    write_text(writer, "by_path", port->by_path);
    vr_json_write_end(writer);
}

static void write_device(struct vr_json_writer *writer, const struct vr_usb_entry *device)
{
    char id[16], node[16], path[32];
    snprintf(id, sizeof id, "%04x:%04x", device->vendor, device->product);
    snprintf(path, sizeof path, "/dev/bus/usb/%s", device_node(device, node, sizeof node));
    vr_json_write_object(writer, NULL);
    vr_json_write_string(writer, "kind", "usb");
    vr_json_write_string(writer, "path", path);
    vr_json_write_null(writer, "driver");
    write_text(writer, "description", device->name);
    vr_json_write_string(writer, "usb_id", id);
    write_text(writer, "usb_serial", device->serial);
    vr_json_write_int(writer, "usb_interface", device->interface);
    vr_json_write_bool(writer, "permitted", device->is_permitted);
    vr_json_write_bool(writer, "in_use", device->is_taken);
    vr_json_write_end(writer);
}

void vr_attached_write(const struct vr_attached *attached, struct vr_json_writer *writer)
{
    vr_json_write_array(writer, "attached");
    for (size_t i = 0; i < attached->ports.count; i++)
        write_port(writer, &attached->ports.items[i]);
    for (size_t i = 0; i < attached->device_count; i++)
        write_device(writer, &attached->devices[i]);
    vr_json_write_end(writer);
}
