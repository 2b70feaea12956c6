/* Metrics: what the daemon counts, as Prometheus reads it (text format 0.0.4).
 *
 * Only what is known is told: a family that nobody ever set is left out, a counter without labels begins at 0.  A label takes
 * VR_METRICS_VALUES_MAX values; what comes after these is counted as "other", so that no client makes memory grow. */
#ifndef VR_SERVICE_METRICS_H
#define VR_SERVICE_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

#define VR_METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define VR_METRICS_VALUES_MAX 2048 /* of one family: 256 devices with 5 states, and room */

enum vr_metric {
#define X(name, text, type, label1, label2, help) VR_METRIC_##name,
#include "service/metrics.def"
#undef X
    VR_METRIC_COUNT
};

struct vr_metrics;

/* *ret_metrics has vitalrig_build_info and the counters without labels. */
int vr_metrics_create(struct vr_metrics **ret_metrics, struct vr_err *err);
void vr_metrics_destroy(struct vr_metrics *metrics);
void vr_metrics_destroyp(struct vr_metrics **metrics);

/* A counter's `add` is never negative.  `value1`, `value2`: of its labels, NULL where it has none; copied. */
void vr_metrics_count(
    struct vr_metrics *metrics, enum vr_metric metric, const char *value1, double add);
void vr_metrics_set(
    struct vr_metrics *metrics, enum vr_metric metric, const char *value1, const char *value2,
    double value);
void vr_metrics_observe(struct vr_metrics *metrics, enum vr_metric metric, double value);
/* No values any more: before a gauge is set anew of things that may be gone. */
void vr_metrics_clear(struct vr_metrics *metrics, enum vr_metric metric);

/* All states of a device; `word` as vr_bench_word. */
void vr_metrics_set_dut(struct vr_metrics *metrics, const char *dut, const char *word);
/* The process_* from /proc/self; what cannot be read is left out. */
void vr_metrics_set_process(struct vr_metrics *metrics);

/* "pass", "gate_failed", "usage", "rig_trouble", "nothing_selected", "inconclusive", "internal", "cancelled"; else "other". */
const char *vr_metrics_exit_class(int exit_code);

int vr_metrics_write(const struct vr_metrics *metrics, FILE *out, struct vr_err *err);
/* For the textfile collector of node_exporter: a file is there whole or not at all. */
int vr_metrics_write_file(const struct vr_metrics *metrics, const char *path, struct vr_err *err);

#endif
