/* Pairs: what two runs both replayed, scored by the same task.
 *
 * A record makes a pair when both runs have it, with the same content, truth, warm-up and strata, as many repeats, all of them sound, and
 * scored on both sides.  Everything else is counted with its reason, for incomplete data never passes. */
#ifndef VR_SCORE_PAIRS_H
#define VR_SCORE_PAIRS_H

#include "score/scope.h"
#include "score/scored_run.h"

struct vr_pair {
    const struct vr_by_record_entry *run, *baseline; /* baseline NULL = there is but one run */
};

/* X(word, what is said of so many records) */
#define VR_PAIR_LACKS(X) \
    X(RUN, "not in this run") \
    X(BASELINE, "not in the baseline") \
    X(CONTENT, "of other content") \
    X(REPEATS, "replayed another number of times") \
    X(BROKEN, "not completed in this run") \
    X(BASELINE_BROKEN, "not completed in the baseline") \
    X(UNSCORED, "not scored in this run") \
    X(BASELINE_UNSCORED, "not scored in the baseline") \
    X(UNMEASURED, "with a number in one of the runs only")

enum vr_pair_lack {
#define X(word, text) VR_PAIR_LACK_##word,
    VR_PAIR_LACKS(X)
#undef X
        VR_PAIR_LACK_COUNT
};

/* Of the records of both runs that are in the scope, in the order of their names. */
struct vr_pairs {
    struct vr_pair *items;
    size_t count;
    size_t lacks[VR_PAIR_LACK_COUNT];
    const char *firsts[VR_PAIR_LACK_COUNT]; /* the first such record */
    const char *other; /* of the first of other content: "files", "truth", ... */
};

/* `baseline` NULL = none: pairs of one.  Finish it in any case. */
int vr_pairs_make(
    const struct vr_scored *run, const struct vr_scored *baseline, size_t task,
    const struct vr_scope *scope, struct vr_pairs *ret_pairs, struct vr_err *err);
void vr_pairs_finish(struct vr_pairs *pairs);

/* A record that is no pair, for this reason. */
void vr_pairs_lack(struct vr_pairs *pairs, enum vr_pair_lack lack, const char *record);
/* "2 records not in this run (the first: 100)"; "" = every record makes a pair.  Cut at size - 1. */
void vr_pairs_say(const struct vr_pairs *pairs, char *text, size_t size);

#endif
