/* Options of the comparisons of EC57. */
#include "cli/score_options.h"

#include <stdlib.h>
#include <string.h>

#include "cli/amount.h"
#include "cli/say.h"

enum { KEY_COMPAT = 0x300, KEY_FROM, KEY_WINDOW, KEY_TABLE };

static const struct argp_option options[] = {
    {"compat", KEY_COMPAT, "PROGRAMS", 0, "wfdb: count as the programs of WFDB do, quirks included",
     0},
    {"format", 'f', "FORM", 0, "line, table or json (default: line)", 0},
    {"table", KEY_TABLE, NULL, 0, "The same as --format table", 0},
    {"json", 'j', NULL, 0, "The same as --format json", 0},
    {"from", KEY_FROM, "TIME", 0, "What lies before does not count (default: 300, the EC57 rule)",
     0},
    {"window", KEY_WINDOW, "MS", 0,
     "How far two beats of a pair may lie apart (default: 150, the EC57 rule)", 0},
    {0},
};

static enum vr_score_form find_form(struct argp_state *state, const char *word)
{
    static const char *const words[] = {
        [VR_SCORE_LINE] = "line", [VR_SCORE_TABLE] = "table", [VR_SCORE_JSON] = "json"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(word, words[i]) == 0)
            return (enum vr_score_form)i;
    argp_error(state, "--format: \"%s\" is none of line, table, json", word);
    return VR_SCORE_LINE;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct vr_score_options *into = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        into->from_s = VR_EC57_FROM_S;
        into->window_ms = VR_EC57_WINDOW_MS;
        break;
    case KEY_COMPAT:
        if (strcmp(argument, "wfdb") != 0)
            argp_error(state, "--compat: \"%s\" is not known; there is wfdb", argument);
        into->compat = VR_COMPAT_WFDB;
        break;
    case 'f':
        into->form = find_form(state, argument);
        break;
    case KEY_TABLE:
        into->form = VR_SCORE_TABLE;
        break;
    case 'j':
        into->form = VR_SCORE_JSON;
        break;
    case KEY_FROM:
        into->from_s = vr_amount_seconds(state, "--from", argument);
        into->has_from = true;
        break;
    case KEY_WINDOW:
        into->window_ms = vr_amount_number(state, "--window", argument);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

const struct argp vr_score_options_argp = {options, parse, NULL, NULL, NULL, NULL, NULL};

struct vr_ec57_options vr_score_ec57(
    const struct vr_score_options *options_given, const struct vr_annotated *record)
{
    return (struct vr_ec57_options){
        .rate_num = record->rate_num,
        .rate_den = record->rate_den,
        .sample_count = record->frame_count,
        .from_s = options_given->from_s,
        .window_ms = options_given->window_ms,
        .compat = options_given->compat,
    };
}

void vr_score_options_say(const struct vr_score_options *given)
{
    if (given->from_s != VR_EC57_FROM_S || given->window_ms != VR_EC57_WINDOW_MS)
        vr_say(
            "note: from %g s with a window of %g ms; EC57 has %g s and %g ms", given->from_s,
            given->window_ms, VR_EC57_FROM_S, VR_EC57_WINDOW_MS);
}

void vr_score_options_json(const struct vr_score_options *given, struct vr_json_writer *writer)
{
    vr_json_write_double(writer, "from_s", given->from_s);
    vr_json_write_double(writer, "window_ms", given->window_ms);
    vr_json_write_string(writer, "compat", given->compat == VR_COMPAT_WFDB ? "wfdb" : NULL);
}

struct vr_event *vr_score_events(const struct vr_annotations *list)
{
    struct vr_event *events = calloc(list->count + 1, sizeof *events);
    for (size_t i = 0; events && i < list->count; i++)
        events[i] = (struct vr_event){
            list->items[i].sample_index, list->items[i].code, list->items[i].subtype};
    return events;
}

struct vr_mark *vr_score_marks(const struct vr_annotations *list)
{
    struct vr_mark *marks = calloc(list->count + 1, sizeof *marks);
    for (size_t i = 0; marks && i < list->count; i++)
        marks[i] = (struct vr_mark){
            list->items[i].sample_index, list->items[i].code, list->items[i].subtype,
            list->items[i].text};
    return marks;
}
