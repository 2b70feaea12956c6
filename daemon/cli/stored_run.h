/* A run that a command line names: the path of a run's file, or a run of the catalogue by any of its names. */
#ifndef VR_CLI_STORED_RUN_H
#define VR_CLI_STORED_RUN_H

#include "store/store.h"

/* Where it lies.  Zeroed = none. */
struct vr_stored_run {
    char *path;             /* of the store that holds it; owned */
    struct vr_store *store; /* open for reading; owned */
    int64_t run_id;
};

/* A file of that name wins over a run of the catalogue `db` (NULL = at its usual place).  Finish it in any case. */
int vr_stored_run_find(
    const char *name, const char *db, struct vr_stored_run *ret_run, struct vr_err *err);
void vr_stored_run_finish(struct vr_stored_run *run);

/* Its uid; the caller frees. */
int vr_stored_run_uid(struct vr_store *store, int64_t run_id, char **ret_uid, struct vr_err *err);

#endif
