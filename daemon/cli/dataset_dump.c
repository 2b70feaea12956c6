/* vitalrig dataset dump: samples or annotations of a record as text. */
#include <argp.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/nearest.h"
#include "cli/amount.h"
#include "cli/dump.h"
#include "cli/say.h"
#include "cli/verb.h"

struct dump_arguments {
    const char *path, *record, *kind;
    const char *format, *annotator, *signal;
    double from_s, for_s;
    bool has_for;
};

enum { KEY_FROM = 0x100, KEY_FOR };

static const struct argp_option options[] = {
    {"kind", 'k', "KIND", 0, "Format of the recordings (default: auto)", 0},
    {"format", 'f', "FORM", 0, "rdsamp, rdann or csv (default: csv)", 0},
    {"annotator", 'a', "NAME", 0, "Annotator for rdann (default: atr)", 0},
    {"signal", 's', "N", 0, "One signal, by its number from 0 or its name (default: all)", 0},
    {"from", KEY_FROM, "TIME", 0, "Begin here: 90, 1.5, 1:30 (default: 0)", 0},
    {"for", KEY_FOR, "TIME", 0, "This long (default: to the end)", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct dump_arguments *arguments = state->input;
    switch (key) {
    case 'k':
        arguments->kind = argument;
        break;
    case 'f':
        arguments->format = argument;
        break;
    case 'a':
        arguments->annotator = argument;
        break;
    case 's':
        arguments->signal = argument;
        break;
    case KEY_FROM:
        arguments->from_s = vr_amount_seconds(state, "--from", argument);
        break;
    case KEY_FOR:
        arguments->for_s = vr_amount_seconds(state, "--for", argument);
        arguments->has_for = true;
        break;
    case ARGP_KEY_ARG:
        if (state->arg_num == 0)
            arguments->path = argument;
        else if (state->arg_num == 1)
            arguments->record = argument;
        else
            argp_error(state, "\"%s\" is one argument too many", argument);
        break;
    case ARGP_KEY_END:
        if (!arguments->record)
            argp_error(state, "which record of which folder? Give PATH and RECORD");
        if (strcmp(arguments->format, "rdsamp") != 0 && strcmp(arguments->format, "rdann") != 0 &&
            strcmp(arguments->format, "csv") != 0)
            argp_error(state, "--format: \"%s\" is none of rdsamp, rdann, csv", arguments->format);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int find_signal(
    const struct vr_record *record, const char *wanted, size_t *ret_signal, struct vr_err *err)
{
    const char *names[VR_SIGNALS_MAX];
    char *end;
    for (size_t i = 0; i < record->signal_count; i++) {
        names[i] = record->signals[i].name;
        if (strcmp(names[i], wanted) == 0) {
            *ret_signal = i;
            return 0;
        }
    }
    unsigned long number = strtoul(wanted, &end, 10);
    if (wanted[0] >= '0' && wanted[0] <= '9' && *end == '\0' && number < record->signal_count) {
        *ret_signal = number;
        return 0;
    }
    const char *nearest = vr_nearest(wanted, names, record->signal_count);
    return vr_err_set(
        err, VR_ERR_NOT_FOUND, "record %s has %zu signals, and no \"%s\"%s%s%s", record->name,
        record->signal_count, wanted, nearest ? "; did you mean \"" : "", nearest ? nearest : "",
        nearest ? "\"?" : "");
}

/* Times to ticks, rounded half up; what is asked for must lie in the record. */
static int find_window(
    const struct vr_record *record, const struct dump_arguments *arguments, struct vr_dump *dump,
    struct vr_err *err)
{
    double rate_hz = (double)record->rate_num / record->rate_den;
    double first = floor(arguments->from_s * rate_hz + 0.5);
    double count = floor(arguments->for_s * rate_hz + 0.5);

    if (first > (double)record->frame_count && record->frame_count > 0)
        return vr_err_set(
            err, VR_ERR_USAGE, "--from: record %s ends after %.3f s", record->name,
            (double)record->frame_count / rate_hz);
    dump->first_frame = (int64_t)first;
    dump->frame_count =
        record->frame_count > dump->first_frame ? record->frame_count - dump->first_frame : 0;
    dump->to_end = !arguments->has_for;
    if (arguments->has_for && count > (double)dump->frame_count && record->frame_count > 0)
        return vr_err_set(
            err, VR_ERR_USAGE, "--for: record %s has %.3f s from there on", record->name,
            (double)dump->frame_count / rate_hz);
    if (arguments->has_for)
        dump->frame_count = (int64_t)count;
    return 0;
}

static int dump_record(const struct dump_arguments *arguments, struct vr_err *err)
{
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
    int r = vr_dataset_open(arguments->kind, arguments->path, arguments->record, &dataset, err);
    if (r < 0)
        return r;
    struct vr_dump dump = {.dataset = dataset, .signal = VR_DUMP_ALL};
    const struct vr_record *record = vr_dataset_record(dataset);
    if (arguments->signal)
        r = find_signal(record, arguments->signal, &dump.signal, err);
    if (r == 0)
        r = find_window(record, arguments, &dump, err);
    if (r < 0)
        return r;
    if (strcmp(arguments->format, "rdann") == 0)
        return vr_dump_rdann(&dump, arguments->annotator, stdout, err);
    if (record->signal_count == 0)
        return vr_err_set(
            err, VR_ERR_EMPTY, "record %s has no signals; --format rdann prints its annotations",
            record->name);
    if (record->warning[0] != '\0')
        vr_say("record %s: %s", record->name, record->warning);
    return strcmp(arguments->format, "rdsamp") == 0 ? vr_dump_rdsamp(&dump, stdout, err)
                                                    : vr_dump_csv(&dump, stdout, err);
}

static int dump_main(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse,
        "PATH RECORD",
        "Samples or annotations of a record as text.\v"
        "rdsamp and rdann are the layouts of the programs of these names (rdann -e: elapsed "
        "times); csv gives physical values at full rate, with units in its head.",
        NULL,
        NULL,
        NULL};
    struct dump_arguments arguments = {.kind = "auto", .format = "csv", .annotator = "atr"};
    struct vr_err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    return dump_record(&arguments, &err) < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}

const struct vr_verb vr_verb_dataset_dump = {
    .name = "dump",
    .summary = "samples or annotations as text",
    .run = dump_main,
};
