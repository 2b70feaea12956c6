/* vitalrig score beats: the beat-by-beat comparison of ANSI/AAMI EC57 on annotation files. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/amount.h"
#include "cli/annotated.h"
#include "cli/answer.h"
#include "cli/beats_json.h"
#include "cli/say.h"
#include "cli/verb.h"
#include "score/beats_text.h"

#define EC57_FROM_S 300.0
#define EC57_WINDOW_MS 150.0

/* Values of an option that may be given more than once, in order; room for one per argument. */
struct values {
    const char **items;
    size_t count;
};

enum form { FORM_LINE, FORM_TABLE, FORM_JSON };

struct beats_arguments {
    struct values records, references, tests;
    double from_s, window_ms;
    enum vr_beats_compat compat;
    enum form form;
};

enum { KEY_RECORD = 0x100, KEY_REF, KEY_TEST, KEY_COMPAT, KEY_FROM, KEY_WINDOW };

static const struct argp_option options[] = {
    {"record", KEY_RECORD, "RECORD", 0, "FOLDER/RECORD or builtin:NAME/RECORD; may be repeated", 0},
    {"ref", KEY_REF, "ANNOTATOR", 0, "The truth: a name beside the record, or a file", 0},
    {"test", KEY_TEST, "ANNOTATOR", 0, "What is compared with it: a name, or a file", 0},
    {"compat", KEY_COMPAT, "PROGRAM", 0, "wfdb: count as bxb does, quirks included", 0},
    {"format", 'f', "FORM", 0, "line (bxb -L), table (bxb -S) or json (default: line)", 0},
    {"json", 'j', NULL, 0, "The same as --format json", 0},
    {"from", KEY_FROM, "TIME", 0, "Beats before do not count (default: 300, the EC57 rule)", 0},
    {"window", KEY_WINDOW, "MS", 0,
     "How far two beats of a pair may lie apart (default: 150, the EC57 rule)", 0},
    {0},
};

static enum form find_form(struct argp_state *state, const char *word)
{
    static const char *const words[] = {
        [FORM_LINE] = "line", [FORM_TABLE] = "table", [FORM_JSON] = "json"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(word, words[i]) == 0)
            return (enum form)i;
    argp_error(state, "--format: \"%s\" is none of line, table, json", word);
    return FORM_LINE;
}

