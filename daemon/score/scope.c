/* What the names of scopes mean. */
#include "score/scope.h"

#include <string.h>

#include "score/aggregate.h"

static const char *behind(const char *name, const char *prefix)
{
    size_t size = strlen(prefix);
    return strncmp(name, prefix, size) == 0 ? name + size : NULL;
}

struct vr_scope vr_scope_of(const char *name)
{
    const char *word;
    if (strcmp(name, "gross") == 0)
        return (struct vr_scope){VR_SCOPE_GROSS, name, ""};
    if (strcmp(name, "average") == 0)
        return (struct vr_scope){VR_SCOPE_AVERAGE, name, ""};
    if (strcmp(name, "subject_average") == 0)
        return (struct vr_scope){VR_SCOPE_SUBJECT_AVERAGE, name, ""};
    if ((word = behind(name, VR_SCOPE_SUBJECT)))
        return (struct vr_scope){VR_SCOPE_OF_SUBJECT, name, word};
    if ((word = behind(name, VR_SCOPE_STRATUM)))
        return (struct vr_scope){VR_SCOPE_OF_STRATUM, name, word};
    return (struct vr_scope){VR_SCOPE_OF_RECORD, name, name};
}

bool vr_scope_holds(const struct vr_scope *scope, const struct vr_replayed *record)
{
    switch (scope->kind) {
    case VR_SCOPE_OF_STRATUM:
        return vr_strata_hold(record->strata, scope->word);
    case VR_SCOPE_OF_SUBJECT:
        return strcmp(record->subject, scope->word) == 0;
    case VR_SCOPE_OF_RECORD:
        return strcmp(record->record, scope->word) == 0;
    default:
        return true;
    }
}

bool vr_scope_is_of_one(const struct vr_scope *scope)
{
    return scope->kind == VR_SCOPE_OF_SUBJECT || scope->kind == VR_SCOPE_OF_RECORD;
}
