/* The parts of a scenario that have a file of their own: from a node that fits the schema, or NULL when it is absent, to the struct.
 *
 * Each judges what the schema cannot: VR_ERR_INPUT with file:line:column.  VR_ERR_NO_MEMORY.
 * Only daemon/scenario includes this file. */
#ifndef VR_SCENARIO_SCENARIO_PARTS_H
#define VR_SCENARIO_SCENARIO_PARTS_H

#include "base/json.h"
#include "scenario/scenario.h"

int vr_scenario_channels_read(
    struct vr_scenario *scenario, const struct vr_json *list, struct vr_err *err);

/* "signal_faults" and "sweep", behind the channels. */
int vr_scenario_faults_read(
    struct vr_scenario *scenario, const struct vr_json *list, const struct vr_json *sweep,
    struct vr_err *err);
void vr_scenario_faults_finish(struct vr_scenario *scenario);

int vr_scenario_scores_read(
    struct vr_scenario *scenario, const struct vr_json *list, struct vr_err *err);
void vr_scenario_scores_finish(struct vr_scenario *scenario);

int vr_scenario_gates_read(
    struct vr_scenario *scenario, const struct vr_json *list, struct vr_err *err);

#endif
