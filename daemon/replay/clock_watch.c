/* Two enclosures, compared. */
#include "replay/clock_watch.h"

#include <math.h>

/* Ticks read at the edge of one, on both sides. */
#define ROUNDING_TICKS 2

bool vr_clock_watch_note(
    struct vr_clock_watch *watch, int64_t sent_ns, int64_t received_ns, uint32_t ticks,
    int64_t ticks_hz, int64_t *ret_step_ns)
{
    struct vr_clock_watch last = *watch;
    *watch = (struct vr_clock_watch){
        .has_last = true, .sent_ns = sent_ns, .received_ns = received_ns, .ticks = ticks};
    if (!last.has_last || ticks_hz <= 0)
        return false;

    double least = (double)(sent_ns - last.received_ns) * (double)ticks_hz / 1e9;
    double most = (double)(received_ns - last.sent_ns) * (double)ticks_hz / 1e9;
    /* Half of the clock's range and more leaves open how often it wrapped. */
    if (most >= 0x1p31)
        return false;
    double expected = (least + most) / 2;
    uint32_t low = (uint32_t)(int64_t)llrint(expected);
    double passed = expected + (double)(int32_t)(ticks - last.ticks - low);
    /* An answer that overtook the question before it may leave less than nothing. */
    least = least > 0 ? least * (1 - VR_CLOCK_WATCH_TOLERANCE) : least;
    most *= 1 + VR_CLOCK_WATCH_TOLERANCE;
    *ret_step_ns = (int64_t)((passed - expected) / (double)ticks_hz * 1e9);
    return passed < least - ROUNDING_TICKS || passed > most + ROUNDING_TICKS;
}
