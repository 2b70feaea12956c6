/* The plan's meter: which one, what it is told, and what the simulated device is told for it. */
#ifndef VR_REPLAY_PLAN_POWER_H
#define VR_REPLAY_PLAN_POWER_H

#include "replay/plan.h"

/* Fill the members of the plan's DUT that concern power.  VR_ERR_USAGE and VR_ERR_INPUT with the place in the rig file. */
int vr_plan_power_resolve(
    struct vr_plan *plan, const struct vr_rig *rig, const struct vr_plan_options *options,
    struct vr_err *err);

/* Of a NULL-terminated list; NULL = no memory. */
const char **vr_plan_argv_copy(const char *const *argv);

#endif
