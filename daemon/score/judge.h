/* Judging a run: read its rows, score every complete trial, judge the gates, store metrics, gates and verdict.
 *
 * The same call serves the end of a run and `vitalrig rescore`, years later. */
#ifndef VR_SCORE_JUDGE_H
#define VR_SCORE_JUDGE_H

#include "score/gate.h"

/* `scenario` gives scorers and gates (the run's own, or another one to try).  All derived rows are replaced in one transaction. */
int vr_judge_run(struct vr_store *store, int64_t run_id, const struct vr_scenario *scenario,
    struct vr_verdict *ret_verdict, struct vr_err *err);

#endif
