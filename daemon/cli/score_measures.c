/* vitalrig score measures: the measurement-by-measurement comparison of ANSI/AAMI EC57 on annotation files. */
#include <argp.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "cli/answer.h"
#include "cli/say.h"
#include "cli/score_options.h"
#include "cli/verb.h"
#include "score/measures_text.h"

struct measures_arguments {
    struct vr_score_pairs pairs;
    struct vr_score_options options;
    struct vr_measures_style style;
};

struct measures_result {
    const char *record, *reference, *test; /* borrowed from the arguments */
    struct vr_measures_counts counts;
};

enum { KEY_MEASUREMENT = 0x100, KEY_UNNORMALISED };

static const struct argp_option options[] = {
    {"measurement", KEY_MEASUREMENT, "NUMBER", 0,
     "Subtype of the MEASURE annotations, -128 to 127 (default: 1, heart rate)", 0},
    {"unnormalised", KEY_UNNORMALISED, NULL, 0,
     "The error in the measurement's own unit, not in percent of the reference's mean", 0},
    {0},
};

static int parse_measurement(struct argp_state *state, const char *argument)
{
    char *end;
    long number = strtol(argument, &end, 10);
    if (end == argument || *end || number < INT8_MIN || number > INT8_MAX)
        argp_error(state, "--measurement: \"%s\" is no number from -128 to 127", argument);
    return (int)number;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct measures_arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->pairs;
        state->child_inputs[1] = &arguments->options;
        break;
    case KEY_MEASUREMENT:
        arguments->style.measurement = parse_measurement(state, argument);
        break;
    case KEY_UNNORMALISED:
        arguments->style.is_unnormalised = true;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int compare(const void *context, size_t index, void *result_context, struct vr_err *err)
{
    const struct measures_arguments *arguments = context;
    struct measures_result *result = result_context;
    _cleanup_(vr_score_pair_finish) struct vr_score_pair pair = {0};
    int r = vr_score_pair_read(&arguments->pairs, index, &pair, err);
    if (r < 0)
        return r;
    _cleanup_free_ struct vr_mark *reference = vr_score_marks(&pair.reference);
    _cleanup_free_ struct vr_mark *test = vr_score_marks(&pair.test);
    if (!reference || !test)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory for its events", pair.record.path);
    result->record = pair.record.name;
    result->reference = pair.reference_name;
    result->test = pair.test_name;
    const struct vr_ec57_options ec57 = vr_score_ec57(&arguments->options, &pair.record);
    struct vr_err cause = {0};
    r = vr_measures_compare(
        reference, pair.reference.count, test, pair.test.count, &ec57, arguments->style.measurement,
        &result->counts, &cause);
    return r < 0 ? vr_err_set(err, -r, "%s: %s", pair.record.path, cause.text) : 0;
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void write_counts(struct vr_json_writer *writer, const struct vr_measures_counts *counts)
{
    vr_json_write_int(writer, "count", counts->count);
    vr_json_write_double(writer, "rms_error", vr_measures_rms_error(counts));
    vr_json_write_double(writer, "rms_error_pct", vr_measures_rms_error_pct(counts));
    vr_json_write_double(writer, "reference_mean", vr_measures_reference_mean(counts));
}

static int print_json(
    const struct measures_arguments *arguments, const struct measures_result *results,
    struct vr_err *err)
{
    struct vr_measures_counts gross = {0};
    struct vr_json_writer writer;
    vr_answer_begin(&writer);
    vr_score_options_json(&arguments->options, &writer);
    vr_json_write_int(&writer, "measurement", arguments->style.measurement);
    vr_json_write_array(&writer, "records");
    for (size_t i = 0; i < arguments->pairs.records.count; i++) {
        vr_json_write_object(&writer, NULL);
        vr_json_write_string(&writer, "record", results[i].record);
        vr_json_write_string(&writer, "ref", results[i].reference);
        vr_json_write_string(&writer, "test", results[i].test);
        write_counts(&writer, &results[i].counts);
        vr_json_write_end(&writer);
        vr_measures_add(&gross, &results[i].counts);
    }
    vr_json_write_end(&writer);
    vr_json_write_object(&writer, "gross");
    write_counts(&writer, &gross);
    vr_json_write_end(&writer);
    return vr_answer_end(&writer, err);
}

/* --- the verb --------------------------------------------------------------------------------- */

/* mxm has nothing to say of a record without measurements. */
static bool is_passed_over(
    const struct measures_arguments *arguments, const struct measures_result *result)
{
    const struct vr_measures_counts *counts = &result->counts;
    if (counts->is_complete)
        return false;
    vr_say(
        "note: %s has no measurement %d in %s or in %s", result->record,
        arguments->style.measurement, result->reference, result->test);
    return arguments->options.compat == VR_COMPAT_WFDB;
}

static int print(const void *context, const void *results_context, struct vr_err *err)
{
    const struct measures_arguments *arguments = context;
    const struct measures_result *results = results_context;
    vr_score_options_say(&arguments->options);
    if (arguments->options.form == VR_SCORE_JSON)
        return print_json(arguments, results, err);
    if (arguments->options.form == VR_SCORE_LINE)
        vr_measures_line_header(stdout, &arguments->style);
    for (size_t i = 0; i < arguments->pairs.records.count; i++) {
        const struct measures_result *result = &results[i];
        if (is_passed_over(arguments, result))
            continue;
        if (arguments->options.form == VR_SCORE_LINE)
            vr_measures_line(stdout, &arguments->style, result->record, &result->counts);
        else
            vr_measures_table(
                stdout, &arguments->style, result->record,
                vr_score_annotator_name(result->reference), vr_score_annotator_name(result->test),
                &result->counts);
    }
    return 0;
}

static int measures_main(int argc, char **argv)
{
    struct measures_arguments arguments = {.style = {.measurement = 1}};
    const struct vr_score_frame frame = {
        .options = options,
        .parse = parse,
        .doc = "Compare measurements, such as heart rates, as ANSI/AAMI EC57 "
               "does.\v" VR_SCORE_PAIRS_HELP,
        .arguments = &arguments,
        .pairs = &arguments.pairs,
        .result_size = sizeof(struct measures_result),
        .compare = compare,
        .print = print,
    };
    return vr_score_frame_run(&frame, argc, argv);
}

const struct vr_verb vr_verb_score_measures = {
    .name = "measures",
    .summary = "number by number, such as heart rates, as ANSI/AAMI EC57 has it",
    .run = measures_main,
};
