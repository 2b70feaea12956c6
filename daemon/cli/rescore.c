/* vitalrig rescore: judge a stored run again, with its own scenario or another one; needs no device and no recording. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/golden.h"
#include "cli/say.h"
#include "cli/source.h"
#include "cli/verb.h"
#include "report/report.h"
#include "score/judge.h"

struct rescore_arguments {
    struct vr_source source;
    const char *run, *scenario, *parity, *form;
};

static const struct argp_option options[] = {
    {"scenario", 's', "FILE", 0, "Scorers and gates of this scenario instead of the run's own", 0},
    {"parity", 'p', "GOLDEN_RUN", 0,
     "Compare the outputs with those of this run anew: its file, or its name in the catalogue", 0},
    {"format", 'f', "FORM", 0, "text, json or junit (default: text)", 0},
    {"json", 'j', NULL, 0, "The same as --format json", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct rescore_arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->source;
        break;
    case 's':
        arguments->scenario = argument;
        break;
    case 'p':
        arguments->parity = argument;
        break;
    case 'f':
        arguments->form = argument;
        break;
    case 'j':
        arguments->form = "json";
        break;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            argp_error(state, "\"%s\" is one argument too many", argument);
        arguments->run = argument;
        break;
    case ARGP_KEY_END:
        if (!arguments->run)
            argp_error(state, "which run? Give its name, or \"last\"; `vitalrig runs` lists them");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* What the run itself says: its scenario, as text, and its algorithm; the caller frees both. */
struct stored_run {
    char *scenario, *algorithm;
    struct vr_err *err;
};

static void stored_run_finish(struct stored_run *stored)
{
    free(stored->scenario);
    free(stored->algorithm);
}

static int copy_run(void *context, const struct vr_run_row *run)
{
    struct stored_run *stored = context;
    stored->scenario = strdup(run->scenario_json);
    stored->algorithm = strdup(run->algorithm);
    if (!stored->scenario || !stored->algorithm)
        return vr_err_set(stored->err, VR_ERR_NO_MEMORY, "no memory for a scenario");
    return 0;
}

/* path NULL = the run's own */
static int load_scenario(
    const struct stored_run *stored, const char *path, struct vr_scenario **ret_scenario,
    struct vr_err *err)
{
    if (path) {
        int loaded = vr_scenario_load(path, ret_scenario, err);
        return loaded < 0 ? loaded : vr_score_check(*ret_scenario, err);
    }
    return vr_scenario_parse(
        stored->scenario, strlen(stored->scenario), "the run's own scenario", ".", ret_scenario,
        err);
}

/* Without --parity, what an earlier comparison found stays and counts. */
static int compare(
    const struct rescore_arguments *arguments, const struct stored_run *stored,
    struct vr_store *store, int64_t run_id, struct vr_err *err)
{
    _cleanup_(vr_golden_finish) struct vr_golden_run golden = {0};
    if (!arguments->parity)
        return 0;
    int r =
        vr_golden_find(arguments->parity, arguments->source.db, stored->algorithm, &golden, err);
    return r < 0 ? r : vr_golden_apply(&golden, store, run_id, err);
}

static int rescore(
    const struct rescore_arguments *arguments, int *ret_exit_code, struct vr_err *err)
{
    _cleanup_(vr_store_closep) struct vr_store *store = NULL;
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *scenario = NULL;
    _cleanup_(vr_report_finish) struct vr_report report = {0};
    _cleanup_(stored_run_finish) struct stored_run stored = {.err = err};
    struct vr_verdict verdict;
    int64_t run_id;

    const struct vr_report_driver *form = vr_report_find(arguments->form, err);
    if (!form)
        return -err->code;
    int r = vr_source_open_run(
        &arguments->source, arguments->run, VR_STORE_WRITE, &store, &run_id, err);
    if (r == 0)
        r = vr_store_run_get(store, run_id, copy_run, &stored, err);
    if (r == 0)
        r = load_scenario(&stored, arguments->scenario, &scenario, err);
    if (r == 0)
        r = compare(arguments, &stored, store, run_id, err);
    if (r == 0)
        r = vr_judge_run(store, run_id, scenario, NULL, &verdict, err);
    if (r == 0)
        r = vr_report_load(store, run_id, &report, err);
    if (r < 0)
        return r;
    form->write(&report, stdout);
    *ret_exit_code = verdict.exit_code;
    return 0;
}

static int rescore_main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&vr_source_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        "RUN",
        "Judge a stored run again from its rows: no device, no recording is needed.  The metrics, "
        "the gates and the verdict of the run are replaced; what was recorded is not, nor what was "
        "found "
        "against a golden run, unless --parity names one.\v"
        "The exit code is the new verdict's.  RUN is as in `vitalrig show`.",
        children,
        NULL,
        NULL};
    struct rescore_arguments arguments = {.form = "text"};
    struct vr_err err = {0};
    int exit_code = EXIT_SUCCESS;

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    return rescore(&arguments, &exit_code, &err) < 0 ? vr_say_err(&err) : exit_code;
}

const struct vr_verb vr_verb_rescore = {
    .name = "rescore",
    .summary = "judge a stored run again, without a device",
    .run = rescore_main,
};
