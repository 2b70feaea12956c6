/* Fields may be added to a daemon's answers, and a later daemon may know better words: a client takes what it understands. */
#include "base/json_member.h"

const struct vr_json *vr_member(const struct vr_json *object, const char *key)
{
    return object && vr_json_kind(object) == VR_JSON_OBJECT ? vr_json_get(object, key) : NULL;
}

const char *vr_member_text(const struct vr_json *object, const char *key)
{
    const struct vr_json *node = vr_member(object, key);
    return node && vr_json_kind(node) == VR_JSON_STRING ? vr_json_string(node) : "";
}

int64_t vr_member_int(const struct vr_json *object, const char *key, int64_t absent)
{
    const struct vr_json *node = vr_member(object, key);
    int64_t value;
    return node && vr_json_kind(node) == VR_JSON_NUMBER && vr_json_integer(node, &value) ? value
                                                                                         : absent;
}

double vr_member_number(const struct vr_json *object, const char *key, double absent)
{
    const struct vr_json *node = vr_member(object, key);
    return node && vr_json_kind(node) == VR_JSON_NUMBER ? vr_json_number(node) : absent;
}

bool vr_member_bool(const struct vr_json *object, const char *key)
{
    const struct vr_json *node = vr_member(object, key);
    return node && vr_json_kind(node) == VR_JSON_BOOL && vr_json_bool(node);
}
