/* Which trials of a report hung as the attempt before them did (store/hang.h has the rule). */
#ifndef VR_REPORT_HANG_H
#define VR_REPORT_HANG_H

#include "report/report.h"

/* Fill report->hung_again from its trials.  The caller frees it with vr_report_finish. */
int vr_hang_find(struct vr_store *store, struct vr_report *report, struct vr_err *err);

#endif
