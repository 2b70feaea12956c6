/* vitalrig dataset import: recordings of any kind as WFDB records. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/answer.h"
#include "cli/places.h"
#include "cli/say.h"
#include "cli/site.h"
#include "cli/verb.h"
#include "dataset/import.h"
#include "dataset/subjects.h"
#include "report/plain.h"

struct import_arguments {
    const char *path, *kind, *map, *to, *as, *subject;
    const char **records, **annotators, **kept; /* room for every argument */
    size_t record_count, annotator_count, kept_count;
    size_t kept_size; /* room */
    int format;
    bool json;
};

enum { KEY_TO = 0x100, KEY_MAP, KEY_AS, KEY_KEEP, KEY_SUBJECT, KEY_FORMAT };

static const struct argp_option options[] = {
    {"to", KEY_TO, "FOLDER", 0, "The records go here", 0},
    {"kind", 'k', "KIND", 0, "Format of the recordings (default: auto)", 0},
    {"map", KEY_MAP, "FILE", 0, "The mapping of delimited text, in the folder of its files", 0},
    {"as", KEY_AS, "NAME", 0, "Name of the record there, when it is one", 0},
    {"annotator", 'a', "NAME", 0,
     "Only these annotations; may be given often (default: all that are found)", 0},
    {"keep-comments", KEY_KEEP, "KEY,...", 0,
     "Keep what the recording says under these keys; nothing else that it says goes on", 0},
    {"subject", KEY_SUBJECT, "ID", 0,
     "Whom the recordings are of; written as a pseudonym (default: subjects.csv beside them)", 0},
    {"format", KEY_FORMAT, "N", 0,
     "Signal format (default: the smallest of 16, 24, 32 that will do)", 0},
    {"json", 'j', NULL, 0, "One JSON object", 0},
    {0},
};

static int format_parse(struct argp_state *state, const char *text)
{
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno || end == text || *end || number < 1 || number > 999)
        argp_error(state, "--format %s: the number of a WFDB signal format is wanted", text);
    return (int)number;
}

/* Keys in place, between their commas. */
static void kept_parse(struct import_arguments *arguments, char *text, struct argp_state *state)
{
    for (char *key = strtok(text, ","); key; key = strtok(NULL, ",")) {
        if (arguments->kept_count == arguments->kept_size)
            argp_error(state, "--keep-comments: more than %zu keys", arguments->kept_size);
        arguments->kept[arguments->kept_count++] = key;
    }
}

