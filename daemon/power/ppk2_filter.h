/* The filter that smooths the spikes of a PPK2's range switches, as its own application draws them.
 *
 * For plots only: it distorts the three samples behind a switch and does not keep the charge, so energy is summed over the raw values.
 * After the reference on power instruments, section 2.5. */
#ifndef VR_POWER_PPK2_FILTER_H
#define VR_POWER_PPK2_FILTER_H

#include <stdbool.h>

struct vr_ppk2_filter {
    double average, average_high; /* of range 4, which settles more slowly */
    unsigned range;               /* of the sample before */
    unsigned left;                /* samples still to be replaced */
    unsigned since;               /* replaced ones since the switch */
    bool is_running;              /* false = at the start, or behind a hole */
};

/* The next sample, in any unit; all zero is the start.  NaN = it is missing: given back, and the filter starts anew. */
double vr_ppk2_filter(struct vr_ppk2_filter *filter, unsigned range, double value);

#endif
