/* vitalrig db prune. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/answer.h"
#include "cli/db_subject.h"
#include "cli/db_verbs.h"
#include "cli/say.h"
#include "cli/source.h"
#include "report/plain.h"
#include "store/care.h"

#define DAYS_MAX 36500
#define DAY_NS (24 * 3600 * VR_NS_PER_S)

struct prune_arguments {
    struct vr_source source;
    const char **kept; /* room for every argument */
    size_t kept_count;
    int64_t keep_days; /* -1 = not given */
    const char *subject;
    bool run_files, dry_run, json;
};

enum { KEY_DB = 0x100, KEY_DAYS, KEY_KEEP, KEY_SUBJECT, KEY_RUN_FILES, KEY_DRY_RUN };

static const struct argp_option options[] = {
    {"db", KEY_DB, "FILE", 0, "The catalogue (default: $XDG_STATE_HOME/vitalrig/vitalrig.db)", 0},
    {"keep-days", KEY_DAYS, "N", 0, "Forget what ended more than N days ago", 0},
    {"keep", KEY_KEEP, "RUN", 0, "But not this run; may be given often", 0},
    {"subject", KEY_SUBJECT, "ID", 0,
     "Instead of old runs: forget everything of this subject, by its id or pseudonym", 0},
    {"run-files", KEY_RUN_FILES, NULL, 0,
     "Remove their run files too (runs/UID.db beside the catalogue), which hold the power traces",
     0},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "Only say which", 0},
    {"json", 'j', NULL, 0, "One JSON object", 0},
    {0},
};

static int64_t days_parse(const char *text)
{
    char *end;
    errno = 0;
    long days = strtol(text, &end, 10);
    bool good = errno == 0 && end != text && *end == '\0' && days >= 0 && days <= DAYS_MAX;
    return good ? days : -1;
}

