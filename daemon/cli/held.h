/* What the gates of a run are held against: the run that --baseline names, or the catalogue in which those of the scenario are found. */
#ifndef VR_CLI_HELD_H
#define VR_CLI_HELD_H

#include "score/baseline.h"

/* As it will be found again when the run has ended, whatever "last" is by then.  Zeroed = none was named. */
struct vr_held {
    char *path;    /* of the store that holds it; owned */
    char *against; /* "run:UID", or "previous" as it is; owned */
};

/* `name` is that of a baseline, with or without "baseline:" before it, "run:UID", "previous", or the path of a run's file; NULL = none.
 * It must be there.  Errors have "--baseline NAME" in front. */
int vr_held_find(const char *name, const char *db, struct vr_held *ret_held, struct vr_err *err);
void vr_held_finish(struct vr_held *held);

/* Open what baselines are read from, while a run is judged: the store of the one that was named, else the catalogue `db` (NULL = at its
 * usual place), unless that is `own`, the path of the run's own store (NULL = another one).  *ret_store is the caller's to close. */
int vr_held_open(
    const struct vr_held *held, const char *db, const char *own, struct vr_store **ret_store,
    struct vr_baseline_source *ret_source, struct vr_err *err);

#endif
