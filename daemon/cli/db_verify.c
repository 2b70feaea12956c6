/* vitalrig db verify: are backups and run files true to themselves, and do they say what the catalogue says? */
#include <argp.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "cli/answer.h"
#include "cli/db_verbs.h"
#include "cli/say.h"
#include "cli/source.h"
#include "report/plain.h"
#include "store/care.h"

struct verify_arguments {
    struct vr_source source;
    char **files;
    int file_count;
    bool json;
};

enum { KEY_DB = 0x100 };

static const struct argp_option options[] = {
    {"db", KEY_DB, "FILE", 0, "The catalogue (default: $XDG_STATE_HOME/vitalrig/vitalrig.db)", 0},
    {"json", 'j', NULL, 0, "One JSON object", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct verify_arguments *arguments = state->input;
    switch (key) {
    case KEY_DB:
        arguments->source.db = argument;
        break;
    case 'j':
        arguments->json = true;
        break;
    case ARGP_KEY_ARGS:
        arguments->files = state->argv + state->next;
        arguments->file_count = state->argc - state->next;
        break;
    case ARGP_KEY_END:
        if (arguments->file_count == 0)
            argp_error(state, "which file?");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

struct verification {
    struct vr_store *catalogue;
    struct vr_json_writer *writer; /* NULL = lines */
    const char *file;
    size_t bad; /* files */
};

static int put_finding(void *context, const char *finding)
{
    struct verification *verification = context;
    if (verification->writer) {
        vr_json_write_string(verification->writer, NULL, finding);
        return 0;
    }
    vr_plain_put(verification->file, stdout);
    fputs(": ", stdout);
    vr_plain_put(finding, stdout);
    putchar('\n');
    return 0;
}

/* A file that is not true to itself is compared with nothing.  One that cannot be read is a finding, not the end: the others are looked at. */
static size_t look(struct verification *verification, struct vr_err *err)
{
    _cleanup_(vr_store_closep) struct vr_store *store = NULL;
    size_t untrue = 0, unlike = 0;
    int r = vr_store_open(verification->file, VR_STORE_READ, &store, err);
    if (r == 0)
        r = vr_store_check(store, put_finding, verification, &untrue, err);
    if (r == 0 && untrue == 0)
        r = vr_store_compare(
            store, verification->catalogue, put_finding, verification, &unlike, err);
    if (r < 0)
        put_finding(verification, err->text);
    return untrue + unlike + (r < 0);
}

static void verify_one(struct verification *verification)
{
    struct vr_err err = {0};
    if (verification->writer) {
        vr_json_write_object(verification->writer, NULL);
        vr_json_write_string(verification->writer, "file", verification->file);
        vr_json_write_array(verification->writer, "findings");
    }
    size_t findings = look(verification, &err);
    verification->bad += findings > 0;
    if (verification->writer) {
        vr_json_write_end(verification->writer);
        vr_json_write_end(verification->writer);
    } else if (findings == 0) {
        vr_plain_put(verification->file, stdout);
        puts(": ok");
    }
}

static int verify(const struct verify_arguments *arguments, struct vr_err *err)
{
    _cleanup_(vr_store_closep) struct vr_store *catalogue = NULL;
    struct vr_json_writer writer;
    int r = vr_source_open(&arguments->source, VR_STORE_READ, &catalogue, err);
    if (r < 0)
        return r;
    struct verification verification = {
        .catalogue = catalogue, .writer = arguments->json ? &writer : NULL};
    if (arguments->json) {
        vr_answer_begin(&writer);
        vr_json_write_array(&writer, "files");
    }
    for (int i = 0; i < arguments->file_count; i++) {
        verification.file = arguments->files[i];
        verify_one(&verification);
    }
    if (arguments->json) {
        vr_json_write_end(&writer);
        r = vr_answer_end(&writer, err);
    }
    if (r == 0 && verification.bad > 0)
        r = vr_err_set(
            err, VR_ERR_STORE,
            "%zu of %d files are damaged, or do not say what the catalogue says; if they are "
            "whole, "
            "`vitalrig db merge` brings in what it lacks",
            verification.bad, arguments->file_count);
    return r;
}

int vr_db_verify_main(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse,
        "FILE...",
        "Look through backups and run files as `db check` does, and compare their runs with the "
        "catalogue: verdicts, trials, outcomes, digests of outputs and truth.  What differs is "
        "listed, exit 3.",
        NULL,
        NULL,
        NULL};
    struct verify_arguments arguments = {0};
    struct vr_err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    return verify(&arguments, &err) < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}
