/* vitalrig campaign: many scenarios, devices, builds and variants, of which only what is missing is run. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "cli/answer.h"
#include "cli/campaign_run.h"
#include "cli/client_options.h"
#include "cli/say.h"
#include "cli/scenarios.h"
#include "cli/stop.h"
#include "cli/verb.h"
#include "report/plain.h"

struct arguments {
    struct vr_cells cells;
    const char *file;     /* the campaign */
    const char *manifest; /* file to write, NULL = none */
    bool json, quiet, strict;
};

#define EXIT_INCONCLUSIVE 5

enum { KEY_RIG = 256, KEY_DB, KEY_MANIFEST, KEY_WAIT, KEY_STRICT };

#define COMMON_OPTIONS \
    {"rig", KEY_RIG, "FILE", 0, "The bench (default: the daemon's, else $VITALRIG_RIG)", 0}, \
        {"db", KEY_DB, "FILE", 0, "The catalogue, where there is no daemon", 0}, \
        {"json", 'j', NULL, 0, "One JSON object", 0}, \
    { \
        "quiet", 'q', NULL, 0, "No progress on stderr", 0 \
    }
#define STRICT_OPTION \
    { \
        "strict-determinism", KEY_STRICT, NULL, 0, \
            "Exit code 1 where equal results have unequal outputs (else: a warning)", 0 \
    }

static const struct argp_option plan_options[] = {
    COMMON_OPTIONS,
    {"manifest", KEY_MANIFEST, "FILE", 0, "Write the cells there as CSV, too", 0},
    {0},
};
static const struct argp_option submit_options[] = {COMMON_OPTIONS, {0}};
static const struct argp_option run_options[] = {
    COMMON_OPTIONS,
    STRICT_OPTION,
    {"wait", KEY_WAIT, NULL, 0, "Wait until nothing is pending: always so, and may be said", 0},
    {0},
};
static const struct argp_option status_options[] = {COMMON_OPTIONS, STRICT_OPTION, {0}};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->cells.choice;
        break;
    case KEY_RIG:
        arguments->cells.rig = argument;
        break;
    case KEY_DB:
        arguments->cells.db = argument;
        break;
    case KEY_MANIFEST:
        arguments->manifest = argument;
        break;
    case KEY_STRICT:
        arguments->strict = true;
        break;
    case KEY_WAIT:
        break;
    case 'j':
        arguments->json = true;
        break;
    case 'q':
        arguments->quiet = true;
        break;
    case ARGP_KEY_ARG:
        if (arguments->file)
            argp_error(state, "%s: one campaign at a time", argument);
        arguments->file = argument;
        break;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which campaign?  Name its file");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp_child children[] = {{&vr_client_argp, 0, NULL, 0}, {0}};

/* Options and campaign; what the environment says of the rig counts where there is no daemon. */
static int begin(
    struct arguments *arguments, const struct argp *argp, int argc, char **argv, struct vr_err *err)
{
    argp_parse(argp, argc, argv, 0, NULL, arguments);
    const char *rig = getenv("VITALRIG_RIG");
    if (!arguments->cells.rig && rig && rig[0])
        arguments->cells.rig = rig;
    arguments->cells.choice.none |= arguments->cells.db != NULL;
    return vr_cells_open(&arguments->cells, arguments->file, err);
}

static void arguments_finish(struct arguments *arguments)
{
    vr_cells_finish(&arguments->cells);
}

/* --- plan --- */

static int make_manifest(
    const struct arguments *arguments, char ret_sha256[VR_DIGEST_HEX_SIZE], struct vr_err *err)
{
    _cleanup_free_ char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    if (memory)
        vr_expansion_manifest(&arguments->cells.expansion, memory);
    if (!memory || fclose(memory) != 0)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a manifest");
    vr_digest_bytes(text, size, ret_sha256);
    if (!arguments->manifest)
        return 0;
    FILE *file = fopen(arguments->manifest, "w");
    bool is_written = file && fwrite(text, 1, size, file) == size;
    if (file && fclose(file) != 0)
        is_written = false;
    return is_written
               ? 0
               : vr_err_set(
                     err, VR_ERR_IO, "%s: cannot write: %s", arguments->manifest, strerror(errno));
}

