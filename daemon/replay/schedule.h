/* The schedule: which samples go next.
 *
 * Of several streams the one goes whose next sample is due first, compared as exact fractions, so that the order is the same on every
 * machine and at any length.  Pure: no clock, no samples, only numbers. */
#ifndef VR_REPLAY_SCHEDULE_H
#define VR_REPLAY_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/protocol.h"

struct vr_schedule_stream {
    uint32_t rate_num, rate_den; /* samples per second, as a fraction */
    int64_t sample_count;        /* samples to send */
    int64_t next_index;          /* first sample not handed out yet */
};

struct vr_schedule {
    size_t stream_count;
    struct vr_schedule_stream streams[WIRE_STREAMS_MAX];
};

/* The next piece to send: of the streams that have samples left and room for some, the one whose
 * next sample is due first (the lower one when they are due together).  room[i] is how many samples
 * stream i can take now.  Returns false when there is nothing to send. The piece counts as handed
 * out. */
bool vr_schedule_next(
    struct vr_schedule *schedule, const size_t room[WIRE_STREAMS_MAX], size_t *ret_stream,
    int64_t *ret_first, size_t *ret_count);

/* Has every sample been handed out? */
bool vr_schedule_done(const struct vr_schedule *schedule);

#endif
