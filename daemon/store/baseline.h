/* Baselines: runs that others are compared with, by a name that stays while the run behind it changes.  In catalogues only. */
#ifndef VR_STORE_BASELINE_H
#define VR_STORE_BASELINE_H

#include "store/store.h"

#define VR_BASELINE_PREFIX \
    "baseline:" /* before the name of one where the name of a run may stand */

struct vr_baseline_row {
    const char *name;
    const char *run_uid;
    int64_t set_utc_ns;
    const char *reason; /* "" = not said */
    bool is_there;      /* out: the store has the run */
};

/* A new one, or another run behind the name.  VR_ERR_NOT_FOUND when the store has no such run; VR_ERR_INPUT when it has not ended, and for
 * names that are empty, longer than 64 or not of letters, digits, '.', '_' and '-'. */
int vr_store_baseline_set(
    struct vr_store *store, const struct vr_baseline_row *baseline, struct vr_err *err);
/* VR_ERR_NOT_FOUND when there is none of that name. */
int vr_store_baseline_remove(struct vr_store *store, const char *name, struct vr_err *err);

typedef int vr_baseline_fn(void *context, const struct vr_baseline_row *baseline);

/* By name. */
int vr_store_baselines(
    struct vr_store *store, vr_baseline_fn *fn, void *context, struct vr_err *err);

/* The run behind the name.  VR_ERR_NOT_FOUND when there is no such baseline, or its run is not in the store; the names that there are are
 * said. */
int vr_store_baseline_find(
    struct vr_store *store, const char *name, int64_t *ret_run_id, struct vr_err *err);

/* The newest run of the same scenario that began before this one and has ended: its uid, which the caller frees; NULL = there is none. */
int vr_store_run_previous(
    struct vr_store *store, const char *scenario, int64_t started_utc_ns, const char *but_uid,
    char **ret_uid, int64_t *ret_started_utc_ns, struct vr_err *err);

#endif