static void put_plan(const struct arguments *arguments, const char *sha256)
{
    const struct vr_cells *cells = &arguments->cells;
    printf(
        "%-12.12s  %-14s %-10s %-10s %-10s %-12s repeat  state\n", "key", "scenario", "variant",
        "model", "firmware", "record");
    for (size_t i = 0; i < cells->expansion.cell_count; i++) {
        static const char *const words[] = {"missing", "pending", "stored"};
        const struct vr_expansion_cell *cell = &cells->expansion.cells[i];
        const struct vr_expansion_group *group = &cells->expansion.groups[cell->group];
        printf(
            "%.12s  %-14s %-10s %-10s %-10s ", cell->key, group->scenario->name,
            group->variant->name[0] ? group->variant->name : "-", group->model,
            group->firmware ? group->firmware->name : "-");
        vr_plain_put_padded(cell->record, 12, stdout);
        printf(" %6d  %s\n", cell->repeat, words[cells->states[i]]);
    }
    printf(
        "%zu cells: %zu stored, %zu pending, %zu missing", cells->expansion.cell_count,
        cells->counts[VR_CELL_STORED], cells->counts[VR_CELL_PENDING],
        cells->counts[VR_CELL_MISSING]);
    if (cells->expansion.twin_count > 0)
        printf("; %zu more are the same as one of these", cells->expansion.twin_count);
    printf("\nmanifest %s\n", sha256);
}

static void write_counts(const struct vr_cells *cells, struct vr_json_writer *writer)
{
    vr_json_write_string(writer, "campaign", cells->campaign->name);
    vr_json_write_int(writer, "cells_total", (int64_t)cells->expansion.cell_count);
    vr_json_write_int(writer, "stored", (int64_t)cells->counts[VR_CELL_STORED]);
    vr_json_write_int(writer, "pending", (int64_t)cells->counts[VR_CELL_PENDING]);
    vr_json_write_int(writer, "missing", (int64_t)cells->counts[VR_CELL_MISSING]);
    vr_json_write_int(writer, "twins", (int64_t)cells->expansion.twin_count);
}

static int write_plan(const struct arguments *arguments, const char *sha256, struct vr_err *err)
{
    static const char *const words[] = {"missing", "pending", "stored"};
    const struct vr_cells *cells = &arguments->cells;
    struct vr_json_writer writer;
    vr_answer_begin(&writer);
    write_counts(cells, &writer);
    vr_json_write_string(&writer, "manifest_sha256", sha256);
    vr_json_write_array(&writer, "cells");
    for (size_t i = 0; i < cells->expansion.cell_count; i++) {
        const struct vr_expansion_cell *cell = &cells->expansion.cells[i];
        const struct vr_expansion_group *group = &cells->expansion.groups[cell->group];
        vr_json_write_object(&writer, NULL);
        vr_json_write_string(&writer, "key", cell->key);
        vr_json_write_string(&writer, "scenario", group->scenario->name);
        vr_json_write_string(&writer, "variant", group->variant->name);
        vr_json_write_string(&writer, "model", group->model);
        vr_json_write_string(&writer, "firmware", group->firmware ? group->firmware->name : NULL);
        vr_json_write_string(&writer, "firmware_hash", group->firmware_hash);
        vr_json_write_string(&writer, "record", cell->record);
        vr_json_write_int(&writer, "repeat", cell->repeat);
        vr_json_write_double(&writer, "duration_s", cell->duration_s);
        vr_json_write_string(&writer, "state", words[cells->states[i]]);
        vr_json_write_end(&writer);
    }
    vr_json_write_end(&writer);
    return vr_answer_end(&writer, err);
}

