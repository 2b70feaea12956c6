/* Does the device's clock run on evenly?  Judged from each SYNC exchange to the next.
 *
 * The device took its time between the sending of SYNC and the coming of the answer, so two exchanges say how much must have passed on
 * its clock, at least and at most, whatever the delays were.  A clock that is off by less than VR_CLOCK_WATCH_TOLERANCE (a bad RC
 * oscillator is) stays within; one that was set, stopped or reset does not. */
#ifndef VR_REPLAY_CLOCK_WATCH_H
#define VR_REPLAY_CLOCK_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#define VR_CLOCK_WATCH_TOLERANCE 0.05

/* Zeroed = nothing seen yet. */
struct vr_clock_watch {
    bool has_last;
    int64_t sent_ns, received_ns; /* of the last exchange, by the host */
    uint32_t ticks;               /* when the device took SYNC, by itself */
};

/* One more exchange; ticks at ticks_hz, 32 bits that wrap.  True: the clock has not passed what it must, and *ret_step_ns is by how
 * much about. */
bool vr_clock_watch_note(
    struct vr_clock_watch *watch, int64_t sent_ns, int64_t received_ns, uint32_t ticks,
    int64_t ticks_hz, int64_t *ret_step_ns);

#endif
