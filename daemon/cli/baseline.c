/* vitalrig baseline: names for the runs that others are held against. */
#include "store/baseline.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/answer.h"
#include "cli/kept.h"
#include "cli/say.h"
#include "cli/source.h"
#include "cli/stored_run.h"
#include "cli/verb.h"
#include "report/plain.h"

struct baseline_arguments {
    const char *db, *reason;
    const char *words[2]; /* NAME, RUN */
    int word_count, word_wanted;
    bool json;
};

enum { KEY_DB = 0x100, KEY_REASON };

#define DB_OPTION \
    { \
        "db", KEY_DB, "FILE", 0, "The catalogue (default: $XDG_STATE_HOME/vitalrig/vitalrig.db)", \
            0 \
    }

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct baseline_arguments *arguments = state->input;
    switch (key) {
    case KEY_DB:
        arguments->db = argument;
        break;
    case KEY_REASON:
        arguments->reason = argument;
        break;
    case 'j':
        arguments->json = true;
        break;
    case ARGP_KEY_ARG:
        if (arguments->word_count == arguments->word_wanted)
            argp_error(state, "\"%s\" is one argument too many", argument);
        arguments->words[arguments->word_count++] = argument;
        break;
    case ARGP_KEY_END:
        if (arguments->word_count < arguments->word_wanted)
            argp_error(state, "%s", arguments->word_count == 0 ? "which baseline?" : "which run?");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int find_path(
    const struct baseline_arguments *arguments, char **ret_path, struct vr_err *err)
{
    const struct vr_source source = {.db = arguments->db};
    return vr_source_path(&source, ret_path, err);
}

/* --- set ---------------------------------------------------------------------------------------- */

/* What names the run may be another one when it is its turn at the daemon. */
static int find_uid(const char *path, const char *run, char **ret_uid, struct vr_err *err)
{
    _cleanup_(vr_store_closep) struct vr_store *store = NULL;
    int64_t run_id;
    int r = vr_store_open(path, VR_STORE_READ, &store, err);
    if (r == 0)
        r = vr_store_run_find(store, run, &run_id, err);
    return r < 0 ? r : vr_stored_run_uid(store, run_id, ret_uid, err);
}

static int set_here(const char *path, const struct vr_baseline_row *baseline, struct vr_err *err)
{
    _cleanup_(vr_store_closep) struct vr_store *store = NULL;
    int r = vr_catalogue_open(path, &store, err);
    return r < 0 ? r : vr_store_baseline_set(store, baseline, err);
}

static int set(const struct baseline_arguments *arguments, struct vr_err *err)
{
    _cleanup_free_ char *path = NULL, *uid = NULL;
    struct vr_baseline_row baseline = {
        .name = arguments->words[0],
        .set_utc_ns = vr_clock_utc_ns(),
        .reason = arguments->reason ? arguments->reason : "",
    };
    int r = find_path(arguments, &path, err);
    if (r == 0)
        r = find_uid(path, arguments->words[1], &uid, err);
    if (r < 0)
        return r;
    baseline.run_uid = uid;
    _cleanup_(vr_client_closep) struct vr_client *keeper = vr_kept_find(path);
    r = keeper ? vr_kept_set_baseline(keeper, path, &baseline, err)
               : set_here(path, &baseline, err);
    if (r < 0)
        return r;
    vr_plain_put(baseline.name, stdout);
    fputs(": ", stdout);
    vr_plain_put(uid, stdout);
    putchar('\n');
    return 0;
}

static int set_main(int argc, char **argv)
{
    static const struct argp_option options[] = {
        DB_OPTION,
        {"reason", KEY_REASON, "TEXT", 0, "Why this one, for whoever asks later", 0},
        {0},
    };
    static const struct argp argp = {
        options,
        parse,
        "NAME RUN",
        "Let NAME stand for RUN: a run that has ended, named as in `vitalrig show`.  A name that "
        "there is stands for this run from now on.  Beside a daemon that keeps the catalogue, the "
        "daemon is asked to.",
        NULL,
        NULL,
        NULL};
    struct baseline_arguments arguments = {.word_wanted = 2};
    struct vr_err err = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    return set(&arguments, &err) < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}

/* --- rm ----------------------------------------------------------------------------------------- */

static int remove_here(const char *path, const char *name, struct vr_err *err)
{
    _cleanup_(vr_store_closep) struct vr_store *store = NULL;
    int r = vr_catalogue_open(path, &store, err);
    return r < 0 ? r : vr_store_baseline_remove(store, name, err);
}

static int remove_name(const struct baseline_arguments *arguments, struct vr_err *err)
{
    _cleanup_free_ char *path = NULL;
    int r = find_path(arguments, &path, err);
    if (r < 0)
        return r;
    _cleanup_(vr_client_closep) struct vr_client *keeper = vr_kept_find(path);
    return keeper ? vr_kept_remove_baseline(keeper, path, arguments->words[0], err)
                  : remove_here(path, arguments->words[0], err);
}

static int rm_main(int argc, char **argv)
{
    static const struct argp_option options[] = {DB_OPTION, {0}};
    static const struct argp argp = {
        options, parse,
        "NAME",  "Forget the name; its run stays, as long as `vitalrig db prune` lets it.",
        NULL,    NULL,
        NULL};
    struct baseline_arguments arguments = {.word_wanted = 1};
    struct vr_err err = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    return remove_name(&arguments, &err) < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}

/* --- list --------------------------------------------------------------------------------------- */

struct listing {
    struct vr_json_writer *writer; /* NULL = lines */
    size_t count;
};

static int put_baseline(void *context, const struct vr_baseline_row *baseline)
{
    struct listing *listing = context;
    char iso[VR_CLOCK_ISO_SIZE];
    listing->count++;
    if (listing->writer) {
        vr_json_write_object(listing->writer, NULL);
        vr_json_write_string(listing->writer, "name", baseline->name);
        vr_json_write_string(listing->writer, "run", baseline->run_uid);
        vr_json_write_string(listing->writer, "set", vr_clock_iso(baseline->set_utc_ns, iso));
        vr_json_write_string(listing->writer, "reason", baseline->reason);
        vr_json_write_bool(listing->writer, "is_there", baseline->is_there);
        vr_json_write_end(listing->writer);
        return 0;
    }
    vr_plain_put_padded(baseline->name, 16, stdout);
    putchar(' ');
    vr_plain_put(baseline->run_uid, stdout);
    printf("  %s", vr_clock_iso(baseline->set_utc_ns, iso));
    if (!baseline->is_there)
        fputs("  (the run is not there any more)", stdout);
    if (baseline->reason[0]) {
        fputs("  ", stdout);
        vr_plain_put(baseline->reason, stdout);
    }
    putchar('\n');
    return 0;
}

static int list(const struct baseline_arguments *arguments, struct vr_err *err)
{
    _cleanup_free_ char *path = NULL;
    _cleanup_(vr_store_closep) struct vr_store *store = NULL;
    struct vr_json_writer writer;
    struct listing listing = {.writer = arguments->json ? &writer : NULL};
    int r = find_path(arguments, &path, err);
    if (r == 0)
        r = vr_store_open(path, VR_STORE_READ, &store, err);
    if (r < 0)
        return r;
    if (arguments->json) {
        vr_answer_begin(&writer);
        vr_json_write_array(&writer, "baselines");
    }
    r = vr_store_baselines(store, put_baseline, &listing, err);
    if (!arguments->json) {
        if (r == 0 && listing.count == 0)
            puts("none; `vitalrig baseline set NAME RUN` makes one");
        return r;
    }
    vr_json_write_end(&writer);
    int written = vr_answer_end(&writer, r == 0 ? err : NULL);
    return r == 0 ? written : r;
}

static int list_main(int argc, char **argv)
{
    static const struct argp_option options[] = {
        DB_OPTION, {"json", 'j', NULL, 0, "One JSON object", 0}, {0}};
    static const struct argp argp = {
        options, parse, NULL, "The baselines of the catalogue, with their runs.", NULL, NULL, NULL};
    struct baseline_arguments arguments = {0};
    struct vr_err err = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    return list(&arguments, &err) < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}

static int baseline_main(int argc, char **argv)
{
    static const struct vr_verb set_verb = {"set", "let a name stand for a run", set_main};
    static const struct vr_verb list_verb = {"list", "the names, with their runs", list_main};
    static const struct vr_verb rm_verb = {"rm", "forget a name", rm_main};
    static const struct vr_verb *const items[] = {&set_verb, &list_verb, &rm_verb};
    static const struct vr_verbs verbs = {
        .intro =
            "Baselines: runs that gates and comparisons call by a name, such as baseline:main.\n",
        .items = items,
        .count = sizeof items / sizeof items[0],
    };
    return vr_verbs_run(&verbs, argc, argv);
}

const struct vr_verb vr_verb_baseline = {
    .name = "baseline",
    .summary = "name the runs that others are held against",
    .run = baseline_main,
};
