/* Where to look first. */
#include "report/worst.h"

#include <math.h>
#include <string.h>

#include "report/index.h"
#include "report/standing.h"

static const char *first_record(const struct vr_report *report, enum vr_mark mark)
{
    for (size_t i = 0; i < report->trial_count; i++)
        if (!report->superseded[i] && vr_standing_of(report, &report->trials[i]).mark == mark)
            return report->trials[i].record;
    return NULL;
}

/* The record that is furthest on the wrong side of a gate. */
static const char *worst_under(const struct vr_report *report, const struct vr_gate_row *gate)
{
    bool is_upper = strcmp(gate->rule, "max") == 0 || strstr(gate->rule, "increase");
    double sign = is_upper ? 1 : -1; /* larger = worse */
    const struct vr_metric_row *worst = NULL;
    for (size_t i = 0; i < report->metric_count; i++) {
        const struct vr_metric_row *metric = &report->metrics[i];
        if (strcmp(metric->name, gate->metric) != 0 || isnan(metric->value) ||
            !vr_index_has_record(report, metric->scope))
            continue;
        if (!worst || sign * metric->value > sign * worst->value)
            worst = metric;
    }
    return worst ? worst->scope : NULL;
}

const char *vr_worst_record(const struct vr_report *report)
{
    const char *record = first_record(report, VR_MARK_FAIL);
    for (size_t i = 0; i < report->gate_count && !record; i++)
        if (vr_mark_of_gate(&report->gates[i]) == VR_MARK_FAIL)
            record = worst_under(report, &report->gates[i]);
    if (!record)
        record = first_record(report, VR_MARK_RIG);
    if (!record)
        record = first_record(report, VR_MARK_UNSURE);
    return record;
}