static int plan_main(int argc, char **argv)
{
    static const struct argp argp = {
        plan_options,
        parse,
        "FILE",
        "What a campaign consists of: its cells, the keys of their results, and which of them are "
        "stored already.  Nothing is run.",
        children,
        NULL,
        NULL};
    _cleanup_(arguments_finish) struct arguments arguments = {0};
    char sha256[VR_DIGEST_HEX_SIZE];
    struct vr_err err = {0};
    int r = begin(&arguments, &argp, argc, argv, &err);
    if (r == 0)
        r = vr_cells_look(&arguments.cells, &err);
    if (r == 0)
        r = make_manifest(&arguments, sha256, &err);
    if (r == 0 && arguments.json)
        r = write_plan(&arguments, sha256, &err);
    else if (r == 0)
        put_plan(&arguments, sha256);
    return r < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}

/* --- submit --- */

static int submit_main(int argc, char **argv)
{
    static const struct argp argp = {
        submit_options,
        parse,
        "FILE",
        "Submit to the daemon what is missing of a campaign, and nothing twice.",
        children,
        NULL,
        NULL};
    _cleanup_(arguments_finish) struct arguments arguments = {0};
    struct vr_cells *cells = &arguments.cells;
    struct vr_campaign_run run = {.cells = cells, .stop = vr_stop_catch(), .stop_fd = vr_stop_fd()};
    struct vr_json_writer writer;
    struct vr_err err = {0};
    int r = begin(&arguments, &argp, argc, argv, &err);
    if (r == 0 && !cells->client)
        r = vr_err_set(
            &err, VR_ERR_USAGE,
            "no daemon, and nobody to submit to; `vitalrig campaign run` works it off by itself");
    if (r == 0)
        r = vr_campaign_submit(&run, &err);
    if (r == 0 && arguments.json) {
        vr_answer_begin(&writer);
        write_counts(cells, &writer);
        vr_json_write_int(&writer, "jobs", (int64_t)run.jobs);
        r = vr_answer_end(&writer, &err);
    } else if (r == 0) {
        printf(
            "campaign %s: %zu cells: %zu were stored, %zu pending; %zu missing ones are %zu jobs "
            "now\n",
            cells->campaign->name, cells->expansion.cell_count, cells->counts[VR_CELL_STORED],
            cells->counts[VR_CELL_PENDING], cells->counts[VR_CELL_MISSING], run.jobs);
    }
    return vr_stop_exit(r < 0 ? vr_say_err(&err) : EXIT_SUCCESS);
}

/* --- status, and what run tells in the end --- */

static void warn_determinism(const struct vr_cells *cells)
{
    for (size_t i = 0; i < cells->expansion.cell_count; i++) {
        const struct vr_expansion_cell *cell = &cells->expansion.cells[i];
        const struct vr_expansion_group *group = &cells->expansion.groups[cell->group];
        if (cells->states[i] == VR_CELL_STORED && cells->results[i].digests > 1)
            vr_say(
                "nondeterminism: %s on %s, record %s, repeat %d: %lld different outputs for key "
                "%s (view v_nondeterminism)",
                group->scenario->name, group->model, cell->record, cell->repeat,
                (long long)cells->results[i].digests, cell->key);
    }
}

/* Exit code: the worst of the runs that stored cells are of; while something is missing, or not judged, it is no pass. */
static int tell_status(
    struct arguments *arguments, bool must_finish, int jobs_exit_code, int *ret_exit_code,
    struct vr_err *err)
{
    struct vr_cells *cells = &arguments->cells;
    struct vr_json_writer writer;
    int r = vr_cells_judge(cells, err);
    if (r < 0)
        return r;
    struct vr_cells_verdict verdict = vr_cells_verdict(cells);
    *ret_exit_code = vr_exit_worse(verdict.exit_code, jobs_exit_code);
    if (cells->counts[VR_CELL_STORED] < cells->expansion.cell_count || verdict.unjudged > 0)
        *ret_exit_code = vr_exit_worse(*ret_exit_code, EXIT_INCONCLUSIVE);
    if (arguments->strict && verdict.nondeterministic > 0)
        *ret_exit_code = vr_exit_worse(*ret_exit_code, EXIT_FAILURE);
    /* A timer's unit takes a failed gate for a result: a night that is not finished is none. */
    if (must_finish && *ret_exit_code == EXIT_FAILURE && cells->counts[VR_CELL_MISSING] > 0)
        *ret_exit_code = vr_err_exit(VR_ERR_DEVICE);
    warn_determinism(cells);
    if (arguments->json) {
        vr_answer_begin(&writer);
        write_counts(cells, &writer);
        vr_json_write_int(&writer, "nondeterministic", (int64_t)verdict.nondeterministic);
        vr_json_write_int(&writer, "unjudged", (int64_t)verdict.unjudged);
        vr_json_write_int(&writer, "exit_code", *ret_exit_code);
        return vr_answer_end(&writer, err);
    }
    printf(
        "campaign %s: %zu cells: %zu stored, %zu pending, %zu missing; %zu nondeterministic; "
        "exit code %d\n",
        cells->campaign->name, cells->expansion.cell_count, cells->counts[VR_CELL_STORED],
        cells->counts[VR_CELL_PENDING], cells->counts[VR_CELL_MISSING], verdict.nondeterministic,
        *ret_exit_code);
    if (verdict.unjudged > 0)
        printf("%zu stored cells are of runs that were not judged\n", verdict.unjudged);
    return 0;
}

