/* A meter's fields. */
#include "scenario/rig_meter.h"

#include <stdlib.h>

#include "base/json_error.h"
#include "scenario/field.h"
#include "scenario/rig_argv.h"

static int line_of(const struct vr_json *lines, const char *key)
{
    return lines ? (int)vr_field_number(lines, key, -1) : -1;
}

/* Two functions on one input could not be told apart. */
static int check_lines(
    const struct vr_rig_meter *meter, const struct vr_json *lines, struct vr_err *err)
{
    const int inputs[] = {meter->busy_line, meter->inference_line, meter->sync_line};
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < i; j++)
            if (inputs[i] >= 0 && inputs[i] == inputs[j])
                return vr_json_key_error(
                    err, lines,
                    "meters.%s.lines: input %d stands for two lines of the device; wire each to an "
                    "input of its own",
                    meter->name, inputs[i]);
    return 0;
}

static int check_source(
    const struct vr_rig_meter *meter, const struct vr_json *node, struct vr_err *err)
{
    const struct vr_json *powers = vr_json_get(node, "powers_device");
    if (meter->powers_device && meter->supply_v == 0)
        return vr_json_key_error(
            err, powers,
            "meters.%s.powers_device: at which voltage? add \"supply_mv\"; a wrong one can destroy "
            "the device",
            meter->name);
    if (vr_json_get(node, "argv") && vr_json_get(node, "path"))
        return vr_json_key_error(
            err, node, "meters.%s: give argv (a program to start) or path (an existing port)",
            meter->name);
    return 0;
}

int vr_rig_meter_read(
    struct vr_rig_meter *meter, const struct vr_json *node, const char *directory,
    struct vr_err *err)
{
    const struct vr_json *lines = vr_json_get(node, "lines");
    *meter = (struct vr_rig_meter){
        .name = vr_json_key(node),
        .kind = vr_field_text(node, "kind", NULL),
        .description = vr_field_text(node, "description", ""),
        .place = vr_json_key_place(node),
        .usb_serial = vr_field_text(node, "usb_serial", NULL),
        .usb_interface = (int)vr_field_number(node, "usb_interface", -1),
        .baud = (uint32_t)vr_field_number(node, "baud", 0),
        .supply_v = vr_field_number(node, "supply_mv", 0) / 1000,
        .powers_device = vr_field_bool(node, "powers_device", false),
        .rate_hz = (uint32_t)vr_field_number(node, "rate_hz", 0),
        .columns = vr_field_text(node, "columns", NULL),
        .scale = vr_field_number(node, "scale", 0),
        .busy_line = line_of(lines, "busy"),
        .inference_line = line_of(lines, "inference"),
        .sync_line = line_of(lines, "sync"),
    };
    vr_field_usb_id(node, "usb_id", &meter->usb_vendor, &meter->usb_product);
    int r = check_lines(meter, lines, err);
    if (r == 0)
        r = check_source(meter, node, err);
    if (r == 0)
        r = vr_field_path(node, "path", directory, &meter->path, err);
    const struct vr_rig_placeholder placeholders[VR_RIG_PLACEHOLDERS] = {
        {"{firmware}", "firmware", NULL}, {"{serial}", "usb_serial", meter->usb_serial}};
    return r < 0 ? r
                 : vr_rig_argv_read(
                       &meter->argv, vr_json_get(node, "argv"), placeholders, directory, err);
}

void vr_rig_meter_finish(struct vr_rig_meter *meter)
{
    vr_rig_argv_free(meter->argv);
    free(meter->path);
}