static void check(const struct prune_arguments *arguments, struct argp_state *state)
{
    if (arguments->subject && (arguments->keep_days >= 0 || arguments->kept_count > 0))
        argp_error(state, "--subject goes with neither --keep-days nor --keep");
    if (arguments->subject && !arguments->subject[0])
        argp_error(state, "--subject: an empty id is none");
    if (!arguments->subject && arguments->keep_days < 0)
        argp_error(
            state,
            "--keep-days is missing: for how many days are runs kept?  Or --subject: who is to be "
            "forgotten?");
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct prune_arguments *arguments = state->input;
    switch (key) {
    case KEY_DB:
        arguments->source.db = argument;
        break;
    case KEY_DAYS:
        arguments->keep_days = days_parse(argument);
        if (arguments->keep_days < 0)
            argp_error(
                state, "--keep-days %s: a number of days from 0 to %d is wanted", argument,
                DAYS_MAX);
        break;
    case KEY_KEEP:
        arguments->kept[arguments->kept_count++] = argument;
        break;
    case KEY_SUBJECT:
        arguments->subject = argument;
        break;
    case KEY_RUN_FILES:
        arguments->run_files = true;
        break;
    case KEY_DRY_RUN:
        arguments->dry_run = true;
        break;
    case 'j':
        arguments->json = true;
        break;
    case ARGP_KEY_END:
        check(arguments, state);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* --- the uids of runs that are named --------------------------------------------------------- */

static int copy_uid(void *context, const struct vr_run_row *run)
{
    char **ret_uid = context;
    *ret_uid = strdup(run->uid);
    return *ret_uid ? 0 : -VR_ERR_NO_MEMORY;
}

/* In place: names become uids, which the caller frees. */
static int keep_resolve(
    struct vr_store *store, const struct prune_arguments *arguments, char **uids,
    struct vr_err *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < arguments->kept_count; i++) {
        int64_t run_id = 0;
        r = vr_store_run_find(store, arguments->kept[i], &run_id, err);
        if (r == 0)
            r = vr_store_run_get(store, run_id, copy_uid, &uids[i], err);
    }
    return r;
}

/* --- forgetting ------------------------------------------------------------------------------ */

struct pruning {
    const struct prune_arguments *arguments;
    char *folder; /* of run files, with a slash */
    size_t files;
    struct vr_json_writer writer;
    struct vr_err *err;
};

/* A run that was made elsewhere has no file here. */
static int run_file_remove(struct pruning *pruning, const char *uid)
{
    _cleanup_free_ char *path = NULL;
    if (strchr(uid, '/') || uid[0] == '.')
        return 0; /* of a stranger's file: no name that we give */
    if (asprintf(&path, "%s%s.db", pruning->folder, uid) < 0)
        return vr_err_set(pruning->err, VR_ERR_NO_MEMORY, "out of memory");
    int r = vr_store_remove(path, pruning->err);
    if (r == -VR_ERR_NOT_FOUND)
        return 0;
    if (r == 0)
        pruning->files++;
    return r;
}

static int run_forgotten(void *context, const char *uid)
{
    struct pruning *pruning = context;
    if (pruning->arguments->json) {
        vr_json_write_string(&pruning->writer, NULL, uid);
    } else {
        vr_plain_put(uid, stdout);
        putchar('\n');
    }
    return pruning->arguments->run_files && !pruning->arguments->dry_run
               ? run_file_remove(pruning, uid)
               : 0;
}

static int prune_store(
    struct pruning *pruning, struct vr_store *store, char **uids, struct vr_err *err)
{
    size_t count = 0;
    const struct prune_arguments *arguments = pruning->arguments;
    struct vr_prune how = {
        .utc_ns = vr_clock_utc_ns() - arguments->keep_days * DAY_NS,
        .kept = (const char *const *)uids,
        .kept_count = arguments->kept_count,
        .is_rehearsal = arguments->dry_run,
        .fn = run_forgotten,
        .context = pruning,
    };
    if (arguments->json) {
        vr_answer_begin(&pruning->writer);
        vr_json_write_bool(&pruning->writer, "dry_run", arguments->dry_run);
        vr_json_write_array(&pruning->writer, "runs");
    }
    int r = vr_store_prune(store, &how, &count, err);
    if (!arguments->json) {
        if (r == 0)
            printf(
                "%zu runs %s, %zu run files removed\n", count,
                arguments->dry_run ? "would be forgotten" : "forgotten", pruning->files);
        return r;
    }
    vr_json_write_end(&pruning->writer);
    vr_json_write_uint(&pruning->writer, "run_files_removed", pruning->files);
    int written = vr_answer_end(&pruning->writer, r == 0 ? err : NULL);
    return r == 0 ? written : r;
}

/* "/var/lib/vitalrig/runs/" of "/var/lib/vitalrig/vitalrig.db"; NULL = out of memory. */
static char *runs_folder(const char *catalogue)
{
    char *folder = NULL;
    const char *slash = strrchr(catalogue, '/');
    int length = slash ? (int)(slash - catalogue + 1) : 0;
    return asprintf(&folder, "%.*sruns/", length, catalogue) < 0 ? NULL : folder;
}

static int prune(const struct prune_arguments *arguments, char **uids, struct vr_err *err)
{
    _cleanup_free_ char *path = NULL, *folder = NULL;
    _cleanup_(vr_store_closep) struct vr_store *store = NULL;
    int r = vr_source_path(&arguments->source, &path, err);
    if (r == 0)
        r = vr_store_open_keeping(path, &store, err);
    if (r == 0)
        r = keep_resolve(store, arguments, uids, err);
    if (r < 0)
        return r;
    folder = runs_folder(path);
    if (!folder)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "out of memory");
    if (arguments->subject) {
        const struct vr_subject_choice choice = {
            .id = arguments->subject,
            .runs_folder = arguments->run_files ? folder : NULL,
            .dry_run = arguments->dry_run,
            .json = arguments->json,
        };
        return vr_db_forget_subject(store, &choice, err);
    }
    struct pruning pruning = {.arguments = arguments, .folder = folder, .err = err};
    return prune_store(&pruning, store, uids, err);
}

int vr_db_prune_main(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse,
        NULL,
        "Forget old runs, or a subject, and give the space back.  Of old runs, one that has not "
        "ended "
        "stays, and a golden run that another one which stays was compared with.  A daemon does "
        "this "
        "by itself; while it runs it is the only one that may.  With --subject, runs of this "
        "subject "
        "alone go, and others lose its trials, and every number that rests on them.",
        NULL,
        NULL,
        NULL};
    struct vr_err err = {0};
    _cleanup_free_ const char **kept = calloc((size_t)argc, sizeof *kept);
    _cleanup_free_ char **uids = calloc((size_t)argc, sizeof *uids);
    if (!kept || !uids) {
        vr_err_set(&err, VR_ERR_NO_MEMORY, "out of memory");
        return vr_say_err(&err);
    }
    struct prune_arguments arguments = {.keep_days = -1, .kept = kept};
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    int r = prune(&arguments, uids, &err);
    for (int i = 0; i < argc; i++)
        free(uids[i]);
    return r < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}
