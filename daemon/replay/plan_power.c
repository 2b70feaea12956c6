/* A meter of the rig file, or the simulated one. */
#include "replay/plan_power.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The simulated device takes so long over an inference when a meter looks: a thousandth of what a heart leaves it. */
#define SIM_INFERENCE_US "500"

const char **vr_plan_argv_copy(const char *const *argv)
{
    size_t count = 0;
    while (argv[count])
        count++;
    const char **copy = calloc(count + 1, sizeof *copy);
    if (copy)
        memcpy(copy, argv, count * sizeof *argv);
    return copy;
}

struct vr_power_config vr_plan_power_config(const struct vr_rig_meter *meter)
{
    return (struct vr_power_config){
        .name = meter->name,
        .argv = (const char *const *)meter->argv,
        .path = meter->path,
        .usb_serial = meter->usb_serial,
        .usb_vendor = meter->usb_vendor,
        .usb_product = meter->usb_product,
        .usb_interface = meter->usb_interface,
        .baud = meter->baud,
        .supply_v = meter->supply_v,
        .powers_device = meter->powers_device,
        .rate_hz = meter->rate_hz,
        .columns = meter->columns,
        .scale = meter->scale,
    };
}

/* The simulated pair: both are told the name over which the lines are told.  At full speed the simulated device has no time that could
 * be measured, so it has no meter then. */
static int pair_simulated(
    struct vr_plan *plan, const struct vr_plan_options *options, struct vr_err *err)
{
    static unsigned pairs; /* of this process, so that no two share a name */
    if (asprintf(&plan->gpio, "vitalrig-%ld-%u", (long)getpid(), ++pairs) < 0)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a name");
    const char *const dut[] = {options->sim_program, "--fd",           "3", "--gpio", plan->gpio,
                               "--inference-us",     SIM_INFERENCE_US, NULL};
    const char *const meter[] = {
        options->meter_program, plan->meter->kind, "--fd", "3", "--gpio", plan->gpio, NULL};
    free(plan->argv);
    plan->argv = vr_plan_argv_copy(dut);
    plan->power_argv = vr_plan_argv_copy(meter);
    if (!plan->argv || !plan->power_argv)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the simulated meter's command");
    plan->link.argv = plan->argv;
    plan->power.argv = plan->power_argv;
    return 0;
}

static int refuse(
    const struct vr_rig *rig, const struct vr_rig_meter *meter, const char *member,
    const struct vr_err *cause, struct vr_err *err)
{
    if (meter->place.line == 0)
        return vr_err_set(err, cause->code, "%s", cause->text);
    return vr_err_set(
        err, cause->code, "%s:%d:%d: meters.%s%s", rig->file, meter->place.line,
        meter->place.column, member, cause->text);
}

int vr_plan_power_resolve(
    struct vr_plan *plan, const struct vr_rig *rig, const struct vr_plan_options *options,
    struct vr_err *err)
{
    struct vr_err cause = {0};
    const struct vr_rig_meter *meter = vr_rig_meter_of(rig, plan->dut);
    bool is_simulated = meter && meter->place.line == 0;
    if (!meter || options->no_power ||
        (is_simulated && (!options->meter_program || plan->mode == WIRE_MODE_MAX)))
        return 0;
    plan->meter = meter;
    plan->power = vr_plan_power_config(meter);
    int r = is_simulated ? pair_simulated(plan, options, err) : 0;
    if (r < 0)
        return r;

    char member[96];
    snprintf(member, sizeof member, "%s.kind: ", meter->name);
    plan->power_driver = vr_power_find(meter->kind, &cause);
    if (!plan->power_driver)
        return refuse(rig, meter, member, &cause, err);
    /* The words of a driver begin with the meter's name. */
    r = plan->power_driver->check ? plan->power_driver->check(&plan->power, &cause) : 0;
    return r < 0 ? refuse(rig, meter, "", &cause, err) : 0;
}
