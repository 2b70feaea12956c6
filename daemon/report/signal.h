/* What was done to the recorded signals before the device got them (schema/store.md: signal faults). */
#ifndef VR_REPORT_SIGNAL_H
#define VR_REPORT_SIGNAL_H

#include "base/json_write.h"
#include "report/report.h"

/* A line for each of one trial, in a report of one record. */
void vr_signal_put_trial(const struct vr_report *report, size_t index, FILE *out);
/* As the member "signal_faults" of an object that is open; nothing in a report of a whole run. */
void vr_signal_write(
    struct vr_json_writer *writer, const struct vr_report *report,
    const struct vr_trial_row *trial);

#endif
