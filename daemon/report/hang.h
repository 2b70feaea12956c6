/* Hangs that happened again.  A device that stops once may have been stopped by the bench; one that stops twice in a row at the same place of
 * a record was stopped by its firmware, and no later attempt makes that good.  The rule is that of score/judge.h, told here for the records. */
#ifndef VR_REPORT_HANG_H
#define VR_REPORT_HANG_H

#include "report/report.h"

/* Fill report->hung_again from its trials.  The caller frees it with vr_report_finish. */
int vr_hang_find(struct vr_store *store, struct vr_report *report, struct vr_err *err);

#endif
