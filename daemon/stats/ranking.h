/* How well numbers tell positives from negatives, and how far they can be taken for chances.
 *
 *     AUROC     chance that a positive has a larger score than a negative, ties 1/2 (Mann-Whitney;
 *               J. A. Hanley and B. J. McNeil, Radiology 143 (1982) 29-36)
 *     AUPRC     average precision: sum (R_k - R_k-1) P_k over the distinct scores from the largest on;
 *               steps, never a line between them
 *     Brier     mean (score - y)^2, y = 1 for a positive, else 0 (G. W. Brier, Mon. Weather Rev. 78 (1950) 1-3)
 *     log loss  - mean log of the score given to what is true, scores clipped to VR_LOG_LOSS_CLIP from 0
 *               and 1: one confident mistake would else be infinite
 *     ECE       sum n_b / n |share right - mean confidence| over bins of equal width, a bin holding its
 *               lower end, the last both (C. Guo and others, ICML 2017, with the ends the other way round) */
#ifndef VR_STATS_RANKING_H
#define VR_STATS_RANKING_H

#include <stdbool.h>
#include <stddef.h>

#define VR_LOG_LOSS_CLIP 1e-15
#define VR_ECE_BINS 10

struct vr_prediction {
    double score;
    bool is_positive;
};

/* A growing list of them.  Zeroed = empty. */
struct vr_predictions {
    struct vr_prediction *items;
    size_t count, capacity;
};

/* False = no memory. */
bool vr_predictions_add(struct vr_predictions *list, double score, bool is_positive);
bool vr_predictions_append(struct vr_predictions *list, const struct vr_predictions *more);
void vr_predictions_finish(struct vr_predictions *list);

/* Descending by score, in place; no NaN among them. */
void vr_ranking_sort(struct vr_prediction *items, size_t count);

/* Of sorted items; NaN when there is no positive or no negative (AUPRC: no positive). */
double vr_auroc(const struct vr_prediction *sorted, size_t count);
double vr_auprc(const struct vr_prediction *sorted, size_t count);

/* Of scores from 0 to 1; NaN of none, and where a score is outside. */
double vr_brier(const struct vr_prediction *items, size_t count);
double vr_log_loss(const struct vr_prediction *items, size_t count);

/* Here a score is a confidence from 0 to 1, and positive means right. */
double vr_calibration_error(const struct vr_prediction *items, size_t count);

#endif
