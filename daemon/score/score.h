/* Scores: a pure function of stored rows.  One shape for every scorer; one file per scorer.
 *
 * A scorer sees each complete trial once (truth and outputs of one record), adds up, and at the end turns its sums into metrics.  It
 * knows no device, no file and no clock, so an old run can be judged again with nothing but its run file. */
#ifndef VR_SCORE_SCORE_H
#define VR_SCORE_SCORE_H

#include "base/err.h"
#include "scenario/scenario.h"
#include "store/store.h"

/* One complete trial. */
struct vr_score_trial {
    const struct vr_record_row *record;
    const struct vr_trial_row *trial;
    const struct vr_truth_row *truth;
    size_t truth_count;
    const struct vr_output_row *outputs;
    size_t output_count;
};

/* Metrics as they come; strings are copied.  The owner calls vr_metrics_finish.  Zeroed = empty. */
struct vr_metrics {
    struct vr_metric_row *items;
    size_t count, capacity;
};

/* value NaN = there is none; low and high NaN = no interval. */
int vr_metrics_add(struct vr_metrics *metrics, const struct vr_metric_row *metric,
    struct vr_err *err);
const struct vr_metric_row *vr_metrics_find(const struct vr_metrics *metrics, const char *name,
    const char *scope);
void vr_metrics_finish(struct vr_metrics *metrics);

struct vr_scorer {
    const char *name;    /* the scenario's "task" */
    const char *summary; /* one line */
    size_t state_size;   /* zeroed, aligned for any type, owned by the dispatcher */

    int (*open)(void *state, const struct vr_scenario_score *config, struct vr_err *err);
    /* Called once per complete trial; records may repeat (repeats are added up under the record's name). */
    int (*trial)(void *state, const struct vr_score_trial *trial, struct vr_err *err);
    /* Metrics of scope gross, average and of every record seen. */
    int (*finish)(void *state, struct vr_metrics *metrics, struct vr_err *err);
    void (*close)(void *state);
};

/* The scorers in the order of the list in score.c; NULL after the last. */
const struct vr_scorer *vr_scorer(size_t index);
const struct vr_scorer *vr_scorer_find(const char *name, struct vr_err *err);

#endif
