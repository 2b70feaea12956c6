/* The clocks of a stream, joined from the trial's stored rows once it has ended (replay/timemap.h), and stored. */
#ifndef VR_REPLAY_METER_JOIN_H
#define VR_REPLAY_METER_JOIN_H

#include "replay/hull.h"
#include "store/power.h"

struct vr_meter_join {
    int sync_line;   /* input that the device's sync line is wired to, -1 = none */
    bool falls_only; /* its rising edges are no instants */
    const struct vr_hull *hull;
    int64_t ticks_hz; /* of the device's clock, 0 = it has none */
};

/* Without a map the trial's log says why. */
int vr_meter_join(
    struct vr_store *store, const struct vr_power_stream_row *stream,
    const struct vr_meter_join *join, struct vr_err *err);

#endif
