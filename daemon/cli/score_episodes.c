/* vitalrig score episodes: the episode-by-episode comparison of ANSI/AAMI EC57 on annotation files. */
#include <argp.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/amount.h"
#include "cli/score_frame.h"
#include "cli/verb.h"
#include "score/episodes_text.h"

struct episodes_arguments {
    struct vr_score_pairs pairs;
    struct vr_score_options options;
    struct vr_episodes_options rules; /* but for what depends on the record */
    bool has_kind;
};

enum { KEY_KIND = 0x100, KEY_EXCLUDE_FLUTTER, KEY_MIN_LENGTH };

static const struct argp_option options[] = {
    {"kind", KEY_KIND, "KIND", 0,
     "af: atrial fibrillation, or vf: ventricular flutter or fibrillation", 0},
    {"exclude-flutter", KEY_EXCLUDE_FLUTTER, NULL, 0,
     "Atrial flutter of the reference counts neither for nor against the test (EC38:1998)", 0},
    {"min-length", KEY_MIN_LENGTH, "TIME", 0, "Shorter episodes do not count (default: 0)", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct episodes_arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->pairs;
        state->child_inputs[1] = &arguments->options;
        break;
    case KEY_KIND:
        if (strcmp(argument, "af") != 0 && strcmp(argument, "vf") != 0)
            argp_error(state, "--kind: \"%s\" is none of af, vf", argument);
        arguments->rules.kind = strcmp(argument, "af") == 0 ? VR_EPISODE_AF : VR_EPISODE_VF;
        arguments->has_kind = true;
        break;
    case KEY_EXCLUDE_FLUTTER:
        arguments->rules.is_flutter_excluded = true;
        break;
    case KEY_MIN_LENGTH:
        arguments->rules.min_length_s = vr_amount_seconds(state, "--min-length", argument);
        break;
    case ARGP_KEY_END:
        if (!arguments->has_kind)
            argp_error(state, "--kind is missing: af or vf");
        if (arguments->rules.is_flutter_excluded && arguments->rules.kind != VR_EPISODE_AF)
            argp_error(state, "--exclude-flutter is for --kind af");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int compare(
    const void *context, const struct vr_score_case *input, void *counts, struct vr_err *err)
{
    const struct episodes_arguments *arguments = context;
    struct vr_episodes_options rules = arguments->rules;
    rules.ec57 = input->ec57;
    return vr_episodes_compare(
        input->reference, input->reference_count, input->test, input->test_count, &rules, counts,
        err);
}

static void add(void *sum, const void *counts)
{
    vr_episodes_add(sum, counts);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static double percentage(double part, double whole)
{
    return whole > 0 ? 100.0 * part / whole : NAN;
}

static void write_head(const void *context, struct vr_json_writer *writer)
{
    const struct episodes_arguments *arguments = context;
    vr_json_write_string(writer, "kind", arguments->rules.kind == VR_EPISODE_AF ? "af" : "vf");
    vr_json_write_bool(writer, "is_flutter_excluded", arguments->rules.is_flutter_excluded);
    vr_json_write_double(writer, "min_length_s", arguments->rules.min_length_s);
}

static void write(const void *context, struct vr_json_writer *writer, const void *counts_context)
{
    const struct vr_episodes_counts *counts = counts_context;
    (void)context;
    vr_json_write_int(writer, "tps", counts->tps);
    vr_json_write_int(writer, "fn", counts->fn);
    vr_json_write_int(writer, "tpp", counts->tpp);
    vr_json_write_int(writer, "fp", counts->fp);
    vr_json_write_double(writer, "reference_s", counts->reference_s);
    vr_json_write_double(writer, "reference_overlap_s", counts->reference_overlap_s);
    vr_json_write_double(writer, "test_s", counts->test_s);
    vr_json_write_double(writer, "test_overlap_s", counts->test_overlap_s);
    vr_json_write_double(
        writer, "sensitivity_pct",
        percentage((double)counts->tps, (double)(counts->tps + counts->fn)));
    vr_json_write_double(
        writer, "ppv_pct", percentage((double)counts->tpp, (double)(counts->tpp + counts->fp)));
    vr_json_write_double(
        writer, "duration_sensitivity_pct",
        percentage(counts->reference_overlap_s, counts->reference_s));
    vr_json_write_double(
        writer, "duration_ppv_pct", percentage(counts->test_overlap_s, counts->test_s));
}

/* --- text ------------------------------------------------------------------------------------- */

static void put_line_head(const void *context)
{
    const struct episodes_arguments *arguments = context;
    vr_episodes_line_header(stdout, arguments->rules.kind);
}

static void put_line(const void *context, const struct vr_score_names *names, const void *counts)
{
    (void)context;
    vr_episodes_line(stdout, names->record, counts);
}

static void put_table(const void *context, const struct vr_score_names *names, const void *counts)
{
    const struct episodes_arguments *arguments = context;
    vr_episodes_table(
        stdout, arguments->rules.kind, names->record, vr_score_annotator_name(names->reference),
        vr_score_annotator_name(names->test), counts);
}

static int episodes_main(int argc, char **argv)
{
    struct episodes_arguments arguments = {0};
    const struct vr_score_frame frame = {
        .argp_options = options,
        .parse = parse,
        .doc = "Compare episodes of fibrillation with episodes as ANSI/AAMI EC57 "
               "does.\v" VR_SCORE_PAIRS_HELP,
        .arguments = &arguments,
        .pairs = &arguments.pairs,
        .options = &arguments.options,
        .counts_size = sizeof(struct vr_episodes_counts),
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

const struct vr_verb vr_verb_score_episodes = {
    .name = "episodes",
    .summary = "episode by episode of fibrillation, as ANSI/AAMI EC57 has it",
    .run = episodes_main,
};
