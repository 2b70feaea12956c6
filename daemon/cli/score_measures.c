/* vitalrig score measures: the measurement-by-measurement comparison of ANSI/AAMI EC57 on annotation files. */
#include <argp.h>
#include <stdlib.h>

#include "cli/say.h"
#include "cli/score_frame.h"
#include "cli/verb.h"
#include "score/measures_text.h"

struct measures_arguments {
    struct vr_score_pairs pairs;
    struct vr_score_options options;
    struct vr_measures_style style;
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

static int compare(
    const void *context, const struct vr_score_case *input, void *counts, struct vr_err *err)
{
    const struct measures_arguments *arguments = context;
    return vr_measures_compare(
        input->reference, input->reference_count, input->test, input->test_count, &input->ec57,
        arguments->style.measurement, counts, err);
}

static void add(void *sum, const void *counts)
{
    vr_measures_add(sum, counts);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void write_head(const void *context, struct vr_json_writer *writer)
{
    const struct measures_arguments *arguments = context;
    vr_json_write_int(writer, "measurement", arguments->style.measurement);
}

static void write(const void *context, struct vr_json_writer *writer, const void *counts_context)
{
    const struct vr_measures_counts *counts = counts_context;
    (void)context;
    vr_json_write_int(writer, "count", counts->count);
    vr_json_write_double(writer, "rms_error", vr_measures_rms_error(counts));
    vr_json_write_double(writer, "rms_error_pct", vr_measures_rms_error_pct(counts));
    vr_json_write_double(writer, "reference_mean", vr_measures_reference_mean(counts));
}

/* --- text ------------------------------------------------------------------------------------- */

/* mxm has nothing to say of a record without measurements. */
static bool is_passed_over(
    const struct measures_arguments *arguments, const struct vr_score_names *names,
    const struct vr_measures_counts *counts)
{
    if (counts->is_complete)
        return false;
    vr_say(
        "note: %s has no measurement %d in %s or in %s", names->record,
        arguments->style.measurement, names->reference, names->test);
    return arguments->options.compat == VR_COMPAT_WFDB;
}

static void put_line_head(const void *context)
{
    const struct measures_arguments *arguments = context;
    vr_measures_line_header(stdout, &arguments->style);
}

static void put_line(const void *context, const struct vr_score_names *names, const void *counts)
{
    const struct measures_arguments *arguments = context;
    if (!is_passed_over(arguments, names, counts))
        vr_measures_line(stdout, &arguments->style, names->record, counts);
}

static void put_table(const void *context, const struct vr_score_names *names, const void *counts)
{
    const struct measures_arguments *arguments = context;
    if (!is_passed_over(arguments, names, counts))
        vr_measures_table(
            stdout, &arguments->style, names->record, vr_score_annotator_name(names->reference),
            vr_score_annotator_name(names->test), counts);
}

static int measures_main(int argc, char **argv)
{
    struct measures_arguments arguments = {.style = {.measurement = 1}};
    const struct vr_score_frame frame = {
        .argp_options = options,
        .parse = parse,
        .doc = "Compare measurements, such as heart rates, as ANSI/AAMI EC57 "
               "does.\v" VR_SCORE_PAIRS_HELP,
        .arguments = &arguments,
        .pairs = &arguments.pairs,
        .options = &arguments.options,
        .counts_size = sizeof(struct vr_measures_counts),
        .compare = compare,
        .add = add,
        .write_head = write_head,
        .write = write,
        .put_line_head = put_line_head,
        .put_line = put_line,
        .put_table = put_table,
    };
    return vr_score_frame_run(&frame, argc, argv);
}

const struct vr_verb vr_verb_score_measures = {
    .name = "measures",
    .summary = "number by number, such as heart rates, as ANSI/AAMI EC57 has it",
    .run = measures_main,
};
