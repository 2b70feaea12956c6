/* Judging a run: read its rows, score every complete trial, judge the gates, store metrics, gates
 * and verdict.
 *
 * The same call serves the end of a run and `vitalrig rescore`, years later: with the same rows, scenario and baselines it gives the
 * same verdict.
 *
 * Of the attempts at a record and repeat, the last one counts.  Only a complete trial with a closed
 * ledger is scored; every other one keeps the run from passing:
 *   - the firmware failed (schema/outcomes.def), or it hung or rebooted twice in a row at the same
 *     place of the record, within a second of signal: the firmware's fault, fail;
 *   - rig trouble, which includes a hang or reboot that did not happen again: rig;
 *   - a trial without an end, an interrupted run: rig.
 * A run that is compared with a golden run (score/golden.h) fails when their outputs differ, and is
 * inconclusive while a trial that counts was not compared.  Judging reads that comparison from its
 * rows and leaves them: it needs no golden run, and no scenario can wish it away. */
#ifndef VR_SCORE_JUDGE_H
#define VR_SCORE_JUDGE_H

#include "score/gate.h"
#include "score/metrics.h"
#include "score/verdict.h"

/* What judging a run gives.  Finish it in any case. */
struct vr_judgement {
    struct vr_metrics metrics;
    struct vr_gate_rows gates;
    struct vr_verdict verdict;

    /* Private: what the gates borrow from. */
    struct vr_scored scored;
    struct vr_baselines baselines;
};

/* `scenario` gives scorers and gates (the run's own, or another one to try), and outlives the judgement; `source` says where baselines
 * are (NULL = in the run's own store only).  Nothing is stored. */
int vr_judge_make(
    struct vr_store *store, int64_t run_id, const struct vr_scenario *scenario,
    const struct vr_baseline_source *source, struct vr_judgement *ret_judgement,
    struct vr_err *err);
void vr_judgement_finish(struct vr_judgement *judgement);

/* The same, and store it.  All derived rows are replaced in one transaction, which must not be open yet; on error nothing is changed. */
int vr_judge_run(
    struct vr_store *store, int64_t run_id, const struct vr_scenario *scenario,
    const struct vr_baseline_source *source, struct vr_verdict *ret_verdict, struct vr_err *err);

#endif
