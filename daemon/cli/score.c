/* vitalrig score: compare annotations with annotations, without any run. */
#include "cli/verb.h"

extern const struct vr_verb vr_verb_score_beats, vr_verb_score_runs, vr_verb_score_episodes,
    vr_verb_score_measures, vr_verb_score_summary;

static int score_main(int argc, char **argv)
{
    static const struct vr_verb *const items[] = {
        &vr_verb_score_beats, &vr_verb_score_runs, &vr_verb_score_episodes, &vr_verb_score_measures,
        &vr_verb_score_summary};
    static const struct vr_verbs verbs = {
        .intro = "Compare annotations of recordings with each other; no run, no device.\n",
        .items = items,
        .count = sizeof items / sizeof items[0],
    };
    return vr_verbs_run(&verbs, argc, argv);
}

const struct vr_verb vr_verb_score = {
    .name = "score",
    .summary = "compare annotations with each other: beats, runs, episodes, measures, summary",
    .run = score_main,
};
