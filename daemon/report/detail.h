/* What people read of one record: every attempt with its ledger, line and log, and every metric. */
#ifndef VR_REPORT_DETAIL_H
#define VR_REPORT_DETAIL_H

#include "report/report.h"

/* `report` is narrowed to one record (vr_report_narrow). */
void vr_detail_put(const struct vr_report *report, FILE *out);

#endif
