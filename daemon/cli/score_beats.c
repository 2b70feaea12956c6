/* vitalrig score beats: the beat-by-beat comparison of ANSI/AAMI EC57 on annotation files. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/amount.h"
#include "cli/answer.h"
#include "cli/beats_json.h"
#include "cli/say.h"
#include "cli/score_pairs.h"
#include "cli/verb.h"
#include "score/beats_text.h"

#define EC57_FROM_S 300.0
#define EC57_WINDOW_MS 150.0

enum form { FORM_LINE, FORM_TABLE, FORM_JSON };

struct beats_arguments {
    struct vr_score_pairs pairs;
    double from_s, window_ms;
    enum vr_beats_compat compat;
    enum form form;
};

enum { KEY_COMPAT = 0x100, KEY_FROM, KEY_WINDOW };

static const struct argp_option options[] = {
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

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct beats_arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->pairs;
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
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* The caller frees the events. */
static struct vr_event *events_of(const struct vr_annotations *list)
{
    struct vr_event *events = calloc(list->count + 1, sizeof *events);
    for (size_t i = 0; events && i < list->count; i++)
        events[i] = (struct vr_event){
            list->items[i].sample_index, list->items[i].code, list->items[i].subtype};
    return events;
}

static int compare(
    const struct beats_arguments *arguments, size_t index, struct vr_beats_result *result,
    struct vr_err *err)
{
    _cleanup_(vr_score_pair_finish) struct vr_score_pair pair = {0};
    int r = vr_score_pair_read(&arguments->pairs, index, &pair, err);
    if (r < 0)
        return r;
    _cleanup_free_ struct vr_event *reference = events_of(&pair.reference);
    _cleanup_free_ struct vr_event *test = events_of(&pair.test);
    if (!reference || !test)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory for its events", pair.record.path);

    result->record = pair.record.name;
    result->reference = pair.reference_name;
    result->test = pair.test_name;
    const struct vr_beats_options beats_options = {
        .rate_num = pair.record.rate_num,
        .rate_den = pair.record.rate_den,
        .sample_count = pair.record.frame_count,
        .from_s = arguments->from_s,
        .window_ms = arguments->window_ms,
        .compat = arguments->compat,
    };
    return vr_beats_compare(
        reference, pair.reference.count, test, pair.test.count, &beats_options, &result->counts,
        err);
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
    vr_beats_json_write(&writer, results, arguments->pairs.records.count);
    return vr_answer_end(&writer, err);
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
    for (size_t i = 0; i < arguments->pairs.records.count; i++) {
        const struct vr_beats_result *result = &results[i];
        if (arguments->form == FORM_LINE)
            vr_beats_line(stdout, result->record, &result->counts);
        else
            vr_beats_table(
                stdout, result->record, vr_score_annotator_name(result->reference),
                vr_score_annotator_name(result->test), &result->counts);
    }
    return 0;
}

/* Everything is compared before anything is printed: an error leaves no half result behind. */
static int score_beats(const struct beats_arguments *arguments, struct vr_err *err)
{
    size_t count = arguments->pairs.records.count;
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

static void arguments_finish(struct beats_arguments *arguments)
{
    vr_score_pairs_finish(&arguments->pairs);
}

static int beats_main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&vr_score_pairs_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        NULL,
        "Compare beats with beats as ANSI/AAMI EC57 does.\v"
        "--record may be given more than once; --ref and --test are then one name that each "
        "record has, or as many as there are records, in the same order.",
        children,
        NULL,
        NULL};
    struct vr_err err = {0};
    _cleanup_(arguments_finish) struct beats_arguments arguments = {
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
