/* One walk over both documents, written as it goes. */
#include "base/json_merge.h"

#include "base/json_copy.h"
#include "base/json_text.h"

static bool is_kind(const struct vr_json *value, enum vr_json_kind kind)
{
    return value && vr_json_kind(value) == kind;
}

void vr_json_merge_write(
    const struct vr_json *target, const struct vr_json *patch, struct vr_json_writer *writer,
    const char *key)
{
    if (!is_kind(patch, VR_JSON_OBJECT)) {
        vr_json_copy(writer, key, patch);
        return;
    }
    if (!is_kind(target, VR_JSON_OBJECT))
        target = NULL;
    vr_json_write_object(writer, key);
    for (const struct vr_json *n = target ? vr_json_first(target) : NULL; n; n = vr_json_next(n)) {
        const struct vr_json *change = vr_json_get(patch, vr_json_key(n));
        if (!change)
            vr_json_copy(writer, vr_json_key(n), n);
        else if (!is_kind(change, VR_JSON_NULL))
            vr_json_merge_write(n, change, writer, vr_json_key(n));
    }
    for (const struct vr_json *n = vr_json_first(patch); n; n = vr_json_next(n))
        if (!is_kind(n, VR_JSON_NULL) && !(target && vr_json_get(target, vr_json_key(n))))
            vr_json_merge_write(NULL, n, writer, vr_json_key(n));
    vr_json_write_end(writer);
}

int vr_json_merge(
    const struct vr_json *target, const struct vr_json *patch, char **ret_text, size_t *ret_size,
    struct vr_err *err)
{
    struct vr_json_text text;
    *ret_text = NULL;
    int r = vr_json_text_begin(&text, err);
    if (r < 0)
        return r;
    vr_json_merge_write(target, patch, &text.writer, NULL);
    r = vr_json_text_end(&text, ret_text, err);
    *ret_size = text.size;
    return r;
}
