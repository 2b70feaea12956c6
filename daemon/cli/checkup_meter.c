/* Opening says it all: who it is, who has it, whether it answers. */
#include "cli/checkup_meter.h"

#include "cli/say.h"
#include "replay/plan.h"

static void find(
    struct vr_findings *findings, const struct vr_rig *rig, const struct vr_rig_meter *meter,
    const struct vr_err *err)
{
    bool is_rig_wrong = err->code == VR_ERR_USAGE;
    vr_findings_add(
        findings,
        &(struct vr_finding){
            is_rig_wrong ? "unusable" : "meter", meter->name,
            is_rig_wrong || !meter->path ? rig->file : meter->path, err->text,
            is_rig_wrong ? "correct the rig file; docs/power.md describes it"
                         : "do what it says, and ask again; until then a run has no energy"});
}

struct vr_power *vr_checkup_meter_open(
    struct vr_findings *findings, const struct vr_rig *rig, const struct vr_rig_dut *dut)
{
    const struct vr_rig_meter *meter = dut->place.line > 0 ? vr_rig_meter_of(rig, dut) : NULL;
    struct vr_power *power = NULL;
    struct vr_power_info info;
    struct vr_err err = {0};
    if (!meter)
        return NULL;
    const struct vr_power_config config = vr_plan_power_config(meter);
    const struct vr_power_driver *driver = vr_power_find(meter->kind, &err);
    vr_say("%s: opening the meter %s", dut->name, meter->name);
    if (!driver || vr_power_open(driver, &config, &power, &info, &err) < 0)
        find(findings, rig, meter, &err);
    return power;
}