/* One annotator name serves every record; else there is one for each. */
static void check_values(
    struct argp_state *state, const char *option, const struct values *values,
    const struct values *records)
{
    if (values->count == 0)
        argp_error(
            state, "%s is missing: a name beside the record, such as atr, or a file", option);
    if (values->count == 1 && records->count > 1 && strchr(values->items[0], '/'))
        argp_error(
            state,
            "%s names one file for %zu records: give a name that each record has, or one %s "
            "for each --record, in the same order",
            option, records->count, option);
    if (values->count != 1 && values->count != records->count)
        argp_error(
            state,
            "%zu %s for %zu records: give one name, or one %s for each --record, in the "
            "same order",
            values->count, option, records->count, option);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct beats_arguments *arguments = state->input;
    switch (key) {
    case KEY_RECORD:
        arguments->records.items[arguments->records.count++] = argument;
        break;
    case KEY_REF:
        arguments->references.items[arguments->references.count++] = argument;
        break;
    case KEY_TEST:
        arguments->tests.items[arguments->tests.count++] = argument;
        break;
    case KEY_COMPAT:
        if (strcmp(argument, "wfdb") != 0)
            argp_error(state, "--compat: \"%s\" is not known; there is wfdb", argument);
        arguments->compat = VR_BEATS_WFDB;
        break;
    case 'f':
        arguments->form = find_form(state, argument);
        break;
    case 'j':
        arguments->form = FORM_JSON;
        break;
    case KEY_FROM:
        arguments->from_s = vr_amount_seconds(state, "--from", argument);
        break;
    case KEY_WINDOW:
        arguments->window_ms = vr_amount_number(state, "--window", argument);
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "\"%s\": name it with --record, --ref or --test", argument);
        break;
    case ARGP_KEY_END:
        if (arguments->records.count == 0)
            argp_error(state, "--record is missing: FOLDER/RECORD");
        check_values(state, "--ref", &arguments->references, &arguments->records);
        check_values(state, "--test", &arguments->tests, &arguments->records);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* The caller frees *ret_events. */
static int read_events(
    const struct vr_annotated *record, const char *annotator, struct vr_event **ret_events,
    size_t *ret_count, struct vr_err *err)
{
    _cleanup_(vr_annotations_finish) struct vr_annotations list = {0};
    int r = vr_annotated_read(record, annotator, &list, err);
    if (r < 0)
        return r;
    struct vr_event *events = calloc(list.count + 1, sizeof *events);
    if (!events)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory for its events", record->path);
    for (size_t i = 0; i < list.count; i++)
        events[i] = (struct vr_event){
            list.items[i].sample_index, list.items[i].code, list.items[i].subtype};
    *ret_events = events;
    *ret_count = list.count;
    return 0;
}

static const char *value_of(const struct values *values, size_t index)
{
    return values->items[values->count > 1 ? index : 0];
}

static int compare(
    const struct beats_arguments *arguments, size_t index, struct vr_beats_result *result,
    struct vr_err *err)
{
    _cleanup_(vr_annotated_finish) struct vr_annotated record = {0};
    _cleanup_free_ struct vr_event *reference = NULL, *test = NULL;
    size_t reference_count, test_count;

    int r = vr_annotated_open(arguments->records.items[index], &record, err);
    if (r < 0)
        return r;
    result->record = record.name;
    result->reference = value_of(&arguments->references, index);
    result->test = value_of(&arguments->tests, index);
    const struct vr_beats_options beats_options = {
        .rate_num = record.rate_num,
        .rate_den = record.rate_den,
        .sample_count = record.frame_count,
        .from_s = arguments->from_s,
        .window_ms = arguments->window_ms,
        .compat = arguments->compat,
    };
    r = read_events(&record, result->reference, &reference, &reference_count, err);
    if (r == 0)
        r = read_events(&record, result->test, &test, &test_count, err);
    if (r == 0)
        r = vr_beats_compare(
            reference, reference_count, test, test_count, &beats_options, &result->counts, err);
    return r;
}

static int print_json(
    const struct beats_arguments *arguments, const struct vr_beats_result *results,
    struct vr_err *err)
{
    struct vr_json_writer writer;
    vr_answer_begin(&writer);
    vr_json_write_double(&writer, "from_s", arguments->from_s);
    vr_json_write_double(&writer, "window_ms", arguments->window_ms);
    vr_json_write_string(&writer, "compat", arguments->compat == VR_BEATS_WFDB ? "wfdb" : NULL);
    vr_beats_json_write(&writer, results, arguments->records.count);
    return vr_answer_end(&writer, err);
}

/* "tst1" of "results/100.tst1", as the field's program calls it. */
static const char *annotator_name(const char *annotator)
{
    const char *slash = strrchr(annotator, '/');
    const char *base = slash ? slash + 1 : annotator;
    const char *dot = strrchr(base, '.');
    return dot ? dot + 1 : base;
}

static int print(
    const struct beats_arguments *arguments, const struct vr_beats_result *results,
    struct vr_err *err)
{
    if (arguments->from_s != EC57_FROM_S || arguments->window_ms != EC57_WINDOW_MS)
        vr_say(
            "note: from %g s with a window of %g ms; EC57 has %g s and %g ms", arguments->from_s,
            arguments->window_ms, EC57_FROM_S, EC57_WINDOW_MS);
    if (arguments->form == FORM_JSON)
        return print_json(arguments, results, err);
    if (arguments->form == FORM_LINE)
        vr_beats_line_header(stdout);
    for (size_t i = 0; i < arguments->records.count; i++) {
        const struct vr_beats_result *result = &results[i];
        if (arguments->form == FORM_LINE)
            vr_beats_line(stdout, result->record, &result->counts);
        else
            vr_beats_table(
                stdout, result->record, annotator_name(result->reference),
                annotator_name(result->test), &result->counts);
    }
    return 0;
}

/* Everything is compared before anything is printed: an error leaves no half result behind. */
static int score_beats(const struct beats_arguments *arguments, struct vr_err *err)
{
    size_t count = arguments->records.count;
    _cleanup_free_ struct vr_beats_result *results = calloc(count, sizeof *results);
    if (!results)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu records", count);
    for (size_t i = 0; i < count; i++) {
        int r = compare(arguments, i, &results[i], err);
        if (r < 0)
            return r;
    }
    return print(arguments, results, err);
}

static int beats_main(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse,
        NULL,
        "Compare beats with beats as ANSI/AAMI EC57 does.\v"
        "--record may be given more than once; --ref and --test are then one name that each "
        "record has, or as many as there are records, in the same order.",
        NULL,
        NULL,
        NULL};
    struct vr_err err = {0};

    /* Every value takes at least one argument, so argc bounds each list. */
    _cleanup_free_ const char **values = calloc(3 * (size_t)argc, sizeof *values);
    if (!values) {
        vr_err_set(&err, VR_ERR_NO_MEMORY, "no memory for %d arguments", argc);
        return vr_say_err(&err);
    }
    struct beats_arguments arguments = {
        .records = {.items = values},
        .references = {.items = values + argc},
        .tests = {.items = values + 2 * argc},
        .from_s = EC57_FROM_S,
        .window_ms = EC57_WINDOW_MS,
    };
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    return score_beats(&arguments, &err) < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}

const struct vr_verb vr_verb_score_beats = {
    .name = "beats",
    .summary = "beat by beat, as ANSI/AAMI EC57 has it",
    .run = beats_main,
};
