/* What stands behind the metrics of labels and stages, which no metric's name can hold: matrices, each class against the rest, nights. */
#ifndef VR_CLI_SCORE_JSON_H
#define VR_CLI_SCORE_JSON_H

#include "base/json_write.h"
#include "score/score.h"

/* Members "classes", "gross" and "records" of the open object; of a task without classes, "records" has the names alone. */
int vr_score_json_write(
    struct vr_json_writer *writer, const struct vr_scenario_score *config,
    const struct vr_by_record *records, struct vr_err *err);

/* The matrix of all records to stdout; nothing of a task without. */
int vr_score_matrix_print(
    const struct vr_scenario_score *config, const struct vr_by_record *records, struct vr_err *err);

#endif
