/* What a `score` verb says: its metrics, and what stands behind them. */
#ifndef VR_CLI_SCORE_PRINT_H
#define VR_CLI_SCORE_PRINT_H

#include "score/score.h"

enum vr_score_form { VR_SCORE_TEXT, VR_SCORE_JSON, VR_SCORE_CSV };

/* To stdout.  `text`: the metrics of all records together that have a value, with the mean and standard deviation over subjects where these
 * are known, and the matrix of labels and stages.  `csv`: every metric of every scope.  `json`: those, the matrices, each class
 * against the rest, and the nights of both sides. */
int vr_score_print(
    const struct vr_scenario_score *config, const struct vr_by_record *records,
    enum vr_score_form form, struct vr_err *err);

#endif
