/* Two running means; the sample of a switch and those behind it are replaced by one of them. */
#include "power/ppk2_filter.h"

#include <math.h>

#define WEIGHT 0.18
#define WEIGHT_HIGH 0.06
#define REPLACED 3 /* samples from a switch on */
#define SETTLING 2 /* of them, those that range 4's mean leaves out */
#define RANGE_HIGH 4

double vr_ppk2_filter(struct vr_ppk2_filter *filter, unsigned range, double value)
{
    if (isnan(value)) {
        *filter = (struct vr_ppk2_filter){0};
        return value;
    }
    if (!filter->is_running)
        *filter = (struct vr_ppk2_filter){
            .average = value, .average_high = value, .range = range, .is_running = true};
    double average_before = filter->average, high_before = filter->average_high;
    filter->average += WEIGHT * (value - filter->average);
    filter->average_high += WEIGHT_HIGH * (value - filter->average_high);

    bool is_switch = range != filter->range;
    filter->range = range;
    if (!is_switch && filter->left == 0)
        return value;
    filter->since = is_switch ? 0 : filter->since + 1;
    filter->left = is_switch ? REPLACED : filter->left;
    filter->left--;
    if (range != RANGE_HIGH)
        return filter->average;
    if (filter->since < SETTLING) {
        filter->average = average_before;
        filter->average_high = high_before;
    }
    return filter->average_high;
}
