/* Merge patches: a JSON document with what another one says of it (RFC 7386).
 *
 * A member of the patch replaces the target's, null takes it away, an object is merged member by member; anything else, an array too,
 * replaces the whole value. */
#ifndef VR_BASE_JSON_MERGE_H
#define VR_BASE_JSON_MERGE_H

#include "base/json.h"
#include "base/json_write.h"

/* Write what becomes of `target` (NULL = there is none) under the patch, as the value of `key`.  Members keep their order, new ones come
 * last; numbers are written anew: the same values, not the same digits.  At most VR_JSON_WRITE_DEPTH_MAX levels, which what the loader took never exceeds. */
void vr_json_merge_write(
    const struct vr_json *target, const struct vr_json *patch, struct vr_json_writer *writer,
    const char *key);

/* The same as a text; the caller frees it. */
int vr_json_merge(
    const struct vr_json *target, const struct vr_json *patch, char **ret_text, size_t *ret_size,
    struct vr_err *err);

#endif
