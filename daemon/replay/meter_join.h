/* The clocks of a stream, joined from the trial's stored rows once it has ended (replay/timemap.h), and stored. */
#ifndef VR_REPLAY_METER_JOIN_H
#define VR_REPLAY_METER_JOIN_H

#include "replay/hull.h"
#include "store/power.h"

/* `sync_line`: input that the device's sync line is wired to, -1 = none.  Without a map the trial's log says why. */
int vr_meter_join(
    struct vr_store *store, const struct vr_power_stream_row *stream, int sync_line,
    const struct vr_hull *hull, int64_t ticks_hz, struct vr_err *err);

#endif