static int status_main(int argc, char **argv)
{
    static const struct argp argp = {
        status_options,
        parse,
        "FILE",
        "How far a campaign is: done, pending, missing, nondeterministic.  The exit code is the "
        "worst of the runs that its results are of.",
        children,
        NULL,
        NULL};
    _cleanup_(arguments_finish) struct arguments arguments = {0};
    int exit_code = EXIT_SUCCESS;
    struct vr_err err = {0};
    int r = begin(&arguments, &argp, argc, argv, &err);
    if (r == 0)
        r = vr_cells_look(&arguments.cells, &err);
    if (r == 0)
        r = tell_status(&arguments, false, EXIT_SUCCESS, &exit_code, &err);
    return r < 0 ? vr_say_err(&err) : exit_code;
}

/* --- run --- */

static int run_main(int argc, char **argv)
{
    static const struct argp argp = {
        run_options,
        parse,
        "FILE",
        "Work off what is missing of a campaign: by the daemon, or without one by this program.  "
        "The exit code is the worst of its runs, those that were stored before included; where "
        "something is missing still, it is 3 at least.",
        children,
        NULL,
        NULL};
    _cleanup_(arguments_finish) struct arguments arguments = {0};
    struct vr_campaign_run run = {
        .cells = &arguments.cells, .stop = vr_stop_catch(), .stop_fd = vr_stop_fd()};
    int exit_code = EXIT_SUCCESS;
    struct vr_err err = {0};
    int r = begin(&arguments, &argp, argc, argv, &err);
    run.quiet = arguments.quiet;
    if (r == 0 && arguments.cells.client) {
        r = vr_campaign_submit(&run, &err);
        if (r == 0)
            r = vr_campaign_follow(&run, &err);
    } else if (r == 0) {
        r = vr_campaign_work(&run, &err);
    }
    if (r == 0 && arguments.cells.counts[VR_CELL_MISSING] > 0)
        run.exit_code = vr_exit_worse(run.exit_code, vr_err_exit(VR_ERR_DEVICE));
    if (r == 0)
        r = tell_status(&arguments, true, run.exit_code, &exit_code, &err);
    return vr_stop_exit(r < 0 ? vr_say_err(&err) : exit_code);
}

static int campaign_main(int argc, char **argv)
{
    static const struct vr_verb plan = {"plan", "which trials it consists of", plan_main};
    static const struct vr_verb submit = {
        "submit", "give the daemon what is missing of it", submit_main};
    static const struct vr_verb run = {
        "run", "work off what is missing of it, and judge", run_main};
    static const struct vr_verb status = {"status", "how far it is", status_main};
    static const struct vr_verb *const items[] = {&plan, &submit, &run, &status};
    static const struct vr_verbs verbs = {
        .intro = "Campaigns: scenarios x devices x builds x variants x repetitions, of which only "
                 "what is missing is run.\n",
        .items = items,
        .count = sizeof items / sizeof items[0],
    };
    return vr_verbs_run(&verbs, argc, argv);
}

const struct vr_verb vr_verb_campaign = {
    .name = "campaign",
    .summary = "run what is missing of a night's trials",
    .run = campaign_main,
};
