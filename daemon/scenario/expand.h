/* Paths in scenario and rig files: environment variables, and what "relative" is relative to. */
#ifndef VR_SCENARIO_EXPAND_H
#define VR_SCENARIO_EXPAND_H

#include "base/err.h"

#include <stddef.h>

#define VR_EXPAND_SIZE_MAX 4096 /* bytes of a path with its terminator */

/* Replace each ${NAME} in `text` by the environment; a lone $ stays.  VITALRIG_DATA has a default:
 * see scenario/scenario.h. VR_ERR_INPUT, without a place, when a variable is unset or empty, is not
 * closed or has no valid name, or the result is too long. */
int vr_expand_variables(const char *text, char ret_text[VR_EXPAND_SIZE_MAX], struct vr_err *err);

/* `path` as seen from `directory`: absolute ones stay.  The caller frees the result; NULL when out
 * of memory. */
char *vr_expand_relative(const char *path, const char *directory);

/* Folder part of a file's path: "." when there is none.  The caller frees the result; NULL when out
 * of memory. */
char *vr_expand_directory(const char *file);

#endif
