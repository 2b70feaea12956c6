/* The golden run that --parity names: the path of a run's file, or a run of the catalogue by any of its names. */
#ifndef VR_CLI_GOLDEN_H
#define VR_CLI_GOLDEN_H

#include "store/store.h"

/* Where it lies and what it is called for ever: "last" is another one when a run has ended.  Zeroed = none. */
struct vr_golden_run {
    char *path; /* of the store that holds it; owned, as the next */
    char *uid;
};

/* Find it and make sure that it can be compared with (score/golden.h), before anything is touched.  A file of that name wins over a run
 * of the catalogue `db` (NULL = at its usual place).  Errors have "--parity NAME" in front. */
int vr_golden_find(
    const char *name, const char *db, const char *algorithm, struct vr_golden_run *ret_golden,
    struct vr_err *err);

/* Compare a run with it, and store what was found beside the run. */
int vr_golden_apply(
    const struct vr_golden_run *golden, struct vr_store *store, int64_t run_id, struct vr_err *err);

void vr_golden_finish(struct vr_golden_run *golden);

#endif
