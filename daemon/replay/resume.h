/* Going on with a run whose process has ended before it: what its run file knows of each trial.
 *
 * A trial is done when its last attempt counts: it ended with anything but rig trouble, or with rig trouble for the last time that the
 * scenario's retries allow.  An attempt that was cancelled, because the process that made it was stopped or died, counts for nothing, but
 * its number is never used again. */
#ifndef VR_REPLAY_RESUME_H
#define VR_REPLAY_RESUME_H

#include "replay/plan.h"
#include "replay/trust.h"
#include "store/store.h"

struct vr_resume_trial {
    bool is_done;
    int attempts; /* number of the next one */
    int failures; /* attempts with rig trouble */
    /* The last one that was not cancelled; meaningless with attempts 0. */
    bool has_last;
    struct vr_trust_trial last;
};

struct vr_resume {
    struct vr_resume_trial *trials; /* by their index in the plan; owned */
    size_t done_count;
    char firmware_hash[65]; /* that the run is about; "" = not known */
    char device_id[65];     /* of this device, as it told before; "" = not known */
    bool is_troubled;       /* this device may be stuck since the last attempt */
    int flashes, resets, power_cycles, failures; /* of the bench, until now */
};

/* VR_ERR_INPUT when the run does not belong to the plan: another scenario, seed or set of trials, or a record that has changed since.
 * Finish it in any case. */
int vr_resume_read(
    struct vr_store *store, int64_t run_id, const struct vr_plan *plan,
    struct vr_resume *ret_resume, struct vr_err *err);
void vr_resume_finish(struct vr_resume *resume);

#endif
