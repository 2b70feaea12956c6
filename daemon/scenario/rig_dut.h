/* One device of a rig file: its fields from the document, with their defaults, and what they must not say together.
 *
 * Only daemon/scenario includes this file. */
#ifndef VR_SCENARIO_RIG_DUT_H
#define VR_SCENARIO_RIG_DUT_H

#include "scenario/rig.h"

/* Unless a rig says otherwise. */
#define VR_RIG_DIALECT "native"
#define VR_RIG_REPLUG_S 2
#define VR_RIG_COMMAND_TIMEOUT_S 60
#define VR_RIG_QUARANTINE_AFTER 3

/* Fill `dut`, zeroed before, from a node that fits the schema.  Paths, and programs that are written with a slash, are relative to
 * `directory`.  `image` is its firmware instead of the file's, NULL = the file's.  VR_ERR_INPUT names file:line:column.  Strings that are not copied belong to the document; what was copied is freed by
 * vr_rig_dut_finish, after an error too. */
int vr_rig_dut_read(
    struct vr_rig_dut *dut, const struct vr_json *node, const char *directory, const char *image,
    struct vr_err *err);
void vr_rig_dut_finish(struct vr_rig_dut *dut);

#endif
