/* Marks of a trace: a JSON list of seconds, as "trace1-timestamps.json" of MLPerf Tiny's results. */
#ifndef VR_SCORE_ENERGY_MARKS_H
#define VR_SCORE_ENERGY_MARKS_H

#include <stddef.h>

#include "base/json.h"

/* The caller frees *ret_marks.  VR_ERR_INPUT: no list of at least two numbers, each above the one before, none below 0; with its place. */
int vr_energy_marks_parse(
    const struct vr_json_doc *doc, double **ret_marks, size_t *ret_count, struct vr_err *err);

#endif
