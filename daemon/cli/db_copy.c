/* vitalrig db snapshot and db migrate. */
#include <argp.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "cli/db_verbs.h"
#include "cli/say.h"
#include "cli/source.h"
#include "report/plain.h"
#include "store/care.h"

struct copy_arguments {
    const char *file, *db;
};

enum { KEY_DB = 0x100 };

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct copy_arguments *arguments = state->input;
    switch (key) {
    case KEY_DB:
        arguments->db = argument;
        break;
    case ARGP_KEY_ARG:
        if (arguments->file)
            argp_error(state, "\"%s\" is one argument too many", argument);
        arguments->file = argument;
        break;
    case ARGP_KEY_END:
        if (!arguments->file)
            argp_error(state, "which file?");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static void print_done(const char *file, struct vr_store *store)
{
    vr_plain_put(file, stdout);
    printf(": schema %d\n", vr_store_schema_version(store));
}

/* --- snapshot -------------------------------------------------------------------------------- */

static int snapshot(const struct copy_arguments *arguments, struct vr_err *err)
{
    _cleanup_(vr_store_closep) struct vr_store *store = NULL;
    struct vr_source source = {.db = arguments->db};
    int r = vr_source_open(&source, VR_STORE_READ, &store, err);
    if (r == 0)
        r = vr_store_snapshot(store, arguments->file, err);
    if (r == 0)
        print_done(arguments->file, store);
    return r;
}

int vr_db_snapshot_main(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"db", KEY_DB, "FILE", 0, "The catalogue (default: $XDG_STATE_HOME/vitalrig/vitalrig.db)",
         0},
        {0},
    };
    static const struct argp argp = {
        options,
        parse,
        "FILE",
        "Copy the catalogue as it is at one moment into FILE, in place of what is there, while it "
        "is "
        "written.  FILE stands for the last whole copy at any time.",
        NULL,
        NULL,
        NULL};
    struct copy_arguments arguments = {0};
    struct vr_err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    return snapshot(&arguments, &err) < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}

/* --- migrate --------------------------------------------------------------------------------- */

int vr_db_migrate_main(int argc, char **argv)
{
    static const struct argp argp = {
        NULL,
        parse,
        "FILE",
        "Bring a run file or a catalogue of an older VitalRig to the newest schema.  What it was "
        "is "
        "kept beside it as FILE.before-schema-N.",
        NULL,
        NULL,
        NULL};
    struct copy_arguments arguments = {0};
    struct vr_err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    _cleanup_(vr_store_closep) struct vr_store *store = NULL;
    if (vr_store_open_keeping(arguments.file, &store, &err) < 0)
        return vr_say_err(&err);
    print_done(arguments.file, store);
    return EXIT_SUCCESS;
}
