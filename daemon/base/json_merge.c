/* One walk over both documents, written as it goes. */
#include "base/json_merge.h"

#include <stdlib.h>

static void write_value(const struct vr_json *value, struct vr_json_writer *writer, const char *key)
{
    switch (vr_json_kind(value)) {
    case VR_JSON_NULL:
        vr_json_write_null(writer, key);
        return;
    case VR_JSON_BOOL:
        vr_json_write_bool(writer, key, vr_json_bool(value));
        return;
    case VR_JSON_NUMBER:
        vr_json_write_double(writer, key, vr_json_number(value));
        return;
    case VR_JSON_STRING:
        vr_json_write_string(writer, key, vr_json_string(value));
        return;
    case VR_JSON_ARRAY:
        vr_json_write_array(writer, key);
        break;
    case VR_JSON_OBJECT:
        vr_json_write_object(writer, key);
        break;
    }
    for (const struct vr_json *n = vr_json_first(value); n; n = vr_json_next(n))
        write_value(n, writer, vr_json_key(n));
    vr_json_write_end(writer);
}

static bool is_kind(const struct vr_json *value, enum vr_json_kind kind)
{
    return value && vr_json_kind(value) == kind;
}

void vr_json_merge_write(
    const struct vr_json *target, const struct vr_json *patch, struct vr_json_writer *writer,
    const char *key)
{
    if (!is_kind(patch, VR_JSON_OBJECT)) {
        write_value(patch, writer, key);
        return;
    }
    if (!is_kind(target, VR_JSON_OBJECT))
        target = NULL;
    vr_json_write_object(writer, key);
    for (const struct vr_json *n = target ? vr_json_first(target) : NULL; n; n = vr_json_next(n)) {
        const struct vr_json *change = vr_json_get(patch, vr_json_key(n));
        if (!change)
            write_value(n, writer, vr_json_key(n));
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
    struct vr_json_writer writer;
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    if (!memory)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a merged document");
    vr_json_write_init(&writer, memory);
    vr_json_merge_write(target, patch, &writer, NULL);
    int r = vr_json_write_finish(&writer, err);
    if (fclose(memory) != 0 && r == 0)
        r = vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a merged document");
    if (r < 0) {
        free(text);
        return r;
    }
    *ret_text = text;
    *ret_size = size;
    return 0;
}
