/* vitalrig dataset get: a published database, by its checksums. */
#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/amount.h"
#include "cli/answer.h"
#include "cli/database_get.h"
#include "cli/get_progress.h"
#include "cli/say.h"
#include "cli/stop.h"
#include "cli/verb.h"
#include "report/plain.h"
#include "scenario/expand.h"

#define STALL_S 30
#define STALL_S_MAX 3600
#define RETRIES 5
#define RETRIES_MAX 100
#define NAME_SIZE 128

struct get_arguments {
    const char *database; /* as it was given */
    const char *version, *to, *records, *base_url;
    double stall_s, retry_delay_s;
    int retries;
    bool list, dry_run, quiet, json;
};

enum {
    KEY_TO = 0x100,
    KEY_RECORDS,
    KEY_BASE_URL,
    KEY_VERSION,
    KEY_LIST,
    KEY_DRY_RUN,
    KEY_TIMEOUT,
    KEY_RETRIES,
    KEY_RETRY_DELAY,
};

static const struct argp_option options[] = {
    {"to", KEY_TO, "FOLDER", 0,
     "The database becomes a folder in this one (default: what ${VITALRIG_DATA} stands for in "
     "scenarios)",
     0},
    {"records", KEY_RECORDS, "PATTERN", 0,
     "Only the files of these records (1??, a*), and those that describe the whole", 0},
    {"version", KEY_VERSION, "V", 0, "This version (default: that of --list)", 0},
    {"base-url", KEY_BASE_URL, "URL", 0,
     "A mirror, http, https or file: URL/DATABASE/VERSION/" /* and the names */
     " (default: " VR_PHYSIONET_FILES ")",
     0},
    {"list", KEY_LIST, NULL, 0, "Tell of the databases that are known by name", 0},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "Only say how much is missing", 0},
    {"timeout", KEY_TIMEOUT, "TIME", 0,
     "Give a transfer up that brings next to nothing for so long (default: 30 s)", 0},
    {"retries", KEY_RETRIES, "N", 0, "Times that a lost file is tried again (default: 5)", 0},
    {"retry-delay", KEY_RETRY_DELAY, "TIME", 0,
     "Before the first of them; doubled for each (default: 1 s)", 0},
    {"quiet", 'q', NULL, 0, "No progress", 0},
    {"json", 'j', NULL, 0, "One JSON object", 0},
    {0},
};

static int retries_parse(struct argp_state *state, const char *text)
{
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno || end == text || *end || number < 0 || number > RETRIES_MAX)
        argp_error(state, "--retries %s: a number from 0 to %d is wanted", text, RETRIES_MAX);
    return (int)number;
}

