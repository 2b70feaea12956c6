/* Hangs that happen again.  A device that stops once may have been stopped by the bench; one that stops twice in a row at the same place
 * of a record was stopped by its firmware, and no later attempt makes that good.  The one rule for verdicts (score/) and reports. */
#ifndef VR_STORE_HANG_H
#define VR_STORE_HANG_H

#include "base/outcome.h"
#include "store/store.h"

/* Where a trial ended: seconds of signal that the device had consumed. */
double vr_hang_reached_s(const struct vr_trial_row *trial, const struct vr_record_row *record);

/* Did the device stop answering, by hanging or by restarting? */
bool vr_hang_is(enum vr_outcome outcome);

/* Two attempts in a row at one record and repeat: the same hang?  Not to be asked when the device should have been restarted in between
 * and was not (bench_why): then the bench had its part in the second one. */
bool vr_hang_is_repeated(
    enum vr_outcome first, double first_reached_s, enum vr_outcome second, double second_reached_s);

#endif
