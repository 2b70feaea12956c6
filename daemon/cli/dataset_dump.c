/* vitalrig dataset dump: samples or annotations of a record as text. */
#include <argp.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/nearest.h"
#include "cli/amount.h"
#include "cli/csv.h"
#include "cli/say.h"
#include "cli/verb.h"
#include "dataset/annotation_rate.h"
#include "dataset/wfdb_text.h"
#include "dataset/wfdb_truth.h"

struct dump_arguments {
    const char *path, *record, *kind;
    const char *format, *annotator, *signal;
    double from_s, for_s;
    bool has_for, high_resolution, elapsed;
};

enum { KEY_FROM = 0x100, KEY_FOR };

static const struct argp_option options[] = {
    {"kind", 'k', "KIND", 0, "Format of the recordings (default: auto)", 0},
    {"format", 'f', "FORM", 0, "rdsamp, rdann or csv (default: csv)", 0},
    {"annotator", 'a', "NAME", 0, "Annotator for rdann (default: atr)", 0},
    {"signal", 's', "N", 0, "One signal, by its number from 0 or its name (default: all)", 0},
    {"high-resolution", 'H', NULL, 0,
     "rdsamp: a line for each sample of the fastest signal, instead of means", 0},
    {"elapsed", 'e', NULL, 0,
     "rdann: elapsed times, also of a record whose start is known by the clock", 0},
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
    case 'e':
        arguments->elapsed = true;
        break;
    case 'H':
        arguments->high_resolution = true;
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

/* What to print of so many ticks or frames. */
struct window {
    int64_t first, count;
    bool to_end; /* annotations at the record's very end belong to it */
    bool whole;  /* nothing was asked for but all */
};

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
    if (isdigit((unsigned char)wanted[0]) && *end == '\0' && number < record->signal_count) {
        *ret_signal = number;
        return 0;
    }
    const char *nearest = vr_nearest(wanted, names, record->signal_count);
    return vr_err_set(
        err, VR_ERR_NOT_FOUND, "record %s has %zu signals, and no \"%s\"%s%s%s", record->name,
        record->signal_count, wanted, nearest ? "; did you mean \"" : "", nearest ? nearest : "",
        nearest ? "\"?" : "");
}

/* Times to ticks of `rate`, rounded half up; what is asked for must lie in the record. */
static int find_window(
    const struct vr_record *record, const struct dump_arguments *arguments, struct vr_rate rate,
    int64_t tick_count, struct window *ret_window, struct vr_err *err)
{
    struct window window = {.to_end = !arguments->has_for};
    double rate_hz = (double)rate.num / rate.den;
    double first = floor(arguments->from_s * rate_hz + 0.5);
    double count = floor(arguments->for_s * rate_hz + 0.5);

    if (first > (double)tick_count)
        return vr_err_set(
            err, VR_ERR_USAGE, "--from: record %s ends after %.3f s", record->name,
            (double)tick_count / rate_hz);
    window.first = (int64_t)first;
    window.count = tick_count - window.first;
    if (arguments->has_for && count > (double)window.count)
        return vr_err_set(
            err, VR_ERR_USAGE, "--for: record %s has %.3f s from there on", record->name,
            (double)window.count / rate_hz);
    if (arguments->has_for)
        window.count = (int64_t)count;
    *ret_window = window;
    return 0;
}

static void put_annotations(
    const struct vr_annotations *list, const struct vr_wfdb_text_style *style,
    const struct window *window)
{
    for (size_t i = 0; i < list->count; i++) {
        int64_t after = list->items[i].sample_index - window->first;
        if (window->whole || (after >= 0 && (window->to_end || after < window->count)))
            vr_wfdb_text_annotation(stdout, &list->items[i], style);
    }
}

static int dump_annotations(const struct dump_arguments *arguments, struct vr_err *err)
{
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
    _cleanup_(vr_annotations_finish) struct vr_annotations list = {0};
    struct window window;
    int r = vr_dataset_open(arguments->kind, arguments->path, arguments->record, &dataset, err);
    if (r < 0)
        return r;
    const struct vr_record *record = vr_dataset_record(dataset);
    struct vr_rate rate = {record->rate_num, record->rate_den};
    r = find_window(record, arguments, rate, record->frame_count, &window, err);
    if (r == 0)
        r = vr_dataset_truth(dataset, arguments->annotator, &list, err);
    if (r < 0)
        return r;
    const struct vr_wfdb_text_style style = {
        .rate = vr_annotations_rate(&list, record), .definitions = list.definitions};
    put_annotations(&list, &style, &window);
    return 0;
}

