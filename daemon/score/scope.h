/* Scopes: over which records a metric is, and how they are put together (score/aggregate.h has their names). */
#ifndef VR_SCORE_SCOPE_H
#define VR_SCORE_SCOPE_H

#include <stdbool.h>

#include "score/replayed.h"

enum vr_scope_kind {
    VR_SCOPE_GROSS,           /* everything added up */
    VR_SCOPE_AVERAGE,         /* mean over the records */
    VR_SCOPE_SUBJECT_AVERAGE, /* mean over the subjects, each added up */
    VR_SCOPE_OF_STRATUM,
    VR_SCOPE_OF_SUBJECT,
    VR_SCOPE_OF_RECORD,
};

struct vr_scope {
    enum vr_scope_kind kind;
    const char *name; /* "gross", "subject:p1", ... */
    const char *word; /* the stratum, subject or record; "" = none */
};

/* What the name means; anything unknown is a record's name.  Borrows it. */
struct vr_scope vr_scope_of(const char *name);

/* Is the record one of those? */
bool vr_scope_holds(const struct vr_scope *scope, const struct vr_replayed *record);

/* Of one record or subject, which is a sample of nothing. */
bool vr_scope_is_of_one(const struct vr_scope *scope);

#endif
