/* A run against its golden run, as every form of report tells it. */
#ifndef VR_REPORT_PARITY_H
#define VR_REPORT_PARITY_H

#include "report/report.h"

/* Was the run to be compared with a golden run? */
bool vr_parity_is_asked(const struct vr_report *report);

/* What was found of this trial's outputs; NULL = they were not compared. */
const struct vr_parity_row *vr_parity_of(
    const struct vr_report *report, const struct vr_trial_row *trial);

/* Trials that count: the last attempts that are complete. */
struct vr_parity_counts {
    size_t equal, different, inconclusive; /* inconclusive: not compared, with a row or without */
    int64_t outputs, samples;              /* that were compared */
};
struct vr_parity_counts vr_parity_count(const struct vr_report *report);

#endif
