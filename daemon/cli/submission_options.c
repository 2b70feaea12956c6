#include "cli/submission_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client_options.h"

#define PRIORITY_MAX 100
#define NAME_SIZE_MAX 64
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

enum { KEY_PRIORITY = 0x1000, KEY_TAG, KEY_DETACH };

static const struct argp_option options[] = {
    {"priority", KEY_PRIORITY, "N", 0,
     "From -100 to 100: which job of the daemon's queue comes first (default 0)", 0},
    {"tag", KEY_TAG, "WORD", 0, "Name the job, to find it again; may be given 16 times", 0},
    {"detach", KEY_DETACH, NULL, 0,
     "Print the job's number and leave it to the daemon: `vitalrig jobs` tells of it", 0},
    {0},
};

static int parse_priority(struct argp_state *state, const char *text)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || end == text || *end || value < -PRIORITY_MAX || value > PRIORITY_MAX)
        argp_error(
            state, "--priority %s: not a whole number from -%d to %d", text, PRIORITY_MAX,
            PRIORITY_MAX);
    return (int)value;
}

static void add_tag(struct argp_state *state, struct vr_ordering *ordering, const char *word)
{
    size_t size = strlen(word);
    if (size == 0 || size > NAME_SIZE_MAX || strspn(word, LETTERS) == 0 ||
        strspn(word, LETTERS "._-") != size)
        argp_error(
            state, "--tag \"%s\": not a word of letters, digits, '.', '_' and '-', of at most %d",
            word, NAME_SIZE_MAX);
    if (ordering->tag_count == VR_ORDER_TAGS_MAX)
        argp_error(state, "--tag %s: more than %d tags", word, VR_ORDER_TAGS_MAX);
    ordering->tags[ordering->tag_count++] = word;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct vr_submission *submission = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &submission->choice;
        break;
    case KEY_PRIORITY:
        submission->ordering.priority = parse_priority(state, argument);
        break;
    case KEY_TAG:
        add_tag(state, &submission->ordering, argument);
        break;
    case KEY_DETACH:
        submission->detach = true;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp_child children[] = {
    {&vr_client_argp, 0, NULL, 0},
    {0},
};

const struct argp vr_submission_argp = {.options = options, .parser = parse, .children = children};
