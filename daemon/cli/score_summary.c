/* vitalrig score summary: gross and average of results line by line. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/answer.h"
#include "cli/say.h"
#include "cli/verb.h"
#include "dataset/folder.h"
#include "score/summary.h"

#define SIZE_MAX_BYTES ((size_t)1 << 26) /* 500 000 records */

struct summary_arguments {
    const char *path;
    enum vr_compat compat;
    bool is_json;
};

enum { KEY_COMPAT = 0x100 };

static const struct argp_option options[] = {
    {"compat", KEY_COMPAT, "PROGRAMS", 0, "wfdb: sum up as sumstats does, quirks included", 0},
    {"json", 'j', NULL, 0, "JSON instead of text", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct summary_arguments *arguments = state->input;
    switch (key) {
    case KEY_COMPAT:
        if (strcmp(argument, "wfdb") != 0)
            argp_error(state, "--compat: \"%s\" is not known; there is wfdb", argument);
        arguments->compat = VR_COMPAT_WFDB;
        break;
    case 'j':
        arguments->is_json = true;
        break;
    case ARGP_KEY_ARG:
        if (arguments->path)
            argp_error(state, "\"%s\": one file at a time", argument);
        arguments->path = argument;
        break;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which file?");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static void write_measures(
    struct vr_json_writer *writer, const char *key, const struct vr_summary *summary,
    const double *measures)
{
    const char *const *names = vr_summary_measure_names(summary->kind);
    vr_json_write_object(writer, key);
    for (size_t i = 0; names[i]; i++)
        vr_json_write_double(writer, names[i], measures[i]);
    vr_json_write_end(writer);
}

static int print_json(
    const struct summary_arguments *arguments, const struct vr_summary *summary, struct vr_err *err)
{
    static const char *const words[VR_SUMMARY_KINDS] = {
        [VR_SUMMARY_BEATS] = "beats",       [VR_SUMMARY_BEATS_4] = "beats",
        [VR_SUMMARY_SHUTDOWN] = "shutdown", [VR_SUMMARY_SHUTDOWN_4] = "shutdown",
        [VR_SUMMARY_RUNS] = "runs",         [VR_SUMMARY_EPISODES] = "episodes",
        [VR_SUMMARY_NUMBERS] = "measures",
    };
    struct vr_json_writer writer;
    const char *const *names = vr_summary_count_names(summary->kind);
    vr_answer_begin(&writer);
    vr_json_write_string(&writer, "kind", words[summary->kind]);
    vr_json_write_string(&writer, "compat", arguments->compat == VR_COMPAT_WFDB ? "wfdb" : NULL);
    vr_json_write_uint(&writer, "record_count", summary->record_count);
    vr_json_write_object(&writer, "sums");
    for (size_t i = 0; names[i]; i++)
        vr_json_write_int(&writer, names[i], summary->counts[i]);
    vr_json_write_end(&writer);
    write_measures(&writer, "gross", summary, summary->gross);
    write_measures(&writer, "average", summary, summary->average);
    return vr_answer_end(&writer, err);
}

static int score_summary(const struct summary_arguments *arguments, struct vr_err *err)
{
    _cleanup_free_ uint8_t *text = NULL;
    size_t size;
    struct vr_summary summary;
    int r = vr_folder_load_path(arguments->path, SIZE_MAX_BYTES, &text, &size, err);
    if (r == 0)
        r = vr_summary_read(
            (const char *)text, size, arguments->path, arguments->compat, &summary, err);
    if (r < 0)
        return r;
    if (arguments->is_json)
        return print_json(arguments, &summary, err);
    fwrite(text, 1, size, stdout);
    vr_summary_print(stdout, &summary);
    return 0;
}

static int summary_main(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse,
        "FILE",
        "Print the lines of a file of results, and below them gross and average values.\v"
        "FILE has one line for each record, as `vitalrig score KIND --format line` prints them, or "
        "bxb, rxr, epicmp and mxm with -l or -L.",
        NULL,
        NULL,
        NULL};
    struct summary_arguments arguments = {0};
    struct vr_err err = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    return score_summary(&arguments, &err) < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}

const struct vr_verb vr_verb_score_summary = {
    .name = "summary",
    .summary = "gross and average of a file of such results",
    .run = summary_main,
};
