/* Two runs side by side: A, the older one, and B; the change is B - A, over the records that both have. */
#ifndef VR_CLI_COMPARISON_H
#define VR_CLI_COMPARISON_H

#include <stdio.h>

#include "score/change.h"
#include "score/identity.h"

#define VR_COMPARISON_CONFIDENCE 0.95 /* of the whole interval */
#define VR_COMPARISON_WORST 5

/* NaN = there is none. */
struct vr_compared_metric {
    const char *name, *unit;
    char scope[128];
    struct vr_change change; /* value is B's, baseline_value A's */
    bool by_subject;
    bool is_thin;    /* too few clusters for an interval: there is none */
    char lacks[512]; /* what was not compared; "" = nothing */
};

struct vr_compared_record {
    const char *name;
    double a, b;
};

/* Everything borrows from the scenario and the runs. */
struct vr_comparison {
    const struct vr_scenario *scenario;
    struct vr_identity a, b;
    struct vr_scored scored_a, scored_b;
    struct vr_compared_metric *metrics;
    size_t metric_count;
    const char *record_metric; /* by which records are listed; NULL = none */
    struct vr_compared_record
        records[VR_COMPARISON_WORST]; /* the largest changes first; none that is 0 */
    size_t record_count;
};

/* Metrics of the scenario's gates in their scopes, and the first one of each task; `with_all`: every metric, gross, average and, where
 * subjects are known, subject_average.  Finish it in any case. */
int vr_comparison_make(
    struct vr_store *store_a, int64_t run_a, struct vr_store *store_b, int64_t run_b,
    const struct vr_scenario *scenario, bool with_all, struct vr_comparison *ret_comparison,
    struct vr_err *err);
void vr_comparison_finish(struct vr_comparison *comparison);

void vr_comparison_put(const struct vr_comparison *comparison, FILE *out);
int vr_comparison_put_json(const struct vr_comparison *comparison, struct vr_err *err);

#endif
