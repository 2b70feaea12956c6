#include "cli/json_copy.h"

static void copy_number(struct vr_json_writer *writer, const char *key, const struct vr_json *node)
{
    int64_t whole;
    if (vr_json_integer(node, &whole))
        vr_json_write_int(writer, key, whole);
    else
        vr_json_write_double(writer, key, vr_json_number(node));
}

/* The writer takes as many levels as the loader; one is the answer's own. */
static void copy(
    struct vr_json_writer *writer, const char *key, const struct vr_json *node, int depth)
{
    enum vr_json_kind kind = vr_json_kind(node);
    if (kind == VR_JSON_NULL || depth > VR_JSON_WRITE_DEPTH_MAX - 4)
        vr_json_write_null(writer, key);
    else if (kind == VR_JSON_BOOL)
        vr_json_write_bool(writer, key, vr_json_bool(node));
    else if (kind == VR_JSON_NUMBER)
        copy_number(writer, key, node);
    else if (kind == VR_JSON_STRING)
        vr_json_write_string(writer, key, vr_json_string(node));
    else {
        if (kind == VR_JSON_OBJECT)
            vr_json_write_object(writer, key);
        else
            vr_json_write_array(writer, key);
        for (const struct vr_json *n = vr_json_first(node); n; n = vr_json_next(n))
            copy(writer, vr_json_key(n), n, depth + 1);
        vr_json_write_end(writer);
    }
}

void vr_json_copy(struct vr_json_writer *writer, const char *key, const struct vr_json *node)
{
    copy(writer, key, node, 0);
}
