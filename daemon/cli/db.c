/* vitalrig db: care of stores, which are run files and the catalogue alike. */
#include <argp.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/answer.h"
#include "cli/db_verbs.h"
#include "cli/places.h"
#include "cli/say.h"
#include "cli/source.h"
#include "cli/verb.h"
#include "report/plain.h"

struct db_arguments {
    char **files;
    int file_count, file_min, file_max;
    bool json;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct db_arguments *arguments = state->input;
    (void)argument;
    switch (key) {
    case 'j':
        arguments->json = true;
        break;
    case ARGP_KEY_ARGS:
        arguments->files = state->argv + state->next;
        arguments->file_count = state->argc - state->next;
        break;
    case ARGP_KEY_END:
        if (arguments->file_count < arguments->file_min)
            argp_error(state, "which file?");
        if (arguments->file_count > arguments->file_max)
            argp_error(
                state, "\"%s\" is one argument too many", arguments->files[arguments->file_max]);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp_option json_options[] = {
    {"json", 'j', NULL, 0, "One JSON object", 0},
    {0},
};

static int init_main(int argc, char **argv)
{
    static const struct argp argp = {
        NULL, parse, "FILE", "Make a new, empty catalogue; an existing file is refused.",
        NULL, NULL,  NULL};
    struct db_arguments arguments = {.file_min = 1, .file_max = 1};
    struct vr_err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    _cleanup_(vr_store_closep) struct vr_store *store = NULL;
    int r = vr_places_prepare(arguments.files[0], &err);
    if (r == 0)
        r = vr_store_open(arguments.files[0], VR_STORE_CREATE, &store, &err);
    if (r < 0)
        return vr_say_err(&err);
    vr_plain_put(arguments.files[0], stdout);
    printf(": schema %d\n", vr_store_schema_version(store));
    return EXIT_SUCCESS;
}

static int put_finding(void *context, const char *finding)
{
    struct vr_json_writer *writer = context;
    if (writer) {
        vr_json_write_string(writer, NULL, finding);
    } else {
        vr_plain_put(finding, stdout);
        putchar('\n');
    }
    return 0;
}

static int check(const struct db_arguments *arguments, struct vr_err *err)
{
    const char *file = arguments->files[0];
    _cleanup_(vr_store_closep) struct vr_store *store = NULL;
    struct vr_json_writer writer;
    size_t findings;

    int r = vr_store_open(file, VR_STORE_READ, &store, err);
    if (r < 0)
        return r;
    if (arguments->json) {
        vr_answer_begin(&writer);
        vr_json_write_string(&writer, "file", file);
        vr_json_write_int(&writer, "schema", vr_store_schema_version(store));
        vr_json_write_array(&writer, "findings");
    }
    r = vr_store_check(store, put_finding, arguments->json ? &writer : NULL, &findings, err);
    if (arguments->json) {
        vr_json_write_end(&writer);
        int written = vr_answer_end(&writer, r == 0 ? err : NULL);
        r = r == 0 ? written : r;
    }
    if (r < 0)
        return r;
    if (findings > 0)
        return vr_err_set(
            err, VR_ERR_STORE,
            "%s: %zu findings: do not use it; a catalogue can be made again from its run files "
            "with `vitalrig db merge`",
            file, findings);
    if (!arguments->json) {
        vr_plain_put(file, stdout);
        printf(": ok, schema %d\n", vr_store_schema_version(store));
    }
    return 0;
}

static int check_main(int argc, char **argv)
{
    static const struct argp argp = {
        json_options,
        parse,
        "FILE",
        "Is a store whole?  Pages, references, and that every column is described.  Findings are "
        "listed, exit 3.",
        NULL,
        NULL,
        NULL};
    struct db_arguments arguments = {.file_min = 1, .file_max = 1};
    struct vr_err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    return check(&arguments, &err) < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}

static int merge(const struct db_arguments *arguments, struct vr_err *err)
{
    _cleanup_(vr_store_closep) struct vr_store *catalogue = NULL;
    int r = vr_catalogue_open(arguments->files[0], &catalogue, err);
    for (int i = 1; i < arguments->file_count && r == 0; i++) {
        size_t added, known;
        r = vr_store_merge(catalogue, arguments->files[i], &added, &known, err);
        if (r < 0)
            break;
        vr_plain_put(arguments->files[i], stdout);
        printf(": %zu runs added, %zu known\n", added, known);
    }
    return r;
}

static int merge_main(int argc, char **argv)
{
    static const struct argp argp = {
        NULL,
        parse,
        "CATALOGUE FILE...",
        "Copy the runs of run files, or of other catalogues, into a catalogue, which is made when "
        "it is missing.  Runs that it holds already stay one; doing it twice changes nothing.",
        NULL,
        NULL,
        NULL};
    struct db_arguments arguments = {.file_min = 2, .file_max = INT_MAX};
    struct vr_err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    return merge(&arguments, &err) < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}

struct description {
    struct vr_json_writer *writer; /* NULL = lines */
    char table[128];               /* the one whose columns come */
};

static int put_column(
    void *context, const char *table, const char *column, const char *unit, const char *text)
{
    struct description *description = context;
    if (description->writer) {
        vr_json_write_object(description->writer, NULL);
        vr_json_write_string(description->writer, "table", table);
        vr_json_write_string(description->writer, "column", column);
        vr_json_write_string(description->writer, "unit", unit);
        vr_json_write_string(description->writer, "text", text);
        vr_json_write_end(description->writer);
        return 0;
    }
    if (strcmp(description->table, table) != 0) {
        printf("%s", description->table[0] != '\0' ? "\n" : "");
        vr_plain_put(table, stdout);
        fputs(": ", stdout);
        snprintf(description->table, sizeof description->table, "%s", table);
    }
    if (column && column[0] != '\0') { /* else the text is the table's own */
        fputs("  ", stdout);
        vr_plain_put_padded(column, 22, stdout);
        putchar(' ');
        vr_plain_put_padded(unit, 12, stdout);
        putchar(' ');
    }
    vr_plain_put(text, stdout);
    putchar('\n');
    return 0;
}

static int describe(const struct db_arguments *arguments, struct vr_err *err)
{
    _cleanup_(vr_store_closep) struct vr_store *store = NULL;
    struct vr_json_writer writer;
    struct description description = {.writer = arguments->json ? &writer : NULL};

    int r = arguments->file_count > 0
                ? vr_store_open(arguments->files[0], VR_STORE_READ, &store, err)
                : vr_store_open(":memory:", VR_STORE_CREATE, &store, err);
    if (r < 0)
        return r;
    if (arguments->json) {
        vr_answer_begin(&writer);
        vr_json_write_int(&writer, "schema", vr_store_schema_version(store));
        vr_json_write_array(&writer, "columns");
    }
    r = vr_store_describe(store, put_column, &description, err);
    if (arguments->json) {
        vr_json_write_end(&writer);
        int written = vr_answer_end(&writer, r == 0 ? err : NULL);
        r = r == 0 ? written : r;
    }
    return r;
}

static int describe_main(int argc, char **argv)
{
    static const struct argp argp = {
        json_options,
        parse,
        "[FILE]",
        "What every table and column of a store means, with its unit; without FILE, of the newest "
        "schema.",
        NULL,
        NULL,
        NULL};
    struct db_arguments arguments = {.file_max = 1};
    struct vr_err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    return describe(&arguments, &err) < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}

static int db_main(int argc, char **argv)
{
    static const struct vr_verb init = {"init", "make a new, empty catalogue", init_main};
    static const struct vr_verb check_verb = {"check", "is a store whole?", check_main};
    static const struct vr_verb merge_verb = {
        "merge", "copy runs from files into a catalogue", merge_main};
    static const struct vr_verb describe_verb = {
        "describe", "what every table and column means", describe_main};
    static const struct vr_verb migrate = {
        "migrate", "bring an older file to the newest schema", vr_db_migrate_main};
    static const struct vr_verb snapshot = {
        "snapshot", "copy the catalogue as it is at one moment", vr_db_snapshot_main};
    static const struct vr_verb prune = {"prune", "forget old runs", vr_db_prune_main};
    static const struct vr_verb verify = {
        "verify", "do backups and run files say what the catalogue says?", vr_db_verify_main};
    static const struct vr_verb *const items[] = {
        &init, &check_verb, &merge_verb, &describe_verb, &snapshot, &verify, &prune, &migrate};
    static const struct vr_verbs verbs = {
        .intro = "Care of stores: run files and the catalogue, which have one schema.\n",
        .items = items,
        .count = sizeof items / sizeof items[0],
    };
    return vr_verbs_run(&verbs, argc, argv);
}

const struct vr_verb vr_verb_db = {
    .name = "db",
    .summary = "make, check, merge, copy, prune and describe stores",
    .run = db_main,
};
