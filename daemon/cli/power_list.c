/* vitalrig power list: which kinds of meters there are, and which of them are plugged in, as far as USB ids tell.  Nothing is opened. */
#include <argp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/answer.h"
#include "cli/attached.h"
#include "cli/power_verbs.h"
#include "cli/say.h"
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

/* One instrument that is attached, however it is reached. */
struct instrument {
    const struct known *known;
    const char *path, *serial, *name;
};

/* The n-th one; of an instrument with several serial ports that of the lowest interface, which is the one that measures.  False = no more. */
static bool instrument(
    const struct vr_attached *attached, size_t index, struct instrument *ret_instrument)
{
    for (size_t i = 0; i < attached->ports.count; i++) {
        const struct vr_port_identity *port = &attached->ports.items[i];
        const struct known *entry = port->is_usb ? find(port->usb_vendor, port->usb_product) : NULL;
        for (size_t j = 0; entry && j < attached->ports.count; j++) {
            const struct vr_port_identity *other = &attached->ports.items[j];
            if (strcmp(other->usb_node, port->usb_node) == 0 &&
                other->usb_interface < port->usb_interface)
                entry = NULL;
        }
        if (!entry || index-- > 0)
            continue;
        *ret_instrument =
            (struct instrument){entry, port->path, port->usb_serial, port->description};
        return true;
    }
    for (size_t i = 0; i < attached->device_count; i++) {
        const struct vr_usb_entry *device = &attached->devices[i];
        const struct known *entry = find(device->vendor, device->product);
        if (!entry || index-- > 0)
            continue;
        *ret_instrument = (struct instrument){entry, "", device->serial, device->name};
        return true;
    }
    return false;
}

static void list_text(const struct vr_attached *attached)
{
    const struct vr_power_driver *driver;
    struct instrument found;
    for (size_t i = 0; (driver = vr_power_driver(i)); i++)
        printf("%-12s %s\n", driver->name, driver->summary);
    for (size_t i = 0; instrument(attached, i, &found); i++) {
        printf(
            "%s\"kind\": \"%s\", \"usb_serial\": \"",
            i == 0 ? "\nattached, as in a rig file\n" : "", found.known->kind);
        vr_plain_put(found.serial, stdout);
        printf("\"  ");
        vr_plain_put(found.name, stdout);
        if (found.path[0])
            printf(" at %s", found.path);
        puts(found.known->is_sure ? "" : " (perhaps: others have this USB id too)");
    }
}

static int list_json(const struct vr_attached *attached, struct vr_err *err)
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
        snprintf(id, sizeof id, "%04x:%04x", found.known->vendor, found.known->product);
        vr_json_write_object(&writer, NULL);
        vr_json_write_string(&writer, "kind", found.known->kind);
        vr_json_write_bool(&writer, "sure", found.known->is_sure);
        vr_json_write_string(&writer, "usb_id", id);
        vr_json_write_string(&writer, "usb_serial", found.serial[0] ? found.serial : NULL);
        vr_json_write_string(&writer, "path", found.path[0] ? found.path : NULL);
        vr_json_write_string(&writer, "description", found.name[0] ? found.name : NULL);
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
    _cleanup_(vr_attached_finish) struct vr_attached attached = {0};
    int r = vr_attached_list(&attached, &err);
    if (r == 0 && json)
        r = list_json(&attached, &err);
    else if (r == 0)
        list_text(&attached);
    return r < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}
