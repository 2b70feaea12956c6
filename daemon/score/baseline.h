/* The runs that a run's gates are held against: found by what a scenario calls them, scored with its tasks, each once. */
#ifndef VR_SCORE_BASELINE_H
#define VR_SCORE_BASELINE_H

#include "score/identity.h"
#include "score/scored_run.h"

/* Where they are looked for.  All borrowed. */
struct vr_baseline_source {
    struct vr_store *catalogue; /* besides the run's own store; NULL = nowhere else */
    const char *catalogue_why;  /* why there is none, for messages; NULL = none was asked for */
    const char *
        against; /* "baseline:NAME", "run:UID", "previous": instead of what gates name; NULL = what the run was begun with, else
                          * as they say */
};

/* One of them. */
struct vr_baseline_run {
    char *against;
    bool is_found;
    char why[VR_ERR_TEXT_SIZE]; /* it was not found, or is none, and what to do */
    char changed[512];          /* what differs in dataset, scenario and rig; "" = nothing */
    struct vr_identity identity;
    struct vr_scored scored;
};

/* Of one run; the owner calls vr_baselines_finish. */
struct vr_baselines {
    struct vr_store *store;
    int64_t run_id;
    const struct vr_scenario *scenario;
    struct vr_baseline_source source;
    struct vr_identity identity; /* of the run */
    char *noted;                 /* what the run says by itself (VR_ENV_BASELINE), NULL = nothing */
    struct vr_baseline_run **items;
    size_t count;
};

/* `source` NULL = the run's own store only. */
int vr_baselines_init(
    struct vr_baselines *baselines, struct vr_store *store, int64_t run_id,
    const struct vr_scenario *scenario, const struct vr_baseline_source *source,
    struct vr_err *err);
void vr_baselines_finish(struct vr_baselines *baselines);

/* The one that a gate names (NULL = none).  One that is not there is no error: is_found is false.  Valid until finish. */
int vr_baselines_get(
    struct vr_baselines *baselines, const char *against, const struct vr_baseline_run **ret_run,
    struct vr_err *err);

/* Where it lies: the run's own store before the catalogue.  VR_ERR_NOT_FOUND, VR_ERR_USAGE. */
int vr_baselines_find(
    struct vr_baselines *baselines, const char *against, struct vr_store **ret_store,
    int64_t *ret_run_id, struct vr_err *err);

#endif
