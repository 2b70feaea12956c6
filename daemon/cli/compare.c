/* vitalrig compare: what changed from one stored run to another. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/comparison.h"
#include "cli/own_scenario.h"
#include "cli/say.h"
#include "cli/stored_run.h"
#include "cli/verb.h"

struct compare_arguments {
    const char *db, *scenario;
    const char *runs[2];
    bool all, json;
};

enum { KEY_DB = 0x100, KEY_ALL };

static const struct argp_option options[] = {
    {"db", KEY_DB, "FILE", 0, "The catalogue (default: $XDG_STATE_HOME/vitalrig/vitalrig.db)", 0},
    {"scenario", 's', "FILE", 0, "Scorers and gates of this scenario instead of B's own", 0},
    {"all", KEY_ALL, NULL, 0,
     "Every metric, not only those under a gate and the first of each task", 0},
    {"json", 'j', NULL, 0, "One JSON object", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct compare_arguments *arguments = state->input;
    switch (key) {
    case KEY_DB:
        arguments->db = argument;
        break;
    case 's':
        arguments->scenario = argument;
        break;
    case KEY_ALL:
        arguments->all = true;
        break;
    case 'j':
        arguments->json = true;
        break;
    case ARGP_KEY_ARG:
        if (state->arg_num > 1)
            argp_error(state, "\"%s\" is one argument too many", argument);
        arguments->runs[state->arg_num] = argument;
        break;
    case ARGP_KEY_END:
        if (!arguments->runs[1])
            argp_error(
                state, "which two runs? Such as: baseline:main last; `vitalrig runs` lists them");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int compare(const struct compare_arguments *arguments, struct vr_err *err)
{
    _cleanup_(vr_stored_run_finish) struct vr_stored_run a = {0}, b = {0};
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *scenario = NULL;
    _cleanup_(vr_comparison_finish) struct vr_comparison comparison = {0};
    int r = vr_stored_run_find(arguments->runs[0], arguments->db, &a, err);
    if (r == 0)
        r = vr_stored_run_find(arguments->runs[1], arguments->db, &b, err);
    if (r == 0)
        r = vr_own_scenario_load(b.store, b.run_id, arguments->scenario, &scenario, err);
    if (r == 0)
        r = vr_comparison_make(
            a.store, a.run_id, b.store, b.run_id, scenario, arguments->all, &comparison, err);
    if (r < 0)
        return r;
    if (arguments->json)
        return vr_comparison_put_json(&comparison, err);
    vr_comparison_put(&comparison, stdout);
    return 0;
}

static int compare_main(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse,
        "A B",
        "What changed from run A to run B: first what differs in scenario, dataset, rig and "
        "firmware, then the metrics, each with "
        "the change over the records that both have, its 95 % interval and how likely it would be "
        "if nothing had changed.\v"
        "A and B are named as in `vitalrig show` (\"last~1\" and \"last\"), as baseline:NAME, or "
        "by the path of a run's file.  "
        "Nothing is judged: the exit code is 0 whatever changed; `vitalrig gate` judges.",
        NULL,
        NULL,
        NULL};
    struct compare_arguments arguments = {0};
    struct vr_err err = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    return compare(&arguments, &err) < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}

const struct vr_verb vr_verb_compare = {
    .name = "compare",
    .summary = "what changed from one run to another",
    .run = compare_main,
};