/* A WFDB record needs no signal files for this, and what its file holds is printed in its order. */
static int dump_wfdb_annotations(const struct dump_arguments *arguments, struct vr_err *err)
{
    _cleanup_(vr_annotations_finish) struct vr_annotations list = {0};
    _cleanup_(vr_wfdb_header_finish) struct vr_wfdb_header header = {0};
    int r = vr_wfdb_truth_read(
        arguments->path, arguments->record, arguments->annotator, &header, &list, err);
    if (r < 0)
        return r;
    if (header.line == 0)
        vr_say("record %s: no header; 250 ticks a second are taken", arguments->record);
    struct vr_record record = {
        .rate_num = header.rate.num,
        .rate_den = header.rate.den,
        .frame_count = header.frame_count < 0 ? 0 : header.frame_count};
    snprintf(record.name, sizeof record.name, "%s", arguments->record);
    int64_t known = record.frame_count ? record.frame_count : VR_WFDB_FRAMES_MAX;
    struct window window;
    r = find_window(&record, arguments, header.rate, known, &window, err);
    if (r == 0)
        r = vr_annotations_check_inside(&list, &record, arguments->annotator, err);
    if (r < 0)
        return r;
    window.whole = arguments->from_s == 0 && !arguments->has_for;
    struct vr_wfdb_text_style style = {.rate = header.rate, .definitions = list.definitions};
    if (!arguments->elapsed)
        style.start = header.start;
    put_annotations(&list, &style, &window);
    return 0;
}

/* Frames of the window before the first that is not there: like the program rdsamp, all of them are
 * printed; unlike it, the end is an error. */
static int64_t available_count(const struct vr_record *record, const struct window *window)
{
    int64_t left = record->available_frame_count - window->first;
    if (record->missing[0] == '\0' || left > window->count)
        return window->count;
    return left < 0 ? 0 : left;
}

static int dump_samples(
    struct vr_dataset *dataset, const struct dump_arguments *arguments, struct vr_err *err)
{
    const struct vr_record *record = vr_dataset_record(dataset);
    struct vr_frames frames;
    struct window window;
    size_t first_signal = 0, signal_count = record->signal_count;
    if (record->signal_count == 0)
        return vr_err_set(
            err, VR_ERR_EMPTY, "record %s has no signals; --format rdann prints its annotations",
            record->name);
    if (record->warning[0] != '\0')
        vr_say("record %s: %s", record->name, record->warning);
    if (arguments->signal) {
        int r = find_signal(record, arguments->signal, &first_signal, err);
        if (r < 0)
            return r;
        signal_count = 1;
    }
    int r = vr_frames_init(&frames, dataset, first_signal, signal_count, err);
    if (r == 0)
        r = find_window(record, arguments, frames.rate, frames.frame_count, &window, err);
    if (r < 0)
        return r;
    int64_t count = available_count(record, &window);
    if (strcmp(arguments->format, "csv") == 0)
        r = vr_csv_dump(stdout, &frames, window.first, count, err);
    else
        r = vr_wfdb_text_samples(
            stdout, &frames, window.first, count, arguments->high_resolution, err);
    return r == 0 && count < window.count ? vr_record_check_whole(record, err) : r;
}

static int dump_record(const struct dump_arguments *arguments, struct vr_err *err)
{
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
    if (strcmp(arguments->format, "rdann") == 0) {
        const struct vr_dataset_driver *driver =
            vr_dataset_find(arguments->kind, arguments->path, err);
        if (!driver)
            return -err->code;
        return strcmp(driver->name, "wfdb") == 0 ? dump_wfdb_annotations(arguments, err)
                                                 : dump_annotations(arguments, err);
    }
    int r = vr_dataset_open(arguments->kind, arguments->path, arguments->record, &dataset, err);
    return r < 0 ? r : dump_samples(dataset, arguments, err);
}

static int dump_main(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse,
        "PATH RECORD",
        "Samples or annotations of a record as text.\v"
        "rdsamp and rdann are the layouts of the programs of these names; csv gives physical "
        "values "
        "at full rate, with units in its head.",
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
