/* The schema has checked types and digits: nothing here can be wrong. */
#include "scenario/field.h"

#include <stdlib.h>
#include <string.h>

#include "scenario/expand.h"

static const struct vr_json *member(const struct vr_json *object, const char *key)
{
    return object ? vr_json_get(object, key) : NULL;
}

const char *vr_field_text(const struct vr_json *object, const char *key, const char *absent)
{
    const struct vr_json *node = member(object, key);
    return node ? vr_json_string(node) : absent;
}

double vr_field_number(const struct vr_json *object, const char *key, double absent)
{
    const struct vr_json *node = member(object, key);
    return node ? vr_json_number(node) : absent;
}

bool vr_field_bool(const struct vr_json *object, const char *key, bool absent)
{
    const struct vr_json *node = member(object, key);
    return node ? vr_json_bool(node) : absent;
}

int vr_field_path(
    const struct vr_json *object, const char *key, const char *directory, char **ret_path,
    struct vr_err *err)
{
    const char *text = vr_field_text(object, key, NULL);
    if (!text)
        return 0;
    *ret_path = vr_expand_relative(text, directory);
    return *ret_path ? 0 : vr_err_set(err, VR_ERR_NO_MEMORY, "out of memory");
}

void vr_field_usb_id(
    const struct vr_json *object, const char *key, uint16_t *ret_vendor, uint16_t *ret_product)
{
    const char *text = vr_field_text(object, key, NULL);
    if (!text)
        return;
    *ret_vendor = (uint16_t)strtoul(text, NULL, 16);
    *ret_product = (uint16_t)strtoul(strchr(text, ':') + 1, NULL, 16);
}

int vr_field_strings(
    const struct vr_json *object, const char *key, const char ***ret_strings, size_t *ret_count,
    struct vr_err *err)
{
    const struct vr_json *list = vr_json_get(object, key);
    if (!list)
        return 0;
    const char **strings = calloc(vr_json_count(list) + 1, sizeof *strings);
    if (!strings)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "out of memory");
    size_t count = 0;
    for (const struct vr_json *n = vr_json_first(list); n; n = vr_json_next(n))
        strings[count++] = vr_json_string(n);
    *ret_strings = strings;
    *ret_count = count;
    return 0;
}
