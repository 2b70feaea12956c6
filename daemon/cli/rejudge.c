/* Options, and what they open. */
#include "cli/rejudge.h"

#include "base/cleanup.h"
#include "cli/own_scenario.h"

static const struct argp_option options[] = {
    {"scenario", 's', "FILE", 0, "Scorers and gates of this scenario instead of the run's own", 0},
    {"baseline", 'b', "NAME", 0,
     "Hold gates against this baseline instead of what they name; also run:UID, previous, or a "
     "run's file",
     0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct vr_rejudge *rejudge = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &rejudge->source;
        break;
    case 's':
        rejudge->scenario = argument;
        break;
    case 'b':
        rejudge->baseline = argument;
        break;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            argp_error(state, "\"%s\" is one argument too many", argument);
        rejudge->run = argument;
        break;
    case ARGP_KEY_END:
        if (!rejudge->run)
            argp_error(state, "which run? Give its name, or \"last\"; `vitalrig runs` lists them");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp_child children[] = {{&vr_source_argp, 0, NULL, 0}, {0}};
const struct argp vr_rejudge_argp = {options, parse, NULL, NULL, children, NULL, NULL};

int vr_rejudge_open(
    const struct vr_rejudge *rejudge, enum vr_store_mode mode, struct vr_rejudged *rejudged,
    struct vr_err *err)
{
    _cleanup_free_ char *own = NULL;
    *rejudged = (struct vr_rejudged){0};
    int r = vr_source_open_run(
        &rejudge->source, rejudge->run, mode, &rejudged->store, &rejudged->run_id, err);
    if (r == 0)
        r = vr_own_scenario_load(
            rejudged->store, rejudged->run_id, rejudge->scenario, &rejudged->scenario, err);
    if (r == 0)
        r = vr_source_path(&rejudge->source, &own, err);
    if (r == 0)
        r = vr_held_find(rejudge->baseline, rejudge->source.db, &rejudged->held, err);
    if (r == 0)
        r = vr_held_open(
            &rejudged->held, rejudge->source.db, own, &rejudged->catalogue, &rejudged->baselines,
            err);
    return r;
}

void vr_rejudged_finish(struct vr_rejudged *rejudged)
{
    vr_store_close(rejudged->catalogue);
    vr_held_finish(&rejudged->held);
    vr_scenario_destroy(rejudged->scenario);
    vr_store_close(rejudged->store);
}
