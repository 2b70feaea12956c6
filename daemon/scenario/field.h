/* Members of a JSON object that fits its schema, with what they are when absent; an object that is NULL has none.
 *
 * Only daemon/scenario includes this file. */
#ifndef VR_SCENARIO_FIELD_H
#define VR_SCENARIO_FIELD_H

#include "base/json.h"

const char *vr_field_text(const struct vr_json *object, const char *key, const char *absent);
double vr_field_number(const struct vr_json *object, const char *key, double absent);
bool vr_field_bool(const struct vr_json *object, const char *key, bool absent);

/* A list of strings, which are the document's; the caller frees the array.  Absent = left as they are.  VR_ERR_NO_MEMORY. */
int vr_field_strings(
    const struct vr_json *object, const char *key, const char ***ret_strings, size_t *ret_count,
    struct vr_err *err);

/* A path relative to `directory`; absent = NULL.  The caller frees it.  VR_ERR_NO_MEMORY. */
int vr_field_path(
    const struct vr_json *object, const char *key, const char *directory, char **ret_path,
    struct vr_err *err);

/* "0403:6001"; absent = 0 and 0. */
void vr_field_usb_id(
    const struct vr_json *object, const char *key, uint16_t *ret_vendor, uint16_t *ret_product);

#endif