static void check(struct import_arguments *arguments, struct argp_state *state)
{
    if (!arguments->path && arguments->map)
        arguments->path = arguments->map;
    if (!arguments->path)
        argp_error(state, "which recordings?  Give a folder, or --map");
    if (!arguments->to)
        argp_error(state, "--to is missing: which folder do the records go to?");
    if (arguments->as && arguments->record_count != 1)
        argp_error(state, "--as names one record: name the one that it is of");
    if (arguments->subject && !arguments->subject[0])
        argp_error(state, "--subject: an empty id is none");
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct import_arguments *arguments = state->input;
    switch (key) {
    case KEY_TO:
        arguments->to = argument;
        break;
    case 'k':
        arguments->kind = argument;
        break;
    case KEY_MAP:
        arguments->map = argument;
        break;
    case KEY_AS:
        arguments->as = argument;
        break;
    case 'a':
        arguments->annotators[arguments->annotator_count++] = argument;
        break;
    case KEY_KEEP:
        kept_parse(arguments, argument, state);
        break;
    case KEY_SUBJECT:
        arguments->subject = argument;
        break;
    case KEY_FORMAT:
        arguments->format = format_parse(state, argument);
        break;
    case 'j':
        arguments->json = true;
        break;
    case ARGP_KEY_ARG:
        if (!arguments->path)
            arguments->path = argument;
        else
            arguments->records[arguments->record_count++] = argument;
        break;
    case ARGP_KEY_END:
        check(arguments, state);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* With --map, SOURCE is the folder of the mapping, if it is given at all. */
static int map_take(struct import_arguments *arguments, struct vr_err *err)
{
    const char *slash = arguments->map ? strrchr(arguments->map, '/') : NULL;
    if (!arguments->map || arguments->path == arguments->map)
        return 0;
    size_t size = slash ? (size_t)(slash - arguments->map) : 0;
    size_t given = strlen(arguments->path);
    while (given > 1 && arguments->path[given - 1] == '/')
        given--;
    bool is_there = slash ? given == size && strncmp(arguments->path, arguments->map, size) == 0
                          : strcmp(arguments->path, ".") == 0;
    if (!is_there)
        return vr_err_set(
            err, VR_ERR_USAGE,
            "--map %s: a mapping lies in the folder of its files, and %s is another one; put it "
            "there",
            arguments->map, arguments->path);
    arguments->path = arguments->map;
    return 0;
}

/* --- whom they are of ------------------------------------------------------------------------------ */

struct whose {
    struct vr_site site;
    struct vr_subjects *subjects; /* of the source; NULL = it has no table */
    char pseudonym[VR_PSEUDONYM_SIZE];
};

/* *ret_subject is NULL when it is not known. */
static int subject_of(
    struct whose *whose, const struct import_arguments *arguments, const char *record,
    const char **ret_subject, struct vr_err *err)
{
    const struct vr_subject *row =
        whose->subjects ? vr_subjects_find(whose->subjects, record) : NULL;
    const char *id = arguments->subject ? arguments->subject : row ? row->name : NULL;
    *ret_subject = NULL;
    if (!id)
        return 0;
    int r = vr_site_pseudonym(&whose->site, id, whose->pseudonym, err);
    if (r == 0)
        *ret_subject = whose->pseudonym;
    return r;
}

/* --- telling --------------------------------------------------------------------------------------- */

static void put_imported(const struct vr_imported *imported)
{
    vr_plain_put(imported->name, stdout);
    printf(
        ": %zu signal%s, %zu annotator%s", imported->signal_count,
        imported->signal_count == 1 ? "" : "s", imported->annotators.count,
        imported->annotators.count == 1 ? "" : "s");
    for (size_t i = 0; i < imported->annotators.count; i++) {
        fputs(i == 0 ? " (" : ", ", stdout);
        vr_plain_put(imported->annotators.items[i], stdout);
    }
    printf(
        "%s, %zu of %zu comments kept, from %zu file%s\n", imported->annotators.count ? ")" : "",
        imported->comments_kept, imported->comments_kept + imported->comments_dropped,
        imported->inputs.count, imported->inputs.count == 1 ? "" : "s");
    for (size_t i = 0; i < imported->warning_count; i++)
        vr_say("record %s: %s", imported->name, imported->warnings[i]);
}

static void write_imported(
    struct vr_json_writer *writer, const char *source, const struct vr_imported *imported,
    const char *subject)
{
    vr_json_write_string(writer, "record", imported->name);
    vr_json_write_string(writer, "source", source);
    vr_json_write_string(writer, "subject", subject);
    vr_json_write_uint(writer, "signals", imported->signal_count);
    vr_json_write_array(writer, "annotators");
    for (size_t i = 0; i < imported->annotators.count; i++)
        vr_json_write_string(writer, NULL, imported->annotators.items[i]);
    vr_json_write_end(writer);
    vr_json_write_array(writer, "inputs");
    for (size_t i = 0; i < imported->inputs.count; i++) {
        vr_json_write_object(writer, NULL);
        vr_json_write_string(writer, "name", imported->inputs.items[i].name);
        vr_json_write_string(writer, "sha256", imported->inputs.items[i].sha256);
        vr_json_write_end(writer);
    }
    vr_json_write_end(writer);
    vr_json_write_uint(writer, "comments_kept", imported->comments_kept);
    vr_json_write_uint(writer, "comments_dropped", imported->comments_dropped);
    vr_json_write_array(writer, "warnings");
    for (size_t i = 0; i < imported->warning_count; i++)
        vr_json_write_string(writer, NULL, imported->warnings[i]);
    vr_json_write_end(writer);
}

/* --- importing ------------------------------------------------------------------------------------- */

static int import_one(
    const struct import_arguments *arguments, struct whose *whose, const char *record,
    struct vr_json_writer *writer, struct vr_err *err)
{
    struct vr_imported imported;
    const char *subject;
    int r = subject_of(whose, arguments, record, &subject, err);
    if (r < 0)
        return r;
    const struct vr_import import = {
        .kind = arguments->kind,
        .path = arguments->path,
        .record = record,
        .folder = arguments->to,
        .name = arguments->as,
        .format = arguments->format,
        .annotators = arguments->annotators,
        .annotator_count = arguments->annotator_count,
        .kept = arguments->kept,
        .kept_count = arguments->kept_count,
        .subject = subject,
    };
    r = vr_import_record(&import, &imported, err);
    if (r < 0)
        return r;
    if (writer)
        write_imported(writer, record, &imported, subject);
    else
        put_imported(&imported);
    vr_imported_finish(&imported);
    return 0;
}

/* A record that cannot be imported is told of and does not keep the others away.  The first one's exit code. */
static int import_records(
    const struct import_arguments *arguments, struct whose *whose, const char *const *records,
    size_t count, struct vr_json_writer *writer)
{
    int exit_code = EXIT_SUCCESS;
    for (size_t i = 0; i < count; i++) {
        struct vr_err err = {0};
        if (writer)
            vr_json_write_object(writer, NULL);
        int r = import_one(arguments, whose, records[i], writer, &err);
        if (r < 0 && writer) {
            vr_json_write_string(writer, "source", records[i]);
            vr_json_write_string(writer, "error", err.text);
        }
        if (writer)
            vr_json_write_end(writer);
        if (r < 0 && exit_code == EXIT_SUCCESS)
            exit_code = vr_err_exit(r);
        if (r < 0 && !writer)
            vr_say_err(&err);
    }
    return exit_code;
}

/* All records of the source, when none is named; the caller ends *ret_names. */
static int records_choose(
    struct import_arguments *arguments, struct vr_names *ret_names, struct vr_err *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < arguments->record_count; i++)
        r = vr_names_add(ret_names, arguments->records[i], err);
    if (r == 0 && arguments->record_count == 0)
        r = vr_dataset_list(arguments->kind, arguments->path, ret_names, err);
    if (r == 0 && ret_names->count == 0)
        r = vr_err_set(err, VR_ERR_EMPTY, "%s: holds no records", arguments->path);
    return r;
}

static int target_prepare(const char *folder, struct vr_err *err)
{
    _cleanup_free_ char *inside = NULL;
    if (asprintf(&inside, "%s/", folder) < 0) {
        inside = NULL;
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a path");
    }
    return vr_places_prepare(inside, err);
}

static int import_all(struct import_arguments *arguments, int *ret_exit, struct vr_err *err)
{
    _cleanup_(vr_names_finish) struct vr_names names = {0};
    struct whose whose = {0};
    struct vr_json_writer writer;
    int r = map_take(arguments, err);
    if (r == 0)
        r = records_choose(arguments, &names, err);
    if (r == 0)
        r = vr_subjects_load(arguments->path, &whose.subjects, err);
    if (r == -VR_ERR_NOT_FOUND)
        r = 0;
    if (r == 0)
        r = target_prepare(arguments->to, err);
    _cleanup_free_ const char **records = calloc(names.count + 1, sizeof *records);
    if (r == 0 && !records)
        r = vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu records", names.count);
    for (size_t i = 0; r == 0 && i < names.count; i++)
        records[i] = names.items[i];
    if (r == 0 && arguments->json) {
        vr_answer_begin(&writer);
        vr_json_write_string(&writer, "folder", arguments->to);
        vr_json_write_array(&writer, "records");
    }
    if (r == 0)
        *ret_exit = import_records(
            arguments, &whose, records, names.count, arguments->json ? &writer : NULL);
    vr_subjects_destroy(whose.subjects);
    if (r == 0 && arguments->json) {
        vr_json_write_end(&writer);
        r = vr_answer_end(&writer, err);
    }
    return r;
}

static int import_main(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse,
        "SOURCE [RECORD...]",
        "Write recordings of any kind as WFDB records, with their annotations, at their native "
        "rates.\v"
        "NAME.provenance.json tells what each was made from.  Comments and names of patients stay "
        "behind, and subjects become pseudonyms.  A record that is there already is not replaced.",
        NULL,
        NULL,
        NULL};
    struct vr_err err = {0};
    size_t size = 0;
    for (int i = 0; i < argc; i++)
        size += strlen(argv[i]) + 1; /* no more keys than bytes */
    _cleanup_free_ const char **records = calloc((size_t)argc, sizeof *records);
    _cleanup_free_ const char **annotators = calloc((size_t)argc, sizeof *annotators);
    _cleanup_free_ const char **kept = calloc(size, sizeof *kept);
    if (!records || !annotators || !kept) {
        vr_err_set(&err, VR_ERR_NO_MEMORY, "out of memory");
        return vr_say_err(&err);
    }
    struct import_arguments arguments = {
        .kind = "auto",
        .records = records,
        .annotators = annotators,
        .kept = kept,
        .kept_size = size,
    };
    int exit_code = EXIT_SUCCESS;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    int r = import_all(&arguments, &exit_code, &err);
    return r < 0 ? vr_say_err(&err) : exit_code;
}

const struct vr_verb vr_verb_dataset_import = {
    .name = "import",
    .summary = "recordings of any kind as WFDB records",
    .run = import_main,
};
