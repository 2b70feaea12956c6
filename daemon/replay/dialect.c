/* Registry of dialects.  Adding one is one file and one word here. */
#include "replay/dialect.h"

#include <string.h>

#include "base/nearest.h"

#define DIALECTS(X) X(native) X(mlperf)

#define X(word) extern const struct vr_dialect vr_dialect_##word;
DIALECTS(X)
#undef X

static const struct vr_dialect *const dialects[] = {
#define X(word) &vr_dialect_##word,
    DIALECTS(X)
#undef X
};

#define DIALECT_COUNT (sizeof dialects / sizeof dialects[0])

const struct vr_dialect *vr_dialect(size_t index)
{
    return index < DIALECT_COUNT ? dialects[index] : NULL;
}

const struct vr_dialect *vr_dialect_find(const char *name, struct vr_err *err)
{
    const char *names[DIALECT_COUNT];
    for (size_t i = 0; i < DIALECT_COUNT; i++) {
        names[i] = dialects[i]->name;
        if (strcmp(names[i], name) == 0)
            return dialects[i];
    }
    const char *nearest = vr_nearest(name, names, DIALECT_COUNT);
    vr_err_set(
        err, VR_ERR_USAGE, "no dialect is called \"%s\"; %s%s%s`vitalrig devices` lists them", name,
        nearest ? "did you mean \"" : "", nearest ? nearest : "", nearest ? "\"? " : "");
    return NULL;
}
