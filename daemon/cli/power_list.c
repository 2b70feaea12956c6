/* vitalrig power list: which kinds of meters there are, and which of them are plugged in, as far as USB ids tell.  Nothing is opened. */
#include <argp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/answer.h"
#include "cli/power_verbs.h"
#include "cli/say.h"
#include "port/ports.h"
#include "power/power.h"
#include "report/plain.h"

/* Instruments by their USB ids.  0483:5740 is ST's for any virtual port: it says what it may be. */
static const struct known {
    uint16_t vendor, product;
    const char *kind;
    bool is_sure;
} known[] = {
    {0x1915, 0xc00a, "ppk2", true},
    {0x16d0, 0x0e88, "js110", true},
    {0x16d0, 0x10ba, "js220", true},
    {0x0483, 0x5740, "powershield", false},
};

static const struct known *find(uint16_t vendor, uint16_t product)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].vendor == vendor && known[i].product == product)
            return &known[i];
    return NULL;
}

struct attached {
    struct vr_ports serial, usb; /* USB devices are here too when they have serial ports */
};

static void attached_finish(struct attached *attached)
{
    vr_ports_finish(&attached->serial);
    vr_ports_finish(&attached->usb);
}

/* A sandbox without /sys still has kinds of meters. */
static int forgive(int r, const struct vr_err *err)
{
    if (r == -VR_ERR_LINK)
        vr_say("%s", err->text);
    return r == -VR_ERR_LINK ? 0 : r;
}

static int attached_list(struct attached *ret_attached, struct vr_err *err)
{
    int r = forgive(vr_ports_list(&ret_attached->serial, err), err);
    return r < 0 ? r : forgive(vr_ports_list_usb("", &ret_attached->usb, err), err);
}

/* Whether it is the port of its device that has the lowest interface: of an instrument with several that is the one that measures. */
static bool is_first_port(const struct vr_ports *serial, const struct vr_port_identity *port)
{
    for (size_t i = 0; i < serial->count; i++)
        if (strcmp(serial->items[i].usb_node, port->usb_node) == 0 &&
            serial->items[i].usb_interface < port->usb_interface)
            return false;
    return true;
}

static bool has_port(const struct vr_ports *serial, const struct vr_port_identity *device)
{
    for (size_t i = 0; i < serial->count; i++)
        if (serial->items[i].is_usb && strcmp(serial->items[i].usb_node, device->usb_node) == 0)
            return true;
    return false;
}

/* One instrument that is attached, however it is reached. */
struct instrument {
    const struct known *known;
    const struct vr_port_identity *identity;
    const char *path; /* of its serial port, or NULL */
};

/* The n-th one; false = no more. */
static bool instrument(
    const struct attached *attached, size_t index, struct instrument *ret_instrument)
{
    const struct vr_ports *serial = &attached->serial, *usb = &attached->usb;
    for (size_t i = 0; i < serial->count + usb->count; i++) {
        bool is_port = i < serial->count;
        const struct vr_port_identity *identity =
            is_port ? &serial->items[i] : &usb->items[i - serial->count];
        const struct known *entry =
            identity->is_usb ? find(identity->usb_vendor, identity->usb_product) : NULL;
        if (!entry || !(is_port ? is_first_port(serial, identity) : !has_port(serial, identity)))
            continue;
        if (index-- > 0)
            continue;
        *ret_instrument = (struct instrument){entry, identity, is_port ? identity->path : NULL};
        return true;
    }
    return false;
}

static void list_text(const struct attached *attached)
{
    const struct vr_power_driver *driver;
    struct instrument found;
    for (size_t i = 0; (driver = vr_power_driver(i)); i++)
        printf("%-12s %s\n", driver->name, driver->summary);
    for (size_t i = 0; instrument(attached, i, &found); i++) {
        printf(
            "%s\"kind\": \"%s\", \"usb_serial\": \"",
            i == 0 ? "\nattached, as in a rig file\n" : "", found.known->kind);
        vr_plain_put(found.identity->usb_serial, stdout);
        printf("\"  ");
        vr_plain_put(found.identity->description, stdout);
        if (found.path)
            printf(" at %s", found.path);
        puts(found.known->is_sure ? "" : " (perhaps: others have this USB id too)");
    }
}

static int list_json(const struct attached *attached, struct vr_err *err)
{
    const struct vr_power_driver *driver;
    struct instrument found;
    struct vr_json_writer writer;
    vr_answer_begin(&writer);
    vr_json_write_array(&writer, "kinds");
    for (size_t i = 0; (driver = vr_power_driver(i)); i++) {
        vr_json_write_object(&writer, NULL);
        vr_json_write_string(&writer, "kind", driver->name);
        vr_json_write_string(&writer, "summary", driver->summary);
        vr_json_write_bool(&writer, "is_file", driver->is_file);
        vr_json_write_end(&writer);
    }
    vr_json_write_end(&writer);
    vr_json_write_array(&writer, "attached");
    for (size_t i = 0; instrument(attached, i, &found); i++) {
        char id[16];
        const char *serial = found.identity->usb_serial, *name = found.identity->description;
        snprintf(id, sizeof id, "%04x:%04x", found.known->vendor, found.known->product);
        vr_json_write_object(&writer, NULL);
        vr_json_write_string(&writer, "kind", found.known->kind);
        vr_json_write_bool(&writer, "sure", found.known->is_sure);
        vr_json_write_string(&writer, "usb_id", id);
        vr_json_write_string(&writer, "usb_serial", serial[0] ? serial : NULL);
        vr_json_write_string(&writer, "path", found.path);
        vr_json_write_string(&writer, "description", name[0] ? name : NULL);
        vr_json_write_end(&writer);
    }
    vr_json_write_end(&writer);
    return vr_answer_end(&writer, err);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    bool *json = state->input;
    (void)argument;
    if (key != 'j')
        return ARGP_ERR_UNKNOWN;
    *json = true;
    return 0;
}

int vr_power_list_main(int argc, char **argv)
{
    static const struct argp_option options[] = {{"json", 'j', NULL, 0, "One JSON object", 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        NULL,
        "Which kinds of meters there are (\"kind\" in a rig file), and which are attached, as far "
        "as "
        "USB ids tell.  Nothing is opened.",
        NULL,
        NULL,
        NULL};
    bool json = false;
    struct vr_err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &json);
    _cleanup_(attached_finish) struct attached attached = {0};
    int r = attached_list(&attached, &err);
    if (r == 0 && json)
        r = list_json(&attached, &err);
    else if (r == 0)
        list_text(&attached);
    return r < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}
