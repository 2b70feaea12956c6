/* vitalrig score runs: the run-by-run comparison of ANSI/AAMI EC57 on annotation files. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "cli/score_frame.h"
#include "cli/verb.h"
#include "score/runs_text.h"

struct runs_arguments {
    struct vr_score_pairs pairs;
    struct vr_score_options options;
    enum vr_run_kind kind;
    bool has_kind;
};

/* By kind. */
struct runs_counts {
    struct vr_runs_counts of[2];
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

static int compare(
    const void *context, const struct vr_score_case *input, void *counts_context,
    struct vr_err *err)
{
    struct runs_counts *counts = counts_context;
    int r = 0;
    (void)context;
    for (int kind = VR_RUN_VE; r == 0 && kind <= VR_RUN_SVE; kind++)
        r = vr_runs_compare(
            input->reference, input->reference_count, input->test, input->test_count, &input->ec57,
            (enum vr_run_kind)kind, &counts->of[kind], err);
    return r;
}

static void add(void *sum_context, const void *counts_context)
{
    struct runs_counts *sum = sum_context;
    const struct runs_counts *counts = counts_context;
    for (int kind = VR_RUN_VE; kind <= VR_RUN_SVE; kind++)
        vr_runs_add(&sum->of[kind], &counts->of[kind]);
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

static void write(const void *context, struct vr_json_writer *writer, const void *counts_context)
{
    static const char *const words[] = {[VR_RUN_VE] = "ve", [VR_RUN_SVE] = "sve"};
    const struct runs_counts *counts = counts_context;
    for (int kind = VR_RUN_VE; kind <= VR_RUN_SVE; kind++) {
        const struct vr_runs_counts *own = &counts->of[kind];
        if (!is_asked(context, (enum vr_run_kind)kind))
            continue;
        struct vr_runs_sums sums = vr_runs_sums(own);
        vr_json_write_object(writer, words[kind]);
        write_matrix(writer, "reference_runs", own->reference_runs);
        write_matrix(writer, "test_runs", own->test_runs);
        write_class(writer, "couplets", &sums.couplets);
        write_class(writer, "short_runs", &sums.short_runs);
        write_class(writer, "long_runs", &sums.long_runs);
        vr_json_write_end(writer);
    }
}

/* --- text ------------------------------------------------------------------------------------- */

static void put_line_head(const void *context)
{
    const struct runs_arguments *arguments = context;
    vr_runs_line_header(stdout, arguments->kind);
}

static void put_line(
    const void *context, const struct vr_score_names *names, const void *counts_context)
{
    const struct runs_arguments *arguments = context;
    const struct runs_counts *counts = counts_context;
    vr_runs_line(stdout, names->record, &counts->of[arguments->kind]);
}

static void put_table(
    const void *context, const struct vr_score_names *names, const void *counts_context)
{
    const struct runs_counts *counts = counts_context;
    for (int kind = VR_RUN_VE; kind <= VR_RUN_SVE; kind++)
        if (is_asked(context, (enum vr_run_kind)kind))
            vr_runs_table(
                stdout, (enum vr_run_kind)kind, names->record,
                vr_score_annotator_name(names->reference), vr_score_annotator_name(names->test),
                &counts->of[kind]);
}

static int runs_main(int argc, char **argv)
{
    struct runs_arguments arguments = {0};
    const struct vr_score_frame frame = {
        .argp_options = options,
        .parse = parse,
        .doc =
            "Compare runs of ectopic beats with runs as ANSI/AAMI EC57 does.\v" VR_SCORE_PAIRS_HELP,
        .arguments = &arguments,
        .pairs = &arguments.pairs,
        .options = &arguments.options,
        .counts_size = sizeof(struct runs_counts),
        .compare = compare,
        .add = add,
        .write = write,
        .put_line_head = put_line_head,
        .put_line = put_line,
        .put_table = put_table,
    };
    return vr_score_frame_run(&frame, argc, argv);
}

const struct vr_verb vr_verb_score_runs = {
    .name = "runs",
    .summary = "run by run of ectopic beats, as ANSI/AAMI EC57 has it",
    .run = runs_main,
};
