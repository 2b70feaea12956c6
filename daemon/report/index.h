/* Finding the rows of a report by name: a run has thousands of records, and each form asks for every one of them. */
#ifndef VR_REPORT_INDEX_H
#define VR_REPORT_INDEX_H

#include "report/report.h"

/* Make the report's index anew from its rows; vr_report_finish frees it.  VR_ERR_NO_MEMORY. */
int vr_index_make(struct vr_report *report, struct vr_err *err);
void vr_index_destroy(struct vr_report_index *index);

/* The metrics of a scope in their stored order; *ret_count of them. */
const struct vr_metric_row *const *vr_index_metrics(
    const struct vr_report *report, const char *scope, size_t *ret_count);

/* The metric of a name in a scope, or NULL. */
const struct vr_metric_row *vr_index_metric(
    const struct vr_report *report, const char *name, const char *scope);

/* Whether a scope names a record of this run, rather than "gross", "average" or "each". */
bool vr_index_has_record(const struct vr_report *report, const char *scope);

/* Whether any gate limits the metric. */
bool vr_index_has_gate(const struct vr_report *report, const char *metric);

#endif
