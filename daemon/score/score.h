/* Scores: a pure function of stored rows.  One shape for every scorer; one file per scorer.
 *
 * A scorer makes an item of a complete trial (truth and outputs of one record), can add items up, and
 * can measure them (score/aggregate.h); what is added up is for the dispatcher.  It knows no device, no file and no clock, so an old run can be
 * judged again with nothing but its run file. */
#ifndef VR_SCORE_SCORE_H
#define VR_SCORE_SCORE_H

#include "base/err.h"
#include "scenario/scenario.h"
#include "score/aggregate.h"
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

/* What lies before does not count: from_s of the task behind the trial's warm-up, in seconds and in samples of the
 * first stream. */
double vr_score_from_s(const struct vr_scenario_score *config, const struct vr_score_trial *trial);
double vr_score_from_index(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial);

/* Truth and outputs are compared in samples of the first stream.  VR_ERR_INPUT when the output counts in another's. */
int vr_score_check_stream(
    const struct vr_score_trial *trial, const struct vr_output_row *output, struct vr_err *err);

/* A trial lacks what the scorer needs (truth): it is passed over, and its record gets no metrics. */
enum { VR_SCORE_NONE = 1 };

/* What a scorer is. */
struct vr_scorer {
    const char *name;    /* the scenario's "task"; its metrics are called "<name>..." */
    const char *summary; /* one line */
    /* Its metrics and its items.  A record counts as scored when the first metric has a value of it. */
    const struct vr_measure_table *table;

    /* What the schema cannot tell: does the task have what it needs ("classes")?  NULL = nothing to check.  VR_ERR_INPUT. */
    int (*check)(const struct vr_scenario_score *config, struct vr_err *err);
    /* Fill the zeroed item.  0, VR_SCORE_NONE, or VR_ERR_INPUT: this
     * trial cannot be scored, and err says why; its record gets metrics without values, and the
     * next trial is scored. */
    int (*trial)(
        const struct vr_scenario_score *config, const struct vr_score_trial *trial, void *item,
        struct vr_err *err);
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

/* `config` outlives the result. */
int vr_score_open(
    const struct vr_scenario_score *config, struct vr_score **ret_score, struct vr_err *err);
const struct vr_scorer *vr_score_scorer(const struct vr_score *score);
int vr_score_trial(struct vr_score *score, const struct vr_score_trial *trial, struct vr_err *err);
/* Every metric, of every scope (vr_aggregate). */
int vr_score_finish(struct vr_score *score, struct vr_metrics *metrics, struct vr_err *err);
/* What was scored so far, by record; valid until the next call that scores or closes. */
const struct vr_by_record *vr_score_records(const struct vr_score *score);
void vr_score_close(struct vr_score *score);

#endif
