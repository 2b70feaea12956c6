/* vitalrig runs: what was run, newest first. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/amount.h"
#include "cli/answer.h"
#include "cli/say.h"
#include "cli/source.h"
#include "cli/verb.h"
#include "report/plain.h"

#define LIMIT_DEFAULT 20

struct runs_arguments {
    struct vr_source source;
    size_t limit;
    bool json;
};

/* Where the rows go: lines, or members of an array. */
struct listing {
    struct vr_json_writer *writer; /* NULL = lines */
    size_t count;
};

static const struct argp_option options[] = {
    {"limit", 'n', "N", 0, "At most N runs; 0 = all (default: 20)", 0},
    {"json", 'j', NULL, 0, "One JSON object", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct runs_arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->source;
        break;
    case 'n':
        arguments->limit = vr_amount_count(state, "--limit", argument);
        break;
    case 'j':
        arguments->json = true;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static void list_line(const struct vr_run_row *run, size_t index)
{
    char iso[VR_CLOCK_ISO_SIZE];
    if (index == 0)
        printf("%-20s  %-12s  %-9s  %s\n", "started", "verdict", "dut", "run");
    printf("%-20s  ", vr_clock_iso(run->started_utc_ns, iso));
    vr_plain_put_padded(run->verdict[0] != '\0' ? run->verdict : run->status, 14, stdout);
    vr_plain_put_padded(run->dut, 11, stdout);
    vr_plain_put(run->uid, stdout);
    putchar('\n');
}

static void list_member(const struct vr_run_row *run, struct vr_json_writer *writer)
{
    char iso[VR_CLOCK_ISO_SIZE];
    bool is_judged = run->verdict[0] != '\0';

    vr_json_write_object(writer, NULL);
    vr_json_write_string(writer, "uid", run->uid);
    vr_json_write_string(writer, "scenario", run->scenario);
    vr_json_write_string(writer, "started", vr_clock_iso(run->started_utc_ns, iso));
    vr_json_write_string(
        writer, "ended", run->ended_utc_ns > 0 ? vr_clock_iso(run->ended_utc_ns, iso) : NULL);
    vr_json_write_string(writer, "dut", run->dut);
    vr_json_write_string(writer, "algorithm", run->algorithm);
    vr_json_write_string(writer, "status", run->status);
    vr_json_write_string(writer, "verdict", is_judged ? run->verdict : NULL);
    if (is_judged)
        vr_json_write_int(writer, "exit", run->exit_code);
    else
        vr_json_write_null(writer, "exit");
    vr_json_write_string(writer, "why", run->why);
    vr_json_write_end(writer);
}

static int list_run(void *context, const struct vr_run_row *run)
{
    struct listing *listing = context;
    if (listing->writer)
        list_member(run, listing->writer);
    else
        list_line(run, listing->count);
    listing->count++;
    return 0;
}

static int runs(const struct runs_arguments *arguments, struct vr_err *err)
{
    _cleanup_(vr_store_closep) struct vr_store *store = NULL;
    int r = vr_source_open(&arguments->source, VR_STORE_READ, &store, err);
    if (r < 0)
        return r;

    struct vr_json_writer writer;
    struct listing listing = {.writer = arguments->json ? &writer : NULL};
    if (arguments->json) {
        vr_answer_begin(&writer);
        vr_json_write_array(&writer, "runs");
    }
    r = vr_store_runs(store, arguments->limit, list_run, &listing, err);
    if (arguments->json) {
        vr_json_write_end(&writer);
        int written = vr_answer_end(&writer, r == 0 ? err : NULL);
        r = r == 0 ? written : r;
    }
    if (r == 0 && listing.count == 0)
        r = vr_err_set(err, VR_ERR_EMPTY, "no runs yet; `vitalrig run` makes one");
    return r;
}

static int runs_main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&vr_source_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options,  parse, NULL, "What was run, newest first.",
                                     children, NULL,  NULL};
    struct runs_arguments arguments = {.limit = LIMIT_DEFAULT};
    struct vr_err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    return runs(&arguments, &err) < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}

const struct vr_verb vr_verb_runs = {
    .name = "runs",
    .summary = "list what was run, newest first",
    .run = runs_main,
};
