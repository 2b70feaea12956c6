/* vitalrig score episodes: the episode-by-episode comparison of ANSI/AAMI EC57 on annotation files. */
#include <argp.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/amount.h"
#include "cli/answer.h"
#include "cli/score_options.h"
#include "cli/verb.h"
#include "score/episodes_text.h"

struct episodes_arguments {
    struct vr_score_pairs pairs;
    struct vr_score_options options;
    struct vr_episodes_options rules; /* but for what depends on the record */
    bool has_kind;
};

struct episodes_result {
    const char *record, *reference, *test; /* borrowed from the arguments */
    struct vr_episodes_counts counts;
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

static int compare(const void *context, size_t index, void *result_context, struct vr_err *err)
{
    const struct episodes_arguments *arguments = context;
    struct episodes_result *result = result_context;
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
    struct vr_episodes_options rules = arguments->rules;
    rules.ec57 = vr_score_ec57(&arguments->options, &pair.record);
    return vr_episodes_compare(
        reference, pair.reference.count, test, pair.test.count, &rules, &result->counts, err);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static double percentage(double part, double whole)
{
    return whole > 0 ? 100.0 * part / whole : NAN;
}

static void write_counts(struct vr_json_writer *writer, const struct vr_episodes_counts *counts)
{
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

static int print_json(
    const struct episodes_arguments *arguments, const struct episodes_result *results,
    struct vr_err *err)
{
    struct vr_episodes_counts gross = {0};
    struct vr_json_writer writer;
    vr_answer_begin(&writer);
    vr_score_options_json(&arguments->options, &writer);
    vr_json_write_string(&writer, "kind", arguments->rules.kind == VR_EPISODE_AF ? "af" : "vf");
    vr_json_write_bool(&writer, "is_flutter_excluded", arguments->rules.is_flutter_excluded);
    vr_json_write_double(&writer, "min_length_s", arguments->rules.min_length_s);
    vr_json_write_array(&writer, "records");
    for (size_t i = 0; i < arguments->pairs.records.count; i++) {
        vr_json_write_object(&writer, NULL);
        vr_json_write_string(&writer, "record", results[i].record);
        vr_json_write_string(&writer, "ref", results[i].reference);
        vr_json_write_string(&writer, "test", results[i].test);
        write_counts(&writer, &results[i].counts);
        vr_json_write_end(&writer);
        vr_episodes_add(&gross, &results[i].counts);
    }
    vr_json_write_end(&writer);
    vr_json_write_object(&writer, "gross");
    write_counts(&writer, &gross);
    vr_json_write_end(&writer);
    return vr_answer_end(&writer, err);
}

/* --- the verb --------------------------------------------------------------------------------- */

static int print(const void *context, const void *results_context, struct vr_err *err)
{
    const struct episodes_arguments *arguments = context;
    const struct episodes_result *results = results_context;
    enum vr_episode_kind kind = arguments->rules.kind;
    vr_score_options_say(&arguments->options);
    if (arguments->options.form == VR_SCORE_JSON)
        return print_json(arguments, results, err);
    if (arguments->options.form == VR_SCORE_LINE)
        vr_episodes_line_header(stdout, kind);
    for (size_t i = 0; i < arguments->pairs.records.count; i++) {
        const struct episodes_result *result = &results[i];
        if (arguments->options.form == VR_SCORE_LINE)
            vr_episodes_line(stdout, result->record, &result->counts);
        else
            vr_episodes_table(
                stdout, kind, result->record, vr_score_annotator_name(result->reference),
                vr_score_annotator_name(result->test), &result->counts);
    }
    return 0;
}

static int episodes_main(int argc, char **argv)
{
    struct episodes_arguments arguments = {0};
    const struct vr_score_frame frame = {
        .options = options,
        .parse = parse,
        .doc = "Compare episodes of fibrillation with episodes as ANSI/AAMI EC57 "
               "does.\v" VR_SCORE_PAIRS_HELP,
        .arguments = &arguments,
        .pairs = &arguments.pairs,
        .result_size = sizeof(struct episodes_result),
        .compare = compare,
        .print = print,
    };
    return vr_score_frame_run(&frame, argc, argv);
}

const struct vr_verb vr_verb_score_episodes = {
    .name = "episodes",
    .summary = "episode by episode of fibrillation, as ANSI/AAMI EC57 has it",
    .run = episodes_main,
};
