/* The daemon's operations without a daemon: for the API's own tests and for fuzzing.  Its queue is a real one; nothing is ever run.
 *
 * Two devices, "one" and "two" of the model "band", and job 1 (running on "one"), job 2 (ended, with the run file `run_file`) and job 3 (queued). */
#ifndef TESTS_UNIT_SERVICE_FAKE_DAEMON_H
#define TESTS_UNIT_SERVICE_FAKE_DAEMON_H

#include "service/daemon.h"

#define FAKE_LEASES 8

struct vr_daemon {
    char folder[64];
    struct vr_config config;
    struct vr_rig *rig;
    struct vr_bench bench;
    struct vr_queue *queue;
    struct vr_listener *listeners;
    struct fake_lease {
        struct vr_lease lease; /* lease_id 0 = none */
        struct vr_lease_events events;
    } leases[FAKE_LEASES];
    int64_t last_lease_id;
    char *run_file; /* NULL = it is gone */
    double fraction;
    uint64_t progress_number;
    int binds;      /* that are open */
    bool is_broken; /* every change is refused: the disk is full */
};

struct vr_daemon *fake_daemon_create(void);
void fake_daemon_destroy(struct vr_daemon *daemon);
/* Store `count` events of the job (0 = of none), and tell the listeners; returns the last id. */
int64_t fake_daemon_tell(struct vr_daemon *daemon, int64_t job_id, const char *kind, int count);
void fake_daemon_progress(struct vr_daemon *daemon, double fraction);
/* The lease ends by itself. */
void fake_daemon_lease_end(struct vr_daemon *daemon, int64_t lease_id, const char *why);

#endif
