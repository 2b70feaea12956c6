/* Gates and the verdict: from metrics and outcomes to one word and one exit code (README.md, "Exit codes").
 *
 * The order is fixed: a failed gate or a failure of the firmware (exit 1) outranks rig trouble (3), which outranks inconclusive (5).
 * A metric that is not there makes its gate inconclusive, never passed. */
#ifndef VR_SCORE_GATE_H
#define VR_SCORE_GATE_H

#include "score/score.h"

/* How the trials of a run ended, the last attempt of each record and repeat. */
struct vr_outcome_counts {
    size_t complete, firmware_failed, rig_trouble, unfinished;
};

struct vr_verdict {
    const char *word; /* pass, fail, rig, inconclusive */
    int exit_code;
    char why[256]; /* one sentence with the counts */
};

/* Judge every gate; scope "each" gives one row per record that has the metric (one inconclusive row when none has).  Rows are
 * allocated; free with vr_gates_free. */
int vr_gates_judge(const struct vr_scenario *scenario, const struct vr_metrics *metrics,
    struct vr_gate_row **ret_rows, size_t *ret_count, struct vr_err *err);
void vr_gates_free(struct vr_gate_row *rows, size_t count);

void vr_verdict_reach(const struct vr_gate_row *rows, size_t count,
    const struct vr_outcome_counts *outcomes, struct vr_verdict *ret_verdict);

#endif
