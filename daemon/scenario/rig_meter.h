/* One power meter of a rig file: its fields from the document, with their defaults, and what they must not say together.
 *
 * Only daemon/scenario includes this file. */
#ifndef VR_SCENARIO_RIG_METER_H
#define VR_SCENARIO_RIG_METER_H

#include "scenario/rig.h"

/* Fill `meter`, zeroed before, from a node that fits the schema.  A path, and a program that is written with a slash, are relative to
 * `directory`.  VR_ERR_INPUT names file:line:column.  Strings that are not copied belong to the document; what was copied is freed by
 * vr_rig_meter_finish, after an error too. */
int vr_rig_meter_read(
    struct vr_rig_meter *meter, const struct vr_json *node, const char *directory,
    struct vr_err *err);
void vr_rig_meter_finish(struct vr_rig_meter *meter);

#endif
