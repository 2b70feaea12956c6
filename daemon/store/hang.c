/* One fault of the firmware, or two accidents of the bench. */
#include "store/hang.h"

#include <math.h>

#define SAME_PLACE_S 1.0 /* signal between two hangs that are one fault of the firmware */

double vr_hang_reached_s(const struct vr_trial_row *trial, const struct vr_record_row *record)
{
    if (trial->samples_planned <= 0)
        return 0;
    /* A share of the duration, because samples are summed over streams of any rate. */
    double duration_s = (double)record->sample_count * record->rate_den / record->rate_num;
    return duration_s * (double)trial->samples_consumed / (double)trial->samples_planned;
}

bool vr_hang_is(enum vr_outcome outcome)
{
    return outcome == VR_OUTCOME_FW_HANG || outcome == VR_OUTCOME_FW_REBOOT;
}

bool vr_hang_is_repeated(
    enum vr_outcome first, double first_reached_s, enum vr_outcome second, double second_reached_s)
{
    return vr_hang_is(first) && vr_hang_is(second) &&
           fabs(second_reached_s - first_reached_s) <= SAME_PLACE_S;
}
