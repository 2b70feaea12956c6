/* vitalrig dataset: look into recordings: which can be read, what is in them, their samples and their truth. */
#include <argp.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json_write.h"
#include "cli/answer.h"
#include "cli/say.h"
#include "cli/verb.h"
#include "dataset/dataset.h"
#include "report/number.h"
#include "report/plain.h"

#define LINE_SIGNALS_MAX 4 /* names on a record's line */

extern const struct vr_verb vr_verb_dataset_dump, vr_verb_dataset_get, vr_verb_dataset_import;

struct dataset_arguments {
    const char *path, *record, *kind;
    int path_min, record_max;
    bool json;
};

static const struct argp_option options[] = {
    {"kind", 'k', "KIND", 0, "Format of the recordings (default: auto)", 0},
    {"json", 'j', NULL, 0, "One JSON object", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct dataset_arguments *arguments = state->input;
    switch (key) {
    case 'k':
        arguments->kind = argument;
        break;
    case 'j':
        arguments->json = true;
        break;
    case ARGP_KEY_ARG:
        if (state->arg_num == 0)
            arguments->path = argument;
        else if (state->arg_num == 1 && arguments->record_max == 1)
            arguments->record = argument;
        else
            argp_error(state, "\"%s\" is one argument too many", argument);
        break;
    case ARGP_KEY_END:
        if (!arguments->path && arguments->path_min == 1)
            argp_error(state, "which folder of recordings?  \"builtin:smoke\" is always there");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* --- list --- */

static int list_kinds(bool json, struct vr_err *err)
{
    if (!json) {
        for (size_t i = 0; vr_dataset_driver(i); i++)
            printf("%-8s %s\n", vr_dataset_driver(i)->name, vr_dataset_driver(i)->summary);
        return 0;
    }
    struct vr_json_writer writer;
    vr_answer_begin(&writer);
    vr_json_write_array(&writer, "kinds");
    for (size_t i = 0; vr_dataset_driver(i); i++) {
        vr_json_write_object(&writer, NULL);
        vr_json_write_string(&writer, "kind", vr_dataset_driver(i)->name);
        vr_json_write_string(&writer, "summary", vr_dataset_driver(i)->summary);
        vr_json_write_end(&writer);
    }
    vr_json_write_end(&writer);
    return vr_answer_end(&writer, err);
}

static int list_records(const struct dataset_arguments *arguments, struct vr_err *err)
{
    _cleanup_(vr_names_finish) struct vr_names names = {0};
    int r = vr_dataset_list(arguments->kind, arguments->path, &names, err);
    if (r < 0)
        return r;
    if (names.count == 0)
        return vr_err_set(err, VR_ERR_EMPTY, "%s: holds no records", arguments->path);
    if (!arguments->json) {
        for (size_t i = 0; i < names.count; i++) {
            vr_plain_put(names.items[i], stdout);
            putchar('\n');
        }
        return 0;
    }
    struct vr_json_writer writer;
    vr_answer_begin(&writer);
    vr_json_write_string(&writer, "path", arguments->path);
    vr_json_write_array(&writer, "records");
    for (size_t i = 0; i < names.count; i++)
        vr_json_write_string(&writer, NULL, names.items[i]);
    vr_json_write_end(&writer);
    return vr_answer_end(&writer, err);
}

static int list_main(int argc, char **argv)
{
    static const struct argp argp = {
        options,  parse,
        "[PATH]", "The records at PATH; without PATH, the kinds of recordings that can be read.",
        NULL,     NULL,
        NULL};
    struct dataset_arguments arguments = {.kind = "auto"};
    struct vr_err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    int r = arguments.path ? list_records(&arguments, &err) : list_kinds(arguments.json, &err);
    return r < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}

/* --- info --- */

static double rate_hz(uint32_t num, uint32_t den)
{
    return (double)num / den;
}

static double duration_s(const struct vr_record *record)
{
    return (double)record->frame_count / rate_hz(record->rate_num, record->rate_den);
}

static void put_record(const struct vr_record *record)
{
    char number[VR_NUMBER_SIZE], gain[VR_NUMBER_SIZE];

    fputs("record   ", stdout);
    vr_plain_put(record->name, stdout);
    printf(
        "\nlength   %" PRId64 " frames at %s Hz, %.3f s\nsha256   %s\n", record->frame_count,
        vr_number_format(rate_hz(record->rate_num, record->rate_den), NAN, number),
        duration_s(record), record->sha256);
    if (record->warning[0] != '\0') {
        fputs("warning  ", stdout);
        vr_plain_put(record->warning, stdout);
        putchar('\n');
    }
    if (record->missing[0] != '\0') {
        printf("missing  only %" PRId64 " frames are there: ", record->available_frame_count);
        vr_plain_put(record->missing, stdout);
        putchar('\n');
    }
    for (size_t i = 0; i < record->signal_count; i++) {
        const struct vr_signal *signal = &record->signals[i];
        printf("signal   %zu ", i);
        vr_plain_put_padded(signal->name, 12, stdout);
        printf(
            " %" PRId64 " samples at %s Hz, ", signal->sample_count,
            vr_number_format(rate_hz(signal->rate_num, signal->rate_den), NAN, number));
        if (signal->gain == 0) {
            puts("uncalibrated");
            continue;
        }
        printf("%s LSB per ", vr_number_format(signal->gain, NAN, gain));
        vr_plain_put(signal->unit, stdout);
        if (signal->offset == 0) {
            printf(", zero at %" PRId32 "\n", signal->baseline);
            continue;
        }
        printf(
            ", %" PRId32 " is %s ", signal->baseline,
            vr_number_format(signal->offset, NAN, number));
        vr_plain_put(signal->unit, stdout);
        putchar('\n');
    }
}

static void write_rate(struct vr_json_writer *writer, uint32_t num, uint32_t den)
{
    vr_json_write_double(writer, "rate_hz", rate_hz(num, den));
    vr_json_write_int(writer, "rate_num", num);
    vr_json_write_int(writer, "rate_den", den);
}

static void write_record(struct vr_json_writer *writer, const struct vr_record *record)
{
    vr_json_write_string(writer, "record", record->name);
    write_rate(writer, record->rate_num, record->rate_den);
    vr_json_write_int(writer, "frame_count", record->frame_count);
    vr_json_write_string(writer, "sha256", record->sha256);
    vr_json_write_string(writer, "warning", record->warning);
    if (record->missing[0] != '\0') {
        vr_json_write_string(writer, "missing", record->missing);
        vr_json_write_int(writer, "available_frame_count", record->available_frame_count);
    }
    vr_json_write_array(writer, "signals");
    for (size_t i = 0; i < record->signal_count; i++) {
        const struct vr_signal *signal = &record->signals[i];
        vr_json_write_object(writer, NULL);
        vr_json_write_string(writer, "name", signal->name);
        vr_json_write_string(writer, "unit", signal->unit);
        write_rate(writer, signal->rate_num, signal->rate_den);
        vr_json_write_double(writer, "gain", signal->gain);
        vr_json_write_int(writer, "baseline", signal->baseline);
        vr_json_write_double(writer, "offset", signal->offset);
        vr_json_write_int(writer, "sample_count", signal->sample_count);
        vr_json_write_end(writer);
    }
    vr_json_write_end(writer);
}

static int info_record(const struct dataset_arguments *arguments, struct vr_err *err)
{
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
    int r = vr_dataset_open(arguments->kind, arguments->path, arguments->record, &dataset, err);
    if (r < 0)
        return r;
    if (!arguments->json) {
        put_record(vr_dataset_record(dataset));
        return 0;
    }
    struct vr_json_writer writer;
    vr_answer_begin(&writer);
    write_record(&writer, vr_dataset_record(dataset));
    return vr_answer_end(&writer, err);
}

static void put_record_line(const struct vr_record *record)
{
    char number[VR_NUMBER_SIZE];

    vr_plain_put_padded(record->name, 16, stdout);
    printf(
        " %10.3f s  %s Hz, %zu signal%s", duration_s(record),
        vr_number_format(rate_hz(record->rate_num, record->rate_den), NAN, number),
        record->signal_count, record->signal_count == 1 ? "" : "s");
    for (size_t i = 0; i < record->signal_count && i < LINE_SIGNALS_MAX; i++) {
        fputs(i == 0 ? ": " : ", ", stdout);
        vr_plain_put(record->signals[i].name, stdout);
    }
    if (record->signal_count > LINE_SIGNALS_MAX)
        fputs(", ...", stdout);
    if (record->missing[0] != '\0')
        fputs("  (a part is missing)", stdout);
    puts(record->warning[0] != '\0' ? "  (with a warning)" : "");
}

/* A record of many: one that cannot be read is told of and does not end the list.  Returns its exit code. */
static int info_item(
    const struct dataset_arguments *arguments, const char *name, struct vr_json_writer *writer)
{
    struct vr_err err = {0};
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
    int r = vr_dataset_open(arguments->kind, arguments->path, name, &dataset, &err);

    if (!writer) {
        if (r < 0)
            return vr_say_err(&err);
        put_record_line(vr_dataset_record(dataset));
        return EXIT_SUCCESS;
    }
    vr_json_write_object(writer, NULL);
    if (r == 0) {
        write_record(writer, vr_dataset_record(dataset));
    } else {
        vr_json_write_string(writer, "record", name);
        vr_json_write_string(writer, "error", err.text);
    }
    vr_json_write_end(writer);
    return vr_err_exit(r);
}

static int info_all(const struct dataset_arguments *arguments, int *ret_exit, struct vr_err *err)
{
    _cleanup_(vr_names_finish) struct vr_names names = {0};
    struct vr_json_writer writer;

    int r = vr_dataset_list(arguments->kind, arguments->path, &names, err);
    if (r < 0)
        return r;
    if (names.count == 0)
        return vr_err_set(err, VR_ERR_EMPTY, "%s: holds no records", arguments->path);
    if (arguments->json) {
        vr_answer_begin(&writer);
        vr_json_write_string(&writer, "path", arguments->path);
        vr_json_write_array(&writer, "records");
    }
    for (size_t i = 0; i < names.count; i++) {
        int exit_code = info_item(arguments, names.items[i], arguments->json ? &writer : NULL);
        if (*ret_exit == EXIT_SUCCESS)
            *ret_exit = exit_code;
    }
    if (!arguments->json)
        return 0;
    vr_json_write_end(&writer);
    return vr_answer_end(&writer, err);
}

static int info_main(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse,
        "PATH [RECORD]",
        "What is in a record; without RECORD, a line about each.  Records that cannot be read are "
        "named, exit 2.",
        NULL,
        NULL,
        NULL};
    struct dataset_arguments arguments = {.kind = "auto", .path_min = 1, .record_max = 1};
    struct vr_err err = {0};
    int exit_code = EXIT_SUCCESS;

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    int r =
        arguments.record ? info_record(&arguments, &err) : info_all(&arguments, &exit_code, &err);
    return r < 0 ? vr_say_err(&err) : exit_code;
}

/* --- the verbs --- */

static void put_kinds(void)
{
    printf("\nKinds of recordings:\n");
    for (size_t i = 0; vr_dataset_driver(i); i++)
        printf("  %-10s %s\n", vr_dataset_driver(i)->name, vr_dataset_driver(i)->summary);
}

static int dataset_main(int argc, char **argv)
{
    static const struct vr_verb list = {"list", "the records of a dataset", list_main};
    static const struct vr_verb info = {"info", "what is in the records", info_main};
    static const struct vr_verb *const items[] = {
        &list, &info, &vr_verb_dataset_dump, &vr_verb_dataset_get, &vr_verb_dataset_import};
    static const struct vr_verbs verbs = {
        .intro = "Look into recordings, get them, and bring them in.\n",
        .items = items,
        .count = sizeof items / sizeof items[0],
        .more = put_kinds,
    };
    return vr_verbs_run(&verbs, argc, argv);
}

const struct vr_verb vr_verb_dataset = {
    .name = "dataset",
    .summary = "recordings: list, info, dump, get, import",
    .run = dataset_main,
};
