/* What is kept of labels against labels, and how that is measured (stats/confusion.h, stats/ranking.h).
 *
 * One item is a record, or a sum of many.  Pairs come in one by one: what the truth is, what the device
 * said.  A device that says nothing is missing: it counts in the availability, and nowhere else.  One
 * that says a number of no class is wrong, and not available either: silence costs availability, noise
 * costs both, so that noise never pays. */
#ifndef VR_SCORE_LABELS_H
#define VR_SCORE_LABELS_H

#include "score/aggregate.h"
#include "score/timeline.h"
#include "stats/confusion.h"
#include "stats/ranking.h"

/* Zeroed = nothing; ended with vr_labels_table.item_finish. */
struct vr_labels {
    struct vr_confusion matrix;
    int64_t missing;                    /* labels of the truth that the device said nothing to */
    int positive;                       /* number of the positive class + 1; 0 = none is stated */
    bool is_rhythm_2017;                /* the classes are N, A, O and ~ */
    size_t normal, fibrillation, other; /* their numbers, then */
    struct vr_predictions scores;       /* of the positive class, against being it */
    struct vr_predictions confidences;  /* of what the device said, against being right */
};

/* Take what the task says.  `labels` is zeroed. */
void vr_labels_init(struct vr_labels *labels, const struct vr_scenario_score *config);
/* Count one label `reference` of the truth.  False = no memory. */
bool vr_labels_count(
    struct vr_labels *labels, size_t reference, const struct vr_span_label *answer);

extern const struct vr_measure_table vr_labels_table;

#endif
