/* Where to look first: the record that explains a verdict best. */
#ifndef VR_REPORT_WORST_H
#define VR_REPORT_WORST_H

#include "report/report.h"

/* A record that failed itself; else the one with the worst value of a metric whose gate failed;
 * else one with rig trouble; else one that is unsure.  NULL when no record stands out. */
const char *vr_worst_record(const struct vr_report *report);

#endif
