/* A device's fields, and the pairs of them that contradict each other. */
#include "scenario/rig_dut.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/field.h"
#include "scenario/rig_argv.h"

static enum vr_rig_level level_of(const struct vr_json *object, const char *key)
{
    const char *word = vr_field_text(object, key, "keep");
    if (strcmp(word, "assert") == 0)
        return VR_RIG_LEVEL_ASSERT;
    return strcmp(word, "clear") == 0 ? VR_RIG_LEVEL_CLEAR : VR_RIG_LEVEL_KEEP;
}

/* --- programs --- */

static int read_commands(
    struct vr_rig_dut *dut, const struct vr_json *node, const char *directory, struct vr_err *err)
{
    const struct vr_rig_placeholder placeholders[VR_RIG_PLACEHOLDERS] = {
        {"{firmware}", "firmware", dut->firmware}, {"{serial}", "usb_serial", dut->usb_serial}};
    int r = vr_rig_argv_read(&dut->argv, vr_json_get(node, "argv"), placeholders, directory, err);
    if (r == 0)
        r = vr_rig_argv_read(&dut->flash, vr_json_get(node, "flash"), placeholders, directory, err);
    if (r == 0)
        r = vr_rig_argv_read(&dut->reset, vr_json_get(node, "reset"), placeholders, directory, err);
    if (r == 0)
        r = vr_rig_argv_read(
            &dut->power_cycle, vr_json_get(node, "power_cycle"), placeholders, directory, err);
    return r;
}

/* --- contradictions --- */

/* Whether an argument of that program names the placeholder. */
static bool is_told(const struct vr_json *node, const char *program, const char *placeholder)
{
    const struct vr_json *list = vr_json_get(node, program);
    const struct vr_json *word = list ? vr_json_first(list) : NULL;
    for (; word; word = vr_json_next(word))
        if (strstr(vr_json_string(word), placeholder))
            return true;
    return false;
}

/* Whether a program of the device is told its serial number, as a bridge to a debug probe is. */
static bool is_serial_told(const struct vr_json *node)
{
    static const char *const keys[] = {"argv", "flash", "reset", "power_cycle"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (is_told(node, keys[i], "{serial}"))
            return true;
    return false;
}

/* A process is started by us: it has no USB identity, no bit rate, no control lines, and it is away when it is away. */
static int check_process(const struct vr_json *node, struct vr_err *err)
{
    static const char *const keys[] = {"usb_serial", "usb_id", "usb_interface", "baud", "rtscts",
                                       "dtr",        "rts"};
    const struct vr_json *serial = vr_json_get(node, "usb_serial");
    if (vr_json_get(node, "path"))
        return vr_json_key_error(
            err, node, "duts.%s: give argv (a program to start) or path (an existing port)",
            vr_json_key(node));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct vr_json *other = vr_json_get(node, keys[i]);
        if (other && !(other == serial && is_serial_told(node)))
            return vr_json_key_error(
                err, other,
                "duts.%s.%s: says which port a device is on, but argv starts it as a program; "
                "remove one of the two",
                vr_json_key(node), keys[i]);
    }
    return 0;
}

static int check(const struct vr_rig_dut *dut, const struct vr_json *node, struct vr_err *err)
{
    if (dut->rtscts && dut->rts != VR_RIG_LEVEL_KEEP)
        return vr_json_key_error(
            err, vr_json_get(node, "rts"),
            "duts.%s.rts: with rtscts the port itself drives RTS; remove one of the two",
            dut->name);
    return vr_json_get(node, "argv") ? check_process(node, err) : 0;
}

static int read_paths(
    struct vr_rig_dut *dut, const struct vr_json *node, const char *directory, const char *image,
    struct vr_err *err)
{
    int r = vr_field_path(node, "path", directory, &dut->path, err);
    if (r == 0)
        r = vr_field_path(node, "health_check", directory, &dut->health_check, err);
    if (r == 0 && !image)
        r = vr_field_path(node, "firmware", directory, &dut->firmware, err);
    if (r < 0 || !image)
        return r;
    dut->firmware_hash = NULL; /* of the other image */
    dut->firmware = strdup(image);
    return dut->firmware ? 0 : vr_err_set(err, VR_ERR_NO_MEMORY, "out of memory");
}

int vr_rig_dut_read(
    struct vr_rig_dut *dut, const struct vr_json *node, const char *directory, const char *image,
    struct vr_err *err)
{
    *dut = (struct vr_rig_dut){
        .name = vr_json_key(node),
        .model = vr_field_text(node, "model", vr_json_key(node)),
        .kind = vr_field_text(node, "kind", NULL),
        .dialect = vr_field_text(node, "dialect", VR_RIG_DIALECT),
        .description = vr_field_text(node, "description", ""),
        .meter = vr_field_text(node, "meter", NULL),
        .place = vr_json_key_place(node),
        .usb_serial = vr_field_text(node, "usb_serial", NULL),
        .usb_interface = (int)vr_field_number(node, "usb_interface", -1),
        .baud = (uint32_t)vr_field_number(node, "baud", 0),
        .rtscts = vr_field_bool(node, "rtscts", false),
        .dtr = level_of(node, "dtr"),
        .rts = level_of(node, "rts"),
        .device_id = vr_field_text(node, "device_id", NULL),
        .firmware_hash = vr_field_text(node, "firmware_hash", NULL),
        .takes_firmware =
            is_told(node, "argv", "{firmware}") || is_told(node, "flash", "{firmware}"),
        .command_timeout_s = vr_field_number(node, "command_timeout_s", VR_RIG_COMMAND_TIMEOUT_S),
        .replug_s = vr_field_number(node, "replug_s", VR_RIG_REPLUG_S),
        .quarantine_after = (int)vr_field_number(node, "quarantine_after", VR_RIG_QUARANTINE_AFTER),
    };
    vr_field_usb_id(node, "usb_id", &dut->usb_vendor, &dut->usb_product);
    int r = check(dut, node, err);
    if (r == 0)
        r = read_paths(dut, node, directory, image, err);
    if (r == 0)
        r = vr_rig_mlperf_read(&dut->mlperf, node, err);
    return r < 0 ? r : read_commands(dut, node, directory, err);
}

void vr_rig_dut_finish(struct vr_rig_dut *dut)
{
    vr_rig_argv_free(dut->argv);
    vr_rig_argv_free(dut->flash);
    vr_rig_argv_free(dut->reset);
    vr_rig_argv_free(dut->power_cycle);
    free(dut->path);
    free(dut->firmware);
    free(dut->health_check);
}
