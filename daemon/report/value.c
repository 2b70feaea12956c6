/* A metric's value as people read it. */
#include "report/value.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "report/number.h"

const char *vr_value_format(
    const struct vr_metric_row *metric, double value, double limit, char buffer[VR_VALUE_SIZE])
{
    char number[VR_NUMBER_SIZE], low[VR_NUMBER_SIZE], high[VR_NUMBER_SIZE];
    bool has_unit = metric && metric->unit[0] != '\0' && !isnan(value);

    int used = snprintf(
        buffer, VR_VALUE_SIZE, "%s%s%.24s", vr_number_format(value, limit, number),
        has_unit ? " " : "", has_unit ? metric->unit : "");
    if (!metric)
        return buffer;
    if (!isnan(metric->low) && !isnan(metric->high))
        used += snprintf(
            buffer + used, VR_VALUE_SIZE - (size_t)used, " [%s, %s]",
            vr_number_format(metric->low, NAN, low), vr_number_format(metric->high, NAN, high));
    snprintf(buffer + used, VR_VALUE_SIZE - (size_t)used, " n=%" PRId64, metric->n);
    return buffer;
}
