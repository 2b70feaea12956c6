/* One walk. */
#include "base/json_copy.h"

static void copy_number(struct vr_json_writer *writer, const char *key, const struct vr_json *node)
{
    int64_t whole;
    if (vr_json_integer(node, &whole))
        vr_json_write_int(writer, key, whole);
    else
        vr_json_write_double(writer, key, vr_json_number(node));
}

static void copy_inner(struct vr_json_writer *writer, const char *key, const struct vr_json *node)
{
    if (writer->depth == VR_JSON_WRITE_DEPTH_MAX) {
        vr_json_write_null(writer, key);
        return;
    }
    if (vr_json_kind(node) == VR_JSON_OBJECT)
        vr_json_write_object(writer, key);
    else
        vr_json_write_array(writer, key);
    for (const struct vr_json *n = vr_json_first(node); n; n = vr_json_next(n))
        vr_json_copy(writer, vr_json_key(n), n);
    vr_json_write_end(writer);
}

void vr_json_copy(struct vr_json_writer *writer, const char *key, const struct vr_json *node)
{
    switch (vr_json_kind(node)) {
    case VR_JSON_NULL:
        vr_json_write_null(writer, key);
        return;
    case VR_JSON_BOOL:
        vr_json_write_bool(writer, key, vr_json_bool(node));
        return;
    case VR_JSON_NUMBER:
        copy_number(writer, key, node);
        return;
    case VR_JSON_STRING:
        vr_json_write_string(writer, key, vr_json_string(node));
        return;
    case VR_JSON_ARRAY:
    case VR_JSON_OBJECT:
        copy_inner(writer, key, node);
        return;
    }
}
