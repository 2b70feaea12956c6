/* Members of an object that somebody else wrote: one that is missing or of another type reads as what is said here, never as a fault. */
#ifndef VR_BASE_JSON_MEMBER_H
#define VR_BASE_JSON_MEMBER_H

#include "base/json.h"

/* NULL = none; `object` may be NULL or no object, here and below. */
const struct vr_json *vr_member(const struct vr_json *object, const char *key);
/* "" = none. */
const char *vr_member_text(const struct vr_json *object, const char *key);
int64_t vr_member_int(const struct vr_json *object, const char *key, int64_t absent);
double vr_member_number(const struct vr_json *object, const char *key, double absent);
bool vr_member_bool(const struct vr_json *object, const char *key);

#endif
