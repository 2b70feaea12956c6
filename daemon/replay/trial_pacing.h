/* How well a trial kept its time, from its rows as they are stored, so that anybody can make the same figures again. */
#ifndef VR_REPLAY_TRIAL_PACING_H
#define VR_REPLAY_TRIAL_PACING_H

#include "replay/pacing.h"
#include "replay/streams.h"

struct vr_trial_pacing {
    const struct vr_streams *streams;
    uint32_t speed_milli;
    uint32_t ticks_hz; /* of the device */
    int64_t underruns;
};

/* Returns 1 with the row filled, 0 with *ret_why = why there are no figures, or a negative VR_ERR_*. */
int vr_trial_pacing_measure(
    const struct vr_trial_pacing *pacing, struct vr_store *store, int64_t trial_id,
    struct vr_pacing_row *ret_row, const char **ret_why, struct vr_err *err);

#endif
