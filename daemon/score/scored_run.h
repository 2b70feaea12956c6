/* A run, scored: what it replayed, and of every task of a scenario the items of its records. */
#ifndef VR_SCORE_SCORED_RUN_H
#define VR_SCORE_SCORED_RUN_H

#include "score/replayed.h"
#include "score/score.h"

/* What became of a record: all its repeats together. */
struct vr_scored_record {
    const struct vr_replayed
        *content; /* the first of its trials that count; its name, subject and strata too */
    size_t repeats,
        sound;     /* the last attempts at each repeat; of these complete, with a closed ledger */
    bool is_mixed; /* not all of the same content */
};

/* Zeroed = empty. */
struct vr_scored {
    struct vr_replayed_list trials;
    struct vr_scored_record *records; /* by name, each once */
    size_t record_count;
    struct vr_score **scores; /* one for each task of the scenario */
    size_t score_count;
    bool is_refused;
    struct vr_err refusal; /* why the first trial that a scorer refused was */
};

/* Scores every sound last attempt with the tasks of `scenario`, which outlives the result.  Finish it in any case. */
int vr_scored_load(
    struct vr_store *store, int64_t run_id, const struct vr_scenario *scenario,
    struct vr_scored *ret_scored, struct vr_err *err);
void vr_scored_finish(struct vr_scored *scored);

/* NULL = there is none of that name. */
const struct vr_scored_record *vr_scored_record(const struct vr_scored *scored, const char *name);
/* The record's item under this task; NULL = it was not scored. */
const struct vr_by_record_entry *vr_scored_entry(
    const struct vr_scored *scored, size_t task, const char *name);

#endif
