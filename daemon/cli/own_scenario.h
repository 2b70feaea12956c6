/* The scenario that a stored run is judged with. */
#ifndef VR_CLI_OWN_SCENARIO_H
#define VR_CLI_OWN_SCENARIO_H

#include "scenario/scenario.h"
#include "store/store.h"

/* Of the file at `path`, whose scorers and gates are checked; NULL = the run's own, from its rows. */
int vr_own_scenario_load(
    struct vr_store *store, int64_t run_id, const char *path, struct vr_scenario **ret_scenario,
    struct vr_err *err);

#endif
