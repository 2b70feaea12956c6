/* vitalrig rescore: judge a stored run again, with its own scenario or another one; needs no device and no recording. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/golden.h"
#include "cli/held.h"
#include "cli/own_scenario.h"
#include "cli/say.h"
#include "cli/source.h"
#include "cli/verb.h"
#include "report/report.h"
#include "score/judge.h"

struct rescore_arguments {
    struct vr_source source;
    const char *run, *scenario, *parity, *baseline, *form;
};

static const struct argp_option options[] = {
    {"scenario", 's', "FILE", 0, "Scorers and gates of this scenario instead of the run's own", 0},
    {"parity", 'p', "GOLDEN_RUN", 0,
     "Compare the outputs with those of this run anew: its file, or its name in the catalogue", 0},
    {"baseline", 'b', "NAME", 0,
     "Hold gates against this baseline instead of what they name; also run:UID, previous, or a "
     "run's file",
     0},
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
    case 'b':
        arguments->baseline = argument;
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

struct algorithm {
    char *word; /* owned */
    struct vr_err *err;
};

static int copy_algorithm(void *context, const struct vr_run_row *run)
{
    struct algorithm *algorithm = context;
    algorithm->word = strdup(run->algorithm);
    return algorithm->word ? 0
                           : vr_err_set(algorithm->err, VR_ERR_NO_MEMORY, "no memory for a word");
}

/* Without --parity, what an earlier comparison found stays and counts. */
static int compare(
    const struct rescore_arguments *arguments, struct vr_store *store, int64_t run_id,
    struct vr_err *err)
{
    _cleanup_(vr_golden_finish) struct vr_golden_run golden = {0};
    struct algorithm algorithm = {.err = err};
    if (!arguments->parity)
        return 0;
    int r = vr_store_run_get(store, run_id, copy_algorithm, &algorithm, err);
    if (r == 0)
        r = vr_golden_find(arguments->parity, arguments->source.db, algorithm.word, &golden, err);
    free(algorithm.word);
    return r < 0 ? r : vr_golden_apply(&golden, store, run_id, err);
}

static int judge(
    const struct rescore_arguments *arguments, const struct vr_scenario *scenario,
    struct vr_store *store, int64_t run_id, struct vr_verdict *ret_verdict, struct vr_err *err)
{
    _cleanup_(vr_held_finish) struct vr_held held = {0};
    _cleanup_(vr_store_closep) struct vr_store *catalogue = NULL;
    _cleanup_free_ char *own = NULL;
    struct vr_baseline_source source;
    int r = vr_source_path(&arguments->source, &own, err);
    if (r == 0)
        r = vr_held_find(arguments->baseline, arguments->source.db, &held, err);
    if (r == 0)
        r = vr_held_open(&held, arguments->source.db, own, &catalogue, &source, err);
    return r < 0 ? r : vr_judge_run(store, run_id, scenario, &source, ret_verdict, err);
}

static int rescore(
    const struct rescore_arguments *arguments, int *ret_exit_code, struct vr_err *err)
{
    _cleanup_(vr_store_closep) struct vr_store *store = NULL;
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *scenario = NULL;
    _cleanup_(vr_report_finish) struct vr_report report = {0};
    struct vr_verdict verdict;
    int64_t run_id;

    const struct vr_report_driver *form = vr_report_find(arguments->form, err);
    if (!form)
        return -err->code;
    int r = vr_source_open_run(
        &arguments->source, arguments->run, VR_STORE_WRITE, &store, &run_id, err);
    if (r == 0)
        r = vr_own_scenario_load(store, run_id, arguments->scenario, &scenario, err);
    if (r == 0)
        r = compare(arguments, store, run_id, err);
    if (r == 0)
        r = judge(arguments, scenario, store, run_id, &verdict, err);
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
