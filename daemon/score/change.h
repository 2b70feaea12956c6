/* The change of a metric from a baseline to a run, over the records that both have: with an interval, how likely it would be if there
 * were none, and what so many pairs could have shown.  Of one run alone, the same of the metric itself.
 *
 * Pure: the same pairs give the same numbers, for the resamples have a fixed seed. */
#ifndef VR_SCORE_CHANGE_H
#define VR_SCORE_CHANGE_H

#include "score/pairs.h"
#include "stats/bootstrap.h"

struct vr_change_setup {
    const struct vr_measure_table *table;
    size_t metric; /* index in the table */
    const struct vr_scope *scope;
    bool by_subject;
    bool in_pct; /* of the baseline's value */
    double
        confidence; /* that the number is below `high`, and the same above `low`; 0 = no interval */
    enum vr_bootstrap_method method;
    size_t resamples;
    struct vr_pairs *pairs; /* one more lack may be noted */
};

/* NaN = there is none. */
struct vr_change {
    double value, baseline_value;
    double change; /* value - baseline_value, or in percent of it; of one run, value */
    double low, high;
    double p_value; /* of a change as large, if there were none; of runs that are compared only */
    double standard_error; /* of change */
    double detectable;     /* as stats/power.h, at this confidence and 80 % */
    size_t cluster_count;
    enum vr_bootstrap_state state;
};

/* VR_ERR_NO_MEMORY. */
int vr_change_make(
    const struct vr_change_setup *setup, struct vr_change *ret_change, struct vr_err *err);

/* As few clusters as can tell anything with this confidence: if they all point the same way by chance alone, 2^-n of the time. */
size_t vr_change_clusters_min(double confidence);

/* The index of a metric in a table; false = it is not there. */
bool vr_change_metric(const struct vr_measure_table *table, const char *name, size_t *ret_metric);

#endif
