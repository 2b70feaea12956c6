/* Gates: metrics, and their change since a baseline, against the limits of a scenario.
 *
 * An absolute gate holds the value against min and max.  With a confidence it is inconclusive while the interval of the value, from the
 * clusters of the run, lies on both sides of the limit.
 *
 * A gate against a baseline has three answers.  With the stated confidence, one-sided: fail = worse by more than the limit, pass = not
 * worse by more than the limit (non-inferior), else inconclusive, with what so many pairs could have shown, and how many it would take.
 *
 * What could not be scored never passes: a metric that is not there makes its gate inconclusive, and so does a record of either run that
 * could not be compared.  A gate of level "warn" that does not pass is a warning, whatever kept it. */
#ifndef VR_SCORE_GATE_H
#define VR_SCORE_GATE_H

#include "score/baseline.h"

/* Zeroed = empty. */
struct vr_gate_rows {
    struct vr_gate_row *items; /* in the order of the scenario; each_... are one after the other */
    size_t count, capacity;

    /* Private. */
    struct vr_gate_string *strings; /* what the rows point to, as far as it is not the scenario's */
};

void vr_gate_rows_finish(struct vr_gate_rows *rows);

struct vr_gate_case {
    const struct vr_scenario *scenario;
    const struct vr_scored *run;      /* scored with it */
    const struct vr_metrics *metrics; /* of it */
    struct vr_baselines *baselines;   /* NULL = gates against one are inconclusive */
};

/* Judge every gate.  A row shows the limit that decides: the one that is broken, else the one that is not known to hold, else the nearer
 * one.  "each" is a row for each record, "each_subject" and "each_stratum" for each of those; one that is of none is one inconclusive
 * row.  Rows borrow from the case.  VR_ERR_NO_MEMORY, or an error of a store. */
int vr_gates_judge(
    const struct vr_gate_case *gate_case, struct vr_gate_rows *ret_rows, struct vr_err *err);

#endif
