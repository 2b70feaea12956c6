/* vitalrig rescore: judge a stored run again, with its own scenario or another one; needs no device and no recording. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/golden.h"
#include "cli/rejudge.h"
#include "cli/say.h"
#include "cli/verb.h"
#include "report/report.h"
#include "score/judge.h"

struct rescore_arguments {
    struct vr_rejudge rejudge;
    const char *parity, *form;
};

static const struct argp_option options[] = {
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
        state->child_inputs[0] = &arguments->rejudge;
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
        r = vr_golden_find(
            arguments->parity, arguments->rejudge.source.db, algorithm.word, &golden, err);
    free(algorithm.word);
    return r < 0 ? r : vr_golden_apply(&golden, store, run_id, err);
}

static int rescore(
    const struct rescore_arguments *arguments, int *ret_exit_code, struct vr_err *err)
{
    _cleanup_(vr_rejudged_finish) struct vr_rejudged rejudged = {0};
    _cleanup_(vr_report_finish) struct vr_report report = {0};
    struct vr_verdict verdict;

    const struct vr_report_driver *form = vr_report_find(arguments->form, err);
    if (!form)
        return -err->code;
    int r = vr_rejudge_open(&arguments->rejudge, VR_STORE_WRITE, &rejudged, err);
    if (r == 0)
        r = compare(arguments, rejudged.store, rejudged.run_id, err);
    if (r == 0)
        r = vr_judge_run(
            rejudged.store, rejudged.run_id, rejudged.scenario, &rejudged.baselines, &verdict, err);
    if (r == 0)
        r = vr_report_load(rejudged.store, rejudged.run_id, &report, err);
    if (r < 0)
        return r;
    form->write(&report, stdout);
    *ret_exit_code = verdict.exit_code;
    return 0;
}

static int rescore_main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&vr_rejudge_argp, 0, NULL, 0}, {0}};
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
