/* vitalrig score beats: the beat-by-beat comparison of ANSI/AAMI EC57 on annotation files. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/answer.h"
#include "cli/beats_json.h"
#include "cli/say.h"
#include "cli/score_beats_simple.h"
#include "cli/score_options.h"
#include "cli/verb.h"
#include "score/beats_text.h"

enum code {
#define X(number, name, mnemonic, class, text) CODE_##name = number,
#include "schema/annotations.def"
#undef X
};

struct beats_arguments {
    struct vr_score_pairs pairs;
    struct vr_score_options options;
    enum vr_beats_classes classes;
    bool is_shutdown_asked, is_simple, is_paced_excluded;
};

enum { KEY_CLASSES = 0x100, KEY_SHUTDOWN, KEY_MATCHER, KEY_EXCLUDE_PACED };

static const struct argp_option options[] = {
    {"classes", KEY_CLASSES, "NUMBER", 0,
     "5: N S V F Q, or 4: S counts as N, in lines and tables (default: 5)", 0},
    {"shutdown", KEY_SHUTDOWN, NULL, 0,
     "Lines and tables of the beats that were missed in shutdown, instead of all", 0},
    {"matcher", KEY_MATCHER, "RULE", 0,
     "ec57, or simple: nearest beats without classes, as in research papers; the whole record "
     "unless --from says otherwise "
     "(default: ec57)",
     0},
    {"exclude-paced", KEY_EXCLUDE_PACED, NULL, 0,
     "Leave out records with paced beats, as EC38 and EC57 do", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct beats_arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_END:
        if (arguments->is_simple && (arguments->is_shutdown_asked || arguments->is_paced_excluded ||
                                     arguments->classes == VR_BEATS_FOUR_CLASSES))
            argp_error(state, "--matcher simple knows no classes, no shutdown and no paced beats");
        break;
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->pairs;
        state->child_inputs[1] = &arguments->options;
        break;
    case KEY_CLASSES:
        if (strcmp(argument, "4") != 0 && strcmp(argument, "5") != 0)
            argp_error(state, "--classes: \"%s\" is none of 4, 5", argument);
        arguments->classes =
            strcmp(argument, "4") == 0 ? VR_BEATS_FOUR_CLASSES : VR_BEATS_FIVE_CLASSES;
        break;
    case KEY_MATCHER:
        if (strcmp(argument, "ec57") != 0 && strcmp(argument, "simple") != 0)
            argp_error(state, "--matcher: \"%s\" is none of ec57, simple", argument);
        arguments->is_simple = strcmp(argument, "simple") == 0;
        break;
    case KEY_EXCLUDE_PACED:
        arguments->is_paced_excluded = true;
        break;
    case KEY_SHUTDOWN:
        arguments->is_shutdown_asked = true;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static bool has_paced_beats(const struct vr_annotations *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].code == CODE_PACE)
            return true;
    return false;
}

/* EC38 and EC57 leave records with a pacemaker out: its beats are not what an analyser is there for. */
static bool is_left_out(const struct beats_arguments *arguments, const struct vr_score_pair *pair)
{
    if (!has_paced_beats(&pair->reference))
        return false;
    vr_say(
        "note: %s has paced beats%s", pair->record.name,
        arguments->is_paced_excluded
            ? " and is left out"
            : "; EC38 and EC57 leave such records out, and so does --exclude-paced");
    return arguments->is_paced_excluded;
}

/* 1 = left out. */
static int compare(
    const struct beats_arguments *arguments, size_t index, struct vr_beats_result *result,
    struct vr_err *err)
{
    _cleanup_(vr_score_pair_finish) struct vr_score_pair pair = {0};
    int r = vr_score_pair_read(&arguments->pairs, index, &pair, err);
    if (r < 0)
        return r;
    if (is_left_out(arguments, &pair))
        return 1;
    _cleanup_free_ struct vr_event *reference = vr_score_events(&pair.reference);
    _cleanup_free_ struct vr_event *test = vr_score_events(&pair.test);
    if (!reference || !test)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory for its events", pair.record.path);

    result->record = pair.record.name;
    result->reference = pair.reference_name;
    result->test = pair.test_name;
    const struct vr_ec57_options ec57 = vr_score_ec57(&arguments->options, &pair.record);
    return vr_beats_compare(
        reference, pair.reference.count, test, pair.test.count, &ec57, &result->counts, err);
}

static int print_json(
    const struct beats_arguments *arguments, const struct vr_beats_result *results, size_t count,
    struct vr_err *err)
{
    struct vr_json_writer writer;
    vr_answer_begin(&writer);
    vr_score_options_json(&arguments->options, &writer);
    vr_beats_json_write(&writer, results, count);
    return vr_answer_end(&writer, err);
}

static void print_lines(
    const struct beats_arguments *arguments, const struct vr_beats_style *style,
    const struct vr_beats_result *results, size_t count)
{
    bool is_shutdown = arguments->is_shutdown_asked;
    (is_shutdown ? vr_beats_shutdown_line_header : vr_beats_line_header)(stdout, style);
    for (size_t i = 0; i < count; i++)
        (is_shutdown ? vr_beats_shutdown_line
                     : vr_beats_line)(stdout, style, results[i].record, &results[i].counts);
}

static void print_tables(
    const struct beats_arguments *arguments, const struct vr_beats_style *style,
    const struct vr_beats_result *results, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct vr_beats_result *result = &results[i];
        if (arguments->is_shutdown_asked)
            vr_beats_shutdown_table(stdout, style, &result->counts);
        else
            vr_beats_table(
                stdout, style, result->record, vr_score_annotator_name(result->reference),
                vr_score_annotator_name(result->test), &result->counts);
    }
}

static int print(
    const struct beats_arguments *arguments, const struct vr_beats_result *results, size_t count,
    struct vr_err *err)
{
    const struct vr_beats_style style = {arguments->classes, arguments->options.compat};
    vr_score_options_say(&arguments->options);
    if (arguments->options.form == VR_SCORE_JSON)
        return print_json(arguments, results, count, err);
    if (arguments->options.form == VR_SCORE_LINE)
        print_lines(arguments, &style, results, count);
    else
        print_tables(arguments, &style, results, count);
    return 0;
}

/* Everything is compared before anything is printed: an error leaves no half result behind. */
static int score_beats(const struct beats_arguments *arguments, struct vr_err *err)
{
    size_t record_count = arguments->pairs.records.count, count = 0;
    if (arguments->is_simple)
        return vr_score_beats_simple(&arguments->pairs, &arguments->options, err);
    _cleanup_free_ struct vr_beats_result *results = calloc(record_count, sizeof *results);
    if (!results)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu records", record_count);
    for (size_t i = 0; i < record_count; i++) {
        int r = compare(arguments, i, &results[count], err);
        if (r < 0)
            return r;
        count += r == 0 ? 1 : 0;
    }
    return print(arguments, results, count, err);
}

static int beats_main(int argc, char **argv)
{
    static const struct argp_child children[] = {
        {&vr_score_pairs_argp, 0, NULL, 0}, {&vr_score_options_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,  parse,
        NULL,     "Compare beats with beats as ANSI/AAMI EC57 does.\v" VR_SCORE_PAIRS_HELP,
        children, NULL,
        NULL};
    struct vr_err err = {0};
    struct beats_arguments arguments = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    int r = score_beats(&arguments, &err);
    vr_score_pairs_finish(&arguments.pairs);
    return r < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}

const struct vr_verb vr_verb_score_beats = {
    .name = "beats",
    .summary = "beat by beat, as ANSI/AAMI EC57 has it",
    .run = beats_main,
};
