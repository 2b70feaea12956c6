/* Who runs a scenario of `vitalrig run`: the daemon that owns the bench, when there is one, else this program by itself.
 *
 * By itself it is with --no-daemon, where the options name its files, for a built-in device, and on a bench that is not the daemon's. */
#ifndef VR_CLI_SUBMISSION_H
#define VR_CLI_SUBMISSION_H

#include "cli/client.h"
#include "cli/job.h"
#include "cli/ordering.h"

struct vr_submission {
    const struct vr_job_options *job; /* borrowed */
    struct vr_client_choice choice;
    struct vr_ordering ordering;
    bool detach; /* print the job's number on stdout, and leave it to the daemon */

    /* Private: found with the first scenario that a daemon could run. */
    struct vr_client *client;
    bool is_asked;
};
void vr_submission_finish(struct vr_submission *submission);

/* Run the scenario at `path` (NULL = the built-in one), print its report on stdout and its errors on stderr.  Returns the exit code. */
int vr_submission_run(struct vr_submission *submission, const char *path);

#endif
