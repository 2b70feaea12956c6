/* Metrics: the numbers that scorers make of a run, and that gates are held against. */
#ifndef VR_SCORE_METRICS_H
#define VR_SCORE_METRICS_H

#include "base/err.h"
#include "store/store.h"

/* In the order in which they were added.  The owner calls vr_metrics_finish.  Zeroed = empty. */
struct vr_metrics {
    struct vr_metric_row *items;
    size_t count, capacity;
};

/* A copy, strings included.  value NaN = there is none; low and high NaN = no interval. */
int vr_metrics_add(
    struct vr_metrics *metrics, const struct vr_metric_row *metric, struct vr_err *err);

/* The metric of this name and scope, or NULL. */
const struct vr_metric_row *vr_metrics_find(
    const struct vr_metrics *metrics, const char *name, const char *scope);

void vr_metrics_finish(struct vr_metrics *metrics);

#endif
