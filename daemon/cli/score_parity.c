/* vitalrig score parity: are two annotation files, or two tables, the same to the last bit, and if not, where do they part?
 *
 * Of runs that is for `run --parity` and `rescore --parity`. */
#include <argp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/answer.h"
#include "cli/say.h"
#include "cli/score_pairs.h"
#include "cli/verb.h"
#include "dataset/csv_table.h"

#define EXIT_DIFFERENT 1
#define TEXT_SIZE 96

struct arguments {
    const char *record, *reference, *test;
    char separator;
    bool is_json;
};

enum { KEY_RECORD = 0x100, KEY_REF, KEY_TEST, KEY_SEPARATOR };

static const struct argp_option options[] = {
    {"record", KEY_RECORD, "RECORD", 0, "Of annotations: FOLDER/RECORD or builtin:NAME/RECORD", 0},
    {"ref", KEY_REF, "FILE", 0,
     "What it should be: an annotator of the record; without --record a table", 0},
    {"test", KEY_TEST, "FILE", 0, "What it is", 0},
    {"separator", KEY_SEPARATOR, "CHARACTER", 0, "Of tables (default: ,)", 0},
    {"json", 'j', NULL, 0, "Answer with one JSON object", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case KEY_RECORD:
        arguments->record = argument;
        break;
    case KEY_REF:
        arguments->reference = argument;
        break;
    case KEY_TEST:
        arguments->test = argument;
        break;
    case KEY_SEPARATOR:
        if (strlen(argument) != 1)
            argp_error(state, "--separator: \"%s\" is not one character", argument);
        arguments->separator = argument[0];
        break;
    case 'j':
        arguments->is_json = true;
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "\"%s\": name it with --ref or --test", argument);
        break;
    case ARGP_KEY_END:
        if (!arguments->reference || !arguments->test)
            argp_error(state, "--ref and --test are missing: the two sides");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* The first difference. */
struct difference {
    bool is_there;
    int64_t agreeing; /* annotations or rows before it */
    char sample[TEXT_SIZE], channel[TEXT_SIZE], field[TEXT_SIZE];
    char reference[TEXT_SIZE], test[TEXT_SIZE]; /* values */
};

static const char absent[] = "nothing";

static void set_values(struct difference *difference, const char *reference, const char *test)
{
    difference->is_there = true;
    snprintf(difference->reference, TEXT_SIZE, "%s", reference);
    snprintf(difference->test, TEXT_SIZE, "%s", test);
}

/* --- annotations ------------------------------------------------------------------------------ */

static bool field_differs(
    struct difference *difference, const char *field, int64_t reference, int64_t test)
{
    char reference_text[TEXT_SIZE], test_text[TEXT_SIZE];
    if (reference == test)
        return false;
    snprintf(reference_text, TEXT_SIZE, "%" PRId64, reference);
    snprintf(test_text, TEXT_SIZE, "%" PRId64, test);
    snprintf(difference->field, TEXT_SIZE, "%s", field);
    set_values(difference, reference_text, test_text);
    return true;
}

static const char *text_of(const struct vr_annotation *annotation)
{
    return annotation->text ? annotation->text : "";
}

static bool annotations_differ(
    struct difference *difference, const struct vr_annotation *reference,
    const struct vr_annotation *test)
{
    if (field_differs(difference, "sample", reference->sample_index, test->sample_index) ||
        field_differs(difference, "channel", reference->channel, test->channel) ||
        field_differs(difference, "code", reference->code, test->code) ||
        field_differs(difference, "subtype", reference->subtype, test->subtype) ||
        field_differs(difference, "number", reference->number, test->number))
        return true;
    if (strcmp(text_of(reference), text_of(test)) == 0)
        return false;
    snprintf(difference->field, TEXT_SIZE, "text");
    set_values(difference, text_of(reference), text_of(test));
    return true;
}

static void set_place(struct difference *difference, const struct vr_annotation *annotation)
{
    snprintf(difference->sample, TEXT_SIZE, "%" PRId64, annotation->sample_index);
    snprintf(difference->channel, TEXT_SIZE, "%d", annotation->channel);
}

static void compare_annotations(
    const struct vr_annotations *reference, const struct vr_annotations *test,
    struct difference *difference)
{
    size_t both = reference->count < test->count ? reference->count : test->count, i = 0;
    while (i < both && !annotations_differ(difference, &reference->items[i], &test->items[i]))
        i++;
    difference->agreeing = (int64_t)i;
    if (i < both) {
        set_place(difference, &reference->items[i]);
    } else if (i < reference->count) {
        set_place(difference, &reference->items[i]);
        set_values(difference, "an annotation", absent);
    } else if (i < test->count) {
        set_place(difference, &test->items[i]);
        set_values(difference, absent, "an annotation");
    }
}

static int compare_record(
    const struct arguments *arguments, struct difference *difference, struct vr_err *err)
{
    _cleanup_(vr_score_pair_finish) struct vr_score_pair pair = {0};
    const char *values[] = {arguments->record, arguments->reference, arguments->test};
    const struct vr_score_pairs pairs = {{values, 1}, {values + 1, 1}, {values + 2, 1}};
    int r = vr_score_pair_read(&pairs, 0, &pair, err);
    if (r == 0)
        compare_annotations(&pair.reference, &pair.test, difference);
    return r;
}

/* --- tables ----------------------------------------------------------------------------------- */

static int open_table(
    const struct arguments *arguments, const char *path, struct vr_csv_table **ret_table,
    struct vr_err *err)
{
    struct vr_csv_format format = VR_CSV_FORMAT_DEFAULT;
    format.heading = true;
    format.separator = arguments->separator ? arguments->separator : ',';
    return vr_csv_table_open(path, &format, ret_table, err);
}

static int compare_headings(
    const struct vr_csv_table *reference, const struct vr_csv_table *test, struct vr_err *err)
{
    size_t width = vr_csv_table_width(reference);
    if (width != vr_csv_table_width(test))
        return vr_err_set(
            err, VR_ERR_INPUT, "%s has %zu columns, %s has %zu: they are no two of a kind",
            vr_csv_table_display(reference), width, vr_csv_table_display(test),
            vr_csv_table_width(test));
    for (size_t i = 0; i < width; i++)
        if (strcmp(vr_csv_table_name(reference, i).text, vr_csv_table_name(test, i).text) != 0)
            return vr_err_set(
                err, VR_ERR_INPUT,
                "column %zu is \"%s\" in %s and \"%s\" in %s: they are no two of a kind", i + 1,
                vr_csv_table_name(reference, i).text, vr_csv_table_display(reference),
                vr_csv_table_name(test, i).text, vr_csv_table_display(test));
    return 0;
}

/* The first column says which sample a row is. */
static bool rows_differ(
    const struct vr_csv_table *reference, const struct vr_csv_table *test,
    struct difference *difference)
{
    for (size_t i = 0; i < vr_csv_table_width(reference); i++) {
        const char *value = vr_csv_table_cell(reference, i).text;
        const char *other = vr_csv_table_cell(test, i).text;
        if (strcmp(value, other) == 0)
            continue;
        snprintf(difference->sample, TEXT_SIZE, "%s", vr_csv_table_cell(reference, 0).text);
        snprintf(difference->channel, TEXT_SIZE, "%s", vr_csv_table_name(reference, i).text);
        set_values(difference, value, other);
        return true;
    }
    return false;
}

static int compare_rows(
    struct vr_csv_table *reference, struct vr_csv_table *test, struct difference *difference,
    struct vr_err *err)
{
    for (;;) {
        int r = vr_csv_table_next(reference, err), other = vr_csv_table_next(test, err);
        if ((r < 0 && r != -VR_ERR_EMPTY) || (other < 0 && other != -VR_ERR_EMPTY))
            return r < 0 && r != -VR_ERR_EMPTY ? r : other;
        if (r < 0 && other < 0)
            return 0;
        if (r == 0 && other == 0) {
            if (rows_differ(reference, test, difference))
                return 0;
            difference->agreeing++;
            continue;
        }
        const struct vr_csv_table *longer = r == 0 ? reference : test;
        snprintf(difference->sample, TEXT_SIZE, "%s", vr_csv_table_cell(longer, 0).text);
        set_values(difference, r == 0 ? "a row" : absent, r == 0 ? absent : "a row");
        return 0;
    }
}

static int compare_tables(
    const struct arguments *arguments, struct difference *difference, struct vr_err *err)
{
    _cleanup_(vr_csv_table_destroyp) struct vr_csv_table *reference = NULL, *test = NULL;
    int r = open_table(arguments, arguments->reference, &reference, err);
    if (r == 0)
        r = open_table(arguments, arguments->test, &test, err);
    if (r == 0)
        r = compare_headings(reference, test, err);
    return r == 0 ? compare_rows(reference, test, difference, err) : r;
}

/* --- the answer ------------------------------------------------------------------------------- */

static void write_text(struct vr_json_writer *writer, const char *key, const char *text)
{
    vr_json_write_string(writer, key, text[0] ? text : NULL);
}

static int print_json(const struct difference *difference, struct vr_err *err)
{
    struct vr_json_writer writer;
    vr_answer_begin(&writer);
    vr_json_write_bool(&writer, "equal", !difference->is_there);
    vr_json_write_int(&writer, "agreeing", difference->agreeing);
    if (difference->is_there) {
        vr_json_write_object(&writer, "difference");
        write_text(&writer, "sample", difference->sample);
        write_text(&writer, "channel", difference->channel);
        write_text(&writer, "field", difference->field);
        vr_json_write_string(&writer, "reference", difference->reference);
        vr_json_write_string(&writer, "test", difference->test);
        vr_json_write_end(&writer);
    }
    return vr_answer_end(&writer, err);
}

static void print_text(const struct arguments *arguments, const struct difference *difference)
{
    const char *things = arguments->record ? "annotations" : "rows";
    if (!difference->is_there) {
        printf("equal: %" PRId64 " %s\n", difference->agreeing, things);
        return;
    }
    printf(
        "different after %" PRId64 " %s: sample %s", difference->agreeing, things,
        difference->sample);
    if (difference->channel[0])
        printf(", channel %s", difference->channel);
    if (difference->field[0])
        printf(", %s", difference->field);
    printf(": %s, reference %s\n", difference->test, difference->reference);
}

static int parity_main(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse,
        NULL,
        "Tell whether two annotation files, or two tables, are the same to the last bit, and where "
        "they part."
        "\vTables have a heading; their first column is the sample, the others are channels. Exit "
        "code 0 = equal, 1 = different.",
        NULL,
        NULL,
        NULL};
    struct arguments arguments = {0};
    struct difference difference = {0};
    struct vr_err err = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    int r = arguments.record ? compare_record(&arguments, &difference, &err)
                             : compare_tables(&arguments, &difference, &err);
    if (r == 0 && arguments.is_json)
        r = print_json(&difference, &err);
    else if (r == 0)
        print_text(&arguments, &difference);
    if (r < 0)
        return vr_say_err(&err);
    return difference.is_there ? EXIT_DIFFERENT : EXIT_SUCCESS;
}

const struct vr_verb vr_verb_score_parity = {
    "parity", "the same to the last bit, or where they part", parity_main};
