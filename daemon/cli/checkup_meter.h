/* The meter of a device, looked at: it is taken as a run would take it, and let go.
 *
 * One that supplies the device is opened first and closed last, for without it the device would seem dead. */
#ifndef VR_CLI_CHECKUP_METER_H
#define VR_CLI_CHECKUP_METER_H

#include "cli/findings.h"
#include "power/power.h"
#include "scenario/rig.h"

/* NULL = there is none, or what is wrong with it was added to `findings`.  The caller closes it. */
struct vr_power *vr_checkup_meter_open(
    struct vr_findings *findings, const struct vr_rig *rig, const struct vr_rig_dut *dut);

#endif