static void check(const struct get_arguments *arguments, struct argp_state *state)
{
    if (!arguments->database && !arguments->list)
        argp_error(state, "which database?  --list tells which are known by name");
    if (arguments->stall_s < 1 || arguments->stall_s > STALL_S_MAX)
        argp_error(state, "--timeout: from 1 second to 1 hour");
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct get_arguments *arguments = state->input;
    switch (key) {
    case KEY_TO:
        arguments->to = argument;
        break;
    case KEY_RECORDS:
        arguments->records = argument;
        break;
    case KEY_BASE_URL:
        arguments->base_url = argument;
        break;
    case KEY_VERSION:
        arguments->version = argument;
        break;
    case KEY_LIST:
        arguments->list = true;
        break;
    case KEY_DRY_RUN:
        arguments->dry_run = true;
        break;
    case KEY_TIMEOUT:
        arguments->stall_s = vr_amount_seconds(state, "--timeout", argument);
        break;
    case KEY_RETRIES:
        arguments->retries = retries_parse(state, argument);
        break;
    case KEY_RETRY_DELAY:
        arguments->retry_delay_s = vr_amount_seconds(state, "--retry-delay", argument);
        break;
    case 'q':
        arguments->quiet = true;
        break;
    case 'j':
        arguments->json = true;
        break;
    case ARGP_KEY_ARG:
        if (arguments->database)
            argp_error(state, "\"%s\" is one argument too many", argument);
        arguments->database = argument;
        break;
    case ARGP_KEY_END:
        check(arguments, state);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* --- what is known ------------------------------------------------------------------------------- */

static void list_put(void)
{
    for (size_t i = 0; vr_catalog(i); i++) {
        const struct vr_database *database = vr_catalog(i);
        char size[24] = "size not known";
        if (database->size_mb)
            vr_get_progress_size(database->size_mb * 1e6, size);
        printf("%-15s %s  %s, %s\n", database->slug, database->version, database->title, size);
        printf("%22s %s, doi:%s\n", "", database->licence, database->doi);
        if (database->citation)
            printf("%22s %s\n", "", database->citation);
    }
    printf("All of them are cited with: %s\n", vr_physionet_citation);
}

static int list_write(struct vr_err *err)
{
    struct vr_json_writer writer;
    vr_answer_begin(&writer);
    vr_json_write_string(&writer, "base_url", VR_PHYSIONET_FILES);
    vr_json_write_string(&writer, "cite", vr_physionet_citation);
    vr_json_write_array(&writer, "databases");
    for (size_t i = 0; vr_catalog(i); i++) {
        const struct vr_database *database = vr_catalog(i);
        vr_json_write_object(&writer, NULL);
        vr_json_write_string(&writer, "database", database->slug);
        vr_json_write_string(&writer, "version", database->version);
        vr_json_write_string(&writer, "title", database->title);
        vr_json_write_string(&writer, "licence", database->licence);
        vr_json_write_string(&writer, "doi", database->doi);
        vr_json_write_string(&writer, "citation", database->citation);
        if (database->size_mb)
            vr_json_write_int(&writer, "size_mb", database->size_mb);
        else
            vr_json_write_null(&writer, "size_mb");
        vr_json_write_end(&writer);
    }
    vr_json_write_end(&writer);
    return vr_answer_end(&writer, err);
}

/* --- which --------------------------------------------------------------------------------------- */

/* A database that is named on the command line, with room for its names. */
struct named {
    struct vr_database database;
    char slug[NAME_SIZE], version[NAME_SIZE];
};

/* A part of an address and of a path: no word with which either could be left. */
static bool is_word(const char *text)
{
    if (!isalnum((unsigned char)text[0]) || strlen(text) >= NAME_SIZE)
        return false;
    for (const char *c = text; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
            return false;
    return true;
}

static int refuse(const char *text, struct vr_err *err)
{
    const char *nearest = vr_catalog_nearest(text);
    return vr_err_set(
        err, VR_ERR_USAGE,
        "no database is known by the name \"%.100s\"; %s%s%sgive NAME/VERSION as its page has "
        "them, "
        "or one of `vitalrig dataset get --list`",
        text, nearest ? "did you mean \"" : "", nearest ? nearest : "", nearest ? "\"? " : "");
}

/* What is known of another version than that of the catalogue: who made it, not under which licence. */
static int find(const struct get_arguments *arguments, struct named *ret_named, struct vr_err *err)
{
    const char *slash = strchr(arguments->database, '/');
    size_t size = slash ? (size_t)(slash - arguments->database) : strlen(arguments->database);
    if (size >= NAME_SIZE || (slash && strlen(slash + 1) >= NAME_SIZE))
        return refuse(arguments->database, err);
    snprintf(ret_named->slug, NAME_SIZE, "%.*s", (int)size, arguments->database);
    const struct vr_database *known = vr_catalog_find(ret_named->slug);
    const char *version = slash ? slash + 1 : arguments->version;
    if (slash && arguments->version && strcmp(slash + 1, arguments->version) != 0)
        return vr_err_set(
            err, VR_ERR_USAGE, "%s and --version %s name two versions", arguments->database,
            arguments->version);
    if (!version && known)
        version = known->version;
    if (!version || !is_word(ret_named->slug) || !is_word(version))
        return refuse(arguments->database, err);
    snprintf(ret_named->version, NAME_SIZE, "%s", version);
    ret_named->database = (struct vr_database){0};
    if (known)
        ret_named->database = *known;
    if (known && strcmp(known->version, version) != 0) {
        ret_named->database.licence = ret_named->database.doi = NULL;
        ret_named->database.size_mb = 0;
    }
    ret_named->database.slug = ret_named->slug;
    ret_named->database.version = ret_named->version;
    return 0;
}

/* --- getting it ------------------------------------------------------------------------------------ */

static void put_result(
    const struct vr_database_choice *choice, const struct vr_database_result *result)
{
    const struct vr_database *database = choice->database;
    char size[24];
    if (choice->dry_run) {
        printf(
            "%s %s: %zu of %zu files are to be fetched into ", database->slug, database->version,
            result->fetched, result->files);
        vr_plain_put(choice->folder, stdout);
        putchar('\n');
        return;
    }
    printf(
        "%s %s: %zu files verified, %zu of them fetched, %s, in ", database->slug,
        database->version, result->kept + result->fetched, result->fetched,
        vr_get_progress_size((double)result->received_bytes, size));
    vr_plain_put(choice->folder, stdout);
    printf(
        "\nlicence: %s\n",
        database->licence ? database->licence : "not known here; see LICENSE.txt among its files");
    printf("what to cite: dataset.json\n");
}

static int write_result(
    const struct vr_database_choice *choice, const struct vr_database_result *result,
    struct vr_err *err)
{
    struct vr_json_writer writer;
    vr_answer_begin(&writer);
    vr_json_write_string(&writer, "database", choice->database->slug);
    vr_json_write_string(&writer, "version", choice->database->version);
    vr_json_write_string(&writer, "folder", choice->folder);
    vr_json_write_bool(&writer, "dry_run", choice->dry_run);
    vr_json_write_string(&writer, "licence", choice->database->licence);
    vr_json_write_string(&writer, "sha256sums_sha256", result->sha256);
    vr_json_write_uint(&writer, "files", result->files);
    vr_json_write_uint(&writer, "unselected", result->unselected);
    vr_json_write_uint(&writer, "kept", result->kept);
    vr_json_write_uint(&writer, "fetched", result->fetched);
    vr_json_write_int(&writer, "received_bytes", result->received_bytes);
    return vr_answer_end(&writer, err);
}

/* "FOLDER/mitdb"; the caller frees it. */
static int folder_of(
    const struct get_arguments *arguments, const char *slug, char **ret_path, struct vr_err *err)
{
    char datasets[VR_EXPAND_SIZE_MAX];
    int r = arguments->to ? 0 : vr_expand_variables("${VITALRIG_DATA}", datasets, err);
    if (r < 0)
        return r;
    if (asprintf(ret_path, "%s/%s", arguments->to ? arguments->to : datasets, slug) < 0) {
        *ret_path = NULL;
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a path");
    }
    return 0;
}

static int get(const struct get_arguments *arguments, struct vr_err *err)
{
    struct named named;
    struct vr_database_result result;
    _cleanup_free_ char *folder = NULL, *base_url = strdup(arguments->base_url);
    if (!base_url)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for an address");
    while (strlen(base_url) > 0 && base_url[strlen(base_url) - 1] == '/')
        base_url[strlen(base_url) - 1] = '\0';
    int r = find(arguments, &named, err);
    if (r == 0)
        r = folder_of(arguments, named.slug, &folder, err);
    if (r < 0)
        return r;
    struct vr_database_choice choice = {
        .database = &named.database,
        .base_url = base_url,
        .folder = folder,
        .records = arguments->records,
        .stall_s = (long)ceil(arguments->stall_s),
        .retries = arguments->retries,
        .retry_delay_s = arguments->retry_delay_s,
        .dry_run = arguments->dry_run,
        .quiet = arguments->quiet,
        .stop = vr_stop_catch(),
    };
    r = vr_database_get(&choice, &result, err);
    if (r < 0)
        return r;
    if (arguments->json)
        return write_result(&choice, &result, err);
    put_result(&choice, &result);
    return 0;
}

static int get_main(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse,
        "DATABASE[/VERSION]",
        "Download a database of PhysioNet, and verify every file against its published checksum.\v"
        "What was begun is gone on with: the same command again fetches what is missing, and "
        "nothing else.  Licence and citation are written to dataset.json beside the data.",
        NULL,
        NULL,
        NULL};
    struct get_arguments arguments = {
        .base_url = VR_PHYSIONET_FILES, .stall_s = STALL_S, .retry_delay_s = 1, .retries = RETRIES};
    struct vr_err err = {0};
    int r = 0;

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (!arguments.list)
        r = get(&arguments, &err);
    else if (arguments.json)
        r = list_write(&err);
    else
        list_put();
    return vr_stop_exit(r < 0 ? vr_say_err(&err) : EXIT_SUCCESS);
}

const struct vr_verb vr_verb_dataset_get = {
    .name = "get",
    .summary = "download a published database",
    .run = get_main,
};
