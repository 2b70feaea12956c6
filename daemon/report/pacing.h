/* How well paced trials kept their time, in words (schema/store.md: pacing). */
#ifndef VR_REPORT_PACING_H
#define VR_REPORT_PACING_H

#include "report/report.h"

/* A line of the whole run: the worst of its trials, those that a later attempt took the place of left out.  Nothing when no trial was
 * paced. */
void vr_pacing_put_run(const struct vr_report *report, FILE *out);

/* Everything about one trial; nothing when it was not paced. */
void vr_pacing_put_trial(const struct vr_report *report, size_t index, FILE *out);

#endif
