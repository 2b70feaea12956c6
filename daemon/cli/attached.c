/* One function a bus: what else can be attached is listed behind the serial ports. */
#include "cli/attached.h"

#include <stdio.h>

#include "cli/say.h"
#include "report/plain.h"

int vr_attached_list(struct vr_attached *ret_attached, struct vr_err *err)
{
    *ret_attached = (struct vr_attached){0};
    int r = vr_ports_list(&ret_attached->ports, err);
    if (r != -VR_ERR_LINK)
        return r;
    vr_say("%s", err->text); /* a sandbox without /sys still has devices of its own */
    return 0;
}

void vr_attached_finish(struct vr_attached *attached)
{
    vr_ports_finish(&attached->ports);
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

void vr_attached_print(const struct vr_attached *attached)
{
    if (attached->ports.count > 0)
        printf("\nattached         driver       in a rig file\n");
    for (size_t i = 0; i < attached->ports.count; i++)
        print_port(&attached->ports.items[i]);
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

void vr_attached_write(const struct vr_attached *attached, struct vr_json_writer *writer)
{
    vr_json_write_array(writer, "attached");
    for (size_t i = 0; i < attached->ports.count; i++)
        write_port(writer, &attached->ports.items[i]);
    vr_json_write_end(writer);
}
