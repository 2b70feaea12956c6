/* Judging a run: read its rows, score every complete trial, judge the gates, store metrics, gates
 * and verdict.
 *
 * The same call serves the end of a run and `vitalrig rescore`, years later.
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

/* `scenario` gives scorers and gates (the run's own, or another one to try).  All derived rows are
 * replaced in one transaction, which must not be open yet; on error nothing is changed. */
int vr_judge_run(
    struct vr_store *store, int64_t run_id, const struct vr_scenario *scenario,
    struct vr_verdict *ret_verdict, struct vr_err *err);

#endif
