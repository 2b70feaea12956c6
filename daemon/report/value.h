/* A metric's value as people read it: "99.5 % [99.1, 99.8] n=2000". */
#ifndef VR_REPORT_VALUE_H
#define VR_REPORT_VALUE_H

#include "store/store.h"

#define VR_VALUE_SIZE 160 /* bytes, with the NUL */

/* `value` with the metric's unit, interval and n; `metric` NULL = the bare number.  `limit` as in
 * vr_number_format.  Returns `buffer`. */
const char *vr_value_format(
    const struct vr_metric_row *metric, double value, double limit, char buffer[VR_VALUE_SIZE]);

#endif
