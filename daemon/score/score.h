/* Scores: a pure function of stored rows.  One shape for every scorer; one file per scorer.
 *
 * A scorer sees each complete trial once (truth and outputs of one record), adds up, and at the end
 * turns its sums into metrics.  It knows no device, no file and no clock, so an old run can be
 * judged again with nothing but its run file. */
#ifndef VR_SCORE_SCORE_H
#define VR_SCORE_SCORE_H

#include "base/err.h"
#include "scenario/scenario.h"
#include "score/energy_rows.h"
#include "score/metrics.h"
#include "store/store.h"

/* One complete trial.  Nothing of it outlives the call that it is passed to. */
struct vr_score_trial {
    const struct vr_record_row *record;
    const struct vr_trial_row *trial;
    const struct vr_truth_row *truth;
    size_t truth_count;
    const struct vr_output_row *outputs;
    size_t output_count;
    const struct vr_energy_rows *energy; /* NULL = no task asks for it */
};

/* What a scorer is.  `state` is zeroed memory of state_size bytes, aligned for any type; the
 * dispatcher owns it. */
struct vr_scorer {
    const char *name;    /* the scenario's "task"; its metrics are called "<name>..." */
    const char *summary; /* one line */
    /* Every name that it may give, NULL after the last.  A record counts as scored when the first
     * of them has a value of it. */
    const char *const *metrics;
    size_t state_size;

    /* `config` outlives the state. */
    int (*open)(void *state, const struct vr_scenario_score *config, struct vr_err *err);
    /* Records may repeat: repeats are added up under the record's name.  A trial that lacks what
     * this scorer needs (truth) is passed over: no metrics for its record.  VR_ERR_INPUT: this
     * trial cannot be scored, and err says why; its record gets metrics without values, and the
     * scorer goes on with the next. */
    int (*trial)(void *state, const struct vr_score_trial *trial, struct vr_err *err);
    /* Every metric for the scopes gross, average and each record that was not passed over; none at
     * all when there is no such record. */
    int (*finish)(void *state, struct vr_metrics *metrics, struct vr_err *err);
    void (*close)(void *state);
};

/* The scorers in the order of the list in score.c; NULL after the last. */
const struct vr_scorer *vr_scorer(size_t index);
/* The scorer that gives this metric, NULL = none. */
const struct vr_scorer *vr_scorer_of(const char *metric);
/* NULL with err (VR_ERR_INPUT) filled, the nearest name said, when there is none. */
const struct vr_scorer *vr_scorer_find(const char *name, struct vr_err *err);

/* Does every task have a scorer, and every gate a scorer that gives its metric?  VR_ERR_INPUT with
 * file:line:column; for whoever checks a scenario before a run. */
int vr_score_check(const struct vr_scenario *scenario, struct vr_err *err);

struct vr_score; /* a scorer at work */

int vr_score_open(
    const struct vr_scenario_score *config, struct vr_score **ret_score, struct vr_err *err);
const struct vr_scorer *vr_score_scorer(const struct vr_score *score);
int vr_score_trial(struct vr_score *score, const struct vr_score_trial *trial, struct vr_err *err);
int vr_score_finish(struct vr_score *score, struct vr_metrics *metrics, struct vr_err *err);
void vr_score_close(struct vr_score *score);

#endif
