/* Records and their two annotators, as options name them. */
#include "cli/score_pairs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum { KEY_RECORD = 0x200, KEY_REF, KEY_TEST };

static const struct argp_option options[] = {
    {"record", KEY_RECORD, "RECORD", 0, "FOLDER/RECORD or builtin:NAME/RECORD; may be repeated", 0},
    {"ref", KEY_REF, "ANNOTATOR", 0, "The truth: a name beside the record, or a file", 0},
    {"test", KEY_TEST, "ANNOTATOR", 0, "What is compared with it: a name, or a file", 0},
    {0},
};

/* One annotator name serves every record; else there is one for each. */
static void check_values(
    struct argp_state *state, const char *option, const struct vr_score_values *values,
    const struct vr_score_values *records)
{
    if (values->count == 0)
        argp_error(
            state, "%s is missing: a name beside the record, such as atr, or a file", option);
    if (values->count == 1 && records->count > 1 && strchr(values->items[0], '/'))
        argp_error(
            state,
            "%s names one file for %zu records: give a name that each record has, or one %s "
            "for each --record, in the same order",
            option, records->count, option);
    if (values->count != 1 && values->count != records->count)
        argp_error(
            state,
            "%zu %s for %zu records: give one name, or one %s for each --record, in the "
            "same order",
            values->count, option, records->count, option);
}

void vr_score_pairs_check(struct argp_state *state, const struct vr_score_pairs *pairs)
{
    check_values(state, "--ref", &pairs->references, &pairs->records);
    check_values(state, "--test", &pairs->tests, &pairs->records);
}

/* Every value takes at least one argument, so argc bounds each list. */
static error_t begin(struct vr_score_pairs *pairs, size_t capacity)
{
    const char **items = calloc(3 * capacity, sizeof *items);
    if (!items)
        return ENOMEM;
    pairs->records.items = items;
    pairs->references.items = items + capacity;
    pairs->tests.items = items + 2 * capacity;
    return 0;
}

static void add(struct vr_score_values *values, const char *value)
{
    values->items[values->count++] = value;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct vr_score_pairs *pairs = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        return begin(pairs, (size_t)state->argc);
    case KEY_RECORD:
        add(&pairs->records, argument);
        break;
    case KEY_REF:
        add(&pairs->references, argument);
        break;
    case KEY_TEST:
        add(&pairs->tests, argument);
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "\"%s\": name it with --record, --ref or --test", argument);
        break;
    case ARGP_KEY_END:
        if (pairs->records.count == 0)
            argp_error(state, "--record is missing: FOLDER/RECORD");
        vr_score_pairs_check(state, pairs);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

const struct argp vr_score_pairs_argp = {options, parse, NULL, NULL, NULL, NULL, NULL};

void vr_score_pairs_finish(struct vr_score_pairs *pairs)
{
    free(pairs->records.items);
    *pairs = (struct vr_score_pairs){0};
}

static const char *value_of(const struct vr_score_values *values, size_t index)
{
    return values->items[values->count > 1 ? index : 0];
}

int vr_score_pair_read(
    const struct vr_score_pairs *pairs, size_t index, struct vr_score_pair *ret_pair,
    struct vr_err *err)
{
    _cleanup_(vr_score_pair_finish) struct vr_score_pair pair = {
        .reference_name = value_of(&pairs->references, index),
        .test_name = value_of(&pairs->tests, index),
    };
    int r = vr_annotated_open(pairs->records.items[index], &pair.record, err);
    if (r == 0)
        r = vr_annotated_read(&pair.record, pair.reference_name, &pair.reference, err);
    if (r == 0)
        r = vr_annotated_read(&pair.record, pair.test_name, &pair.test, err);
    if (r < 0)
        return r;
    *ret_pair = pair;
    pair = (struct vr_score_pair){0};
    return 0;
}

void vr_score_pair_finish(struct vr_score_pair *pair)
{
    vr_annotations_finish(&pair->test);
    vr_annotations_finish(&pair->reference);
    vr_annotated_finish(&pair->record);
    *pair = (struct vr_score_pair){0};
}

const char *vr_score_annotator_name(const char *annotator)
{
    const char *slash = strrchr(annotator, '/');
    const char *base = slash ? slash + 1 : annotator;
    const char *dot = strrchr(base, '.');
    return dot ? dot + 1 : base;
}
