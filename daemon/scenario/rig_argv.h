/* Lists of a program and its arguments in a rig file.
 *
 * Only daemon/scenario includes this file. */
#ifndef VR_SCENARIO_RIG_ARGV_H
#define VR_SCENARIO_RIG_ARGV_H

#include "base/json.h"

#define VR_RIG_PLACEHOLDERS 2

/* What stands for `name` in the arguments of a program, NULL = there is no such value. */
struct vr_rig_placeholder {
    const char *name, *key, *value;
};

/* *ret_argv is NULL-terminated, and NULL when `list` is.  A program that is written with a slash is relative to `directory`.
 * VR_ERR_INPUT with its place: no program, or a placeholder without a value.  Free with vr_rig_argv_free, after an error too. */
int vr_rig_argv_read(
    char ***ret_argv, const struct vr_json *list,
    const struct vr_rig_placeholder placeholders[VR_RIG_PLACEHOLDERS], const char *directory,
    struct vr_err *err);
void vr_rig_argv_free(char **argv);

#endif
