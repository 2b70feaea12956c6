/* Loading the scenario of a run. */
#include "cli/own_scenario.h"

#include <string.h>

#include "score/score.h"

struct reading {
    struct vr_scenario **ret_scenario;
    struct vr_err *err;
};

static int parse_own(void *context, const struct vr_run_row *run)
{
    const struct reading *reading = context;
    return vr_scenario_parse(
        run->scenario_json, strlen(run->scenario_json), "the run's own scenario", ".",
        reading->ret_scenario, reading->err);
}

int vr_own_scenario_load(
    struct vr_store *store, int64_t run_id, const char *path, struct vr_scenario **ret_scenario,
    struct vr_err *err)
{
    struct reading reading = {ret_scenario, err};
    if (!path)
        return vr_store_run_get(store, run_id, parse_own, &reading, err);
    int r = vr_scenario_load(path, ret_scenario, err);
    return r < 0 ? r : vr_score_check(*ret_scenario, err);
}
