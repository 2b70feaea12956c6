/* Working off a campaign: what is missing becomes jobs, of the daemon or of this program. */
#ifndef VR_CLI_CAMPAIGN_RUN_H
#define VR_CLI_CAMPAIGN_RUN_H

#include <stdatomic.h>

#include "cli/cells.h"

struct vr_campaign_run {
    struct vr_cells *cells;
    bool quiet;
    const atomic_int *stop;
    int stop_fd;

    size_t jobs;   /* out: made by this call */
    int exit_code; /* out: the worst of the jobs that ended while they were followed */
};

/* Submit what is missing to the daemon.  Again, or after having been killed on the way, it submits only what is missing still. */
int vr_campaign_submit(struct vr_campaign_run *run, struct vr_err *err);

/* Until none of its cells is pending.  VR_ERR_INTERRUPTED: the jobs go on. */
int vr_campaign_follow(struct vr_campaign_run *run, struct vr_err *err);

/* Without a daemon: job after job, into the catalogue. */
int vr_campaign_work(struct vr_campaign_run *run, struct vr_err *err);

#endif
