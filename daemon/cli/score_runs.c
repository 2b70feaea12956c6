/* vitalrig score runs: the run-by-run comparison of ANSI/AAMI EC57 on annotation files. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/answer.h"
#include "cli/score_options.h"
#include "cli/verb.h"
#include "score/runs_text.h"

struct runs_arguments {
    struct vr_score_pairs pairs;
    struct vr_score_options options;
    enum vr_run_kind kind;
    bool has_kind;
};

struct runs_result {
    const char *record, *reference, *test; /* borrowed from the arguments */
    struct vr_runs_counts counts[2];       /* by kind */
};

enum { KEY_KIND = 0x100 };

static const struct argp_option options[] = {
    {"kind", KEY_KIND, "KIND", 0,
     "ve or sve: runs of ventricular or of supraventricular beats (default: ve; in a table and in "
     "JSON both)",
     0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct runs_arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->pairs;
        state->child_inputs[1] = &arguments->options;
        break;
    case KEY_KIND:
        if (strcmp(argument, "ve") != 0 && strcmp(argument, "sve") != 0)
            argp_error(state, "--kind: \"%s\" is none of ve, sve", argument);
        arguments->kind = strcmp(argument, "ve") == 0 ? VR_RUN_VE : VR_RUN_SVE;
        arguments->has_kind = true;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int compare(const void *context, size_t index, void *result_context, struct vr_err *err)
{
    const struct runs_arguments *arguments = context;
    struct runs_result *result = result_context;
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
    for (int kind = VR_RUN_VE; r == 0 && kind <= VR_RUN_SVE; kind++)
        r = vr_runs_compare(
            reference, pair.reference.count, test, pair.test.count, &ec57, (enum vr_run_kind)kind,
            &result->counts[kind], err);
    return r;
}

static bool is_asked(const struct runs_arguments *arguments, enum vr_run_kind kind)
{
    bool is_line = arguments->options.form == VR_SCORE_LINE;
    return arguments->kind == kind || (!is_line && !arguments->has_kind);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void write_matrix(
    struct vr_json_writer *writer, const char *key, const int64_t counts[][VR_RUN_LENGTHS])
{
    vr_json_write_array(writer, key);
    for (size_t r = 0; r < VR_RUN_LENGTHS; r++) {
        vr_json_write_array(writer, NULL);
        for (size_t t = 0; t < VR_RUN_LENGTHS; t++)
            vr_json_write_int(writer, NULL, counts[r][t]);
        vr_json_write_end(writer);
    }
    vr_json_write_end(writer);
}

static void write_class(
    struct vr_json_writer *writer, const char *key, const struct vr_runs_class *class)
{
    vr_json_write_object(writer, key);
    vr_json_write_int(writer, "tps", class->tps);
    vr_json_write_int(writer, "fn", class->fn);
    vr_json_write_int(writer, "tpp", class->tpp);
    vr_json_write_int(writer, "fp", class->fp);
    vr_json_write_double(
        writer, "sensitivity_pct", 100.0 * (double)class->tps / (double)(class->tps + class->fn));
    vr_json_write_double(
        writer, "ppv_pct", 100.0 * (double)class->tpp / (double)(class->tpp + class->fp));
    vr_json_write_end(writer);
}

static void write_counts(
    const struct runs_arguments *arguments, struct vr_json_writer *writer,
    const struct vr_runs_counts counts[2])
{
    static const char *const words[] = {[VR_RUN_VE] = "ve", [VR_RUN_SVE] = "sve"};
    for (int kind = VR_RUN_VE; kind <= VR_RUN_SVE; kind++) {
        if (!is_asked(arguments, (enum vr_run_kind)kind))
            continue;
        struct vr_runs_sums sums = vr_runs_sums(&counts[kind]);
        vr_json_write_object(writer, words[kind]);
        write_matrix(writer, "reference_runs", counts[kind].reference_runs);
        write_matrix(writer, "test_runs", counts[kind].test_runs);
        write_class(writer, "couplets", &sums.couplets);
        write_class(writer, "short_runs", &sums.short_runs);
        write_class(writer, "long_runs", &sums.long_runs);
        vr_json_write_end(writer);
    }
}

static int print_json(
    const struct runs_arguments *arguments, const struct runs_result *results, struct vr_err *err)
{
    struct vr_runs_counts gross[2] = {0};
    struct vr_json_writer writer;
    vr_answer_begin(&writer);
    vr_score_options_json(&arguments->options, &writer);
    vr_json_write_array(&writer, "records");
    for (size_t i = 0; i < arguments->pairs.records.count; i++) {
        vr_json_write_object(&writer, NULL);
        vr_json_write_string(&writer, "record", results[i].record);
        vr_json_write_string(&writer, "ref", results[i].reference);
        vr_json_write_string(&writer, "test", results[i].test);
        write_counts(arguments, &writer, results[i].counts);
        vr_json_write_end(&writer);
        vr_runs_add(&gross[VR_RUN_VE], &results[i].counts[VR_RUN_VE]);
        vr_runs_add(&gross[VR_RUN_SVE], &results[i].counts[VR_RUN_SVE]);
    }
    vr_json_write_end(&writer);
    vr_json_write_object(&writer, "gross");
    write_counts(arguments, &writer, gross);
    vr_json_write_end(&writer);
    return vr_answer_end(&writer, err);
}

/* --- the verb --------------------------------------------------------------------------------- */

static void print_table(const struct runs_arguments *arguments, const struct runs_result *result)
{
    for (int kind = VR_RUN_VE; kind <= VR_RUN_SVE; kind++)
        if (is_asked(arguments, (enum vr_run_kind)kind))
            vr_runs_table(
                stdout, (enum vr_run_kind)kind, result->record,
                vr_score_annotator_name(result->reference), vr_score_annotator_name(result->test),
                &result->counts[kind]);
}

static int print(const void *context, const void *results_context, struct vr_err *err)
{
    const struct runs_arguments *arguments = context;
    const struct runs_result *results = results_context;
    vr_score_options_say(&arguments->options);
    if (arguments->options.form == VR_SCORE_JSON)
        return print_json(arguments, results, err);
    if (arguments->options.form == VR_SCORE_LINE)
        vr_runs_line_header(stdout, arguments->kind);
    for (size_t i = 0; i < arguments->pairs.records.count; i++) {
        if (arguments->options.form == VR_SCORE_LINE)
            vr_runs_line(stdout, results[i].record, &results[i].counts[arguments->kind]);
        else
            print_table(arguments, &results[i]);
    }
    return 0;
}

static int runs_main(int argc, char **argv)
{
    struct runs_arguments arguments = {0};
    const struct vr_score_frame frame = {
        .options = options,
        .parse = parse,
        .doc =
            "Compare runs of ectopic beats with runs as ANSI/AAMI EC57 does.\v" VR_SCORE_PAIRS_HELP,
        .arguments = &arguments,
        .pairs = &arguments.pairs,
        .result_size = sizeof(struct runs_result),
        .compare = compare,
        .print = print,
    };
    return vr_score_frame_run(&frame, argc, argv);
}

const struct vr_verb vr_verb_score_runs = {
    .name = "runs",
    .summary = "run by run of ectopic beats, as ANSI/AAMI EC57 has it",
    .run = runs_main,
};
