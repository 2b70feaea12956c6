/* vitalrig score: compare annotations with annotations, without any run. */
#include "cli/verb.h"

#define VERBS(X) \
    X(beats) \
    X(runs) X(episodes) X(measures) X(summary) X(rate) X(labels) X(stages) X(delay) X(parity)

#define X(word) extern const struct vr_verb vr_verb_score_##word;
VERBS(X)
#undef X

static int score_main(int argc, char **argv)
{
    static const struct vr_verb *const items[] = {
#define X(word) &vr_verb_score_##word,
        VERBS(X)
#undef X
    };
    static const struct vr_verbs verbs = {
        .intro =
            "Compare annotations of recordings, or tables, with each other; no run, no device.\n",
        .items = items,
        .count = sizeof items / sizeof items[0],
    };
    return vr_verbs_run(&verbs, argc, argv);
}

const struct vr_verb vr_verb_score = {
    .name = "score",
    .summary = "compare annotations or tables: beats, rhythms, rates, labels, sleep stages",
    .run = score_main,
};
