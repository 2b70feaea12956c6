/* The daemon's operations, without a word of HTTP: what the API calls, and what tests call.
 *
 * One thread, the loop's.  It owns the queue, the bench, the leases and the workers; the catalogue has a thread of its own
 * (service/catalogue.h).  Every operation checks the user's right to it, and returns 0, or a negative VR_ERR_* with
 * the answer filled. */
#ifndef VR_SERVICE_DAEMON_H
#define VR_SERVICE_DAEMON_H

#include <stdatomic.h>
#include <systemd/sd-event.h>

#include "scenario/order.h"
#include "service/answer.h"
#include "service/bench.h"
#include "service/config.h"
#include "store/baseline.h"
#include "store/queue.h"
#include "store/store.h"

struct vr_daemon;

struct vr_user {
    uid_t uid;
    char name[64];
    pid_t pid;
    enum vr_role role;
};

/* Takes the rig's lock (VR_ERR_DEVICE names the first daemon), opens queue and catalogue, takes up what was running.  Borrowed: config, loop. */
int vr_daemon_create(
    const struct vr_config *config, sd_event *loop, struct vr_daemon **ret_daemon,
    struct vr_err *err);
/* Workers are asked to stop and waited for, drain_s at most; jobs that ran go on after the next start. */
void vr_daemon_drain(struct vr_daemon *daemon); /* sd_event_exit() follows when they have stopped */
void vr_daemon_destroy(struct vr_daemon *daemon);
void vr_daemon_destroyp(struct vr_daemon **daemon);
int vr_daemon_reload(
    struct vr_daemon *daemon,
    struct vr_err *err); /* the rig file again; devices in use stay as they are */

const struct vr_config *vr_daemon_config(const struct vr_daemon *daemon);
struct vr_bench *vr_daemon_bench(struct vr_daemon *daemon);
struct vr_queue *vr_daemon_queue(struct vr_daemon *daemon); /* for reading */
int64_t vr_daemon_started_utc_ns(const struct vr_daemon *daemon);
/* Absolute, as are the next two. */
const char *vr_daemon_rig_file(const struct vr_daemon *daemon);
const char *vr_daemon_state(const struct vr_daemon *daemon);
const char *vr_daemon_catalogue_path(const struct vr_daemon *daemon);
/* "" = nothing is wrong; else why nothing can run: the disk is full, the catalogue cannot be written, no device can be used. */
void vr_daemon_readiness(struct vr_daemon *daemon, char *text, size_t size);
/* For the watchdog: the keeper works and no worker is past its end; else why not. */
bool vr_daemon_is_alive(struct vr_daemon *daemon, char *text, size_t size);
/* One line for people. */
void vr_daemon_status(struct vr_daemon *daemon, char *text, size_t size);
/* Prometheus text. */
int vr_daemon_metrics(struct vr_daemon *daemon, FILE *out);
/* A request was answered with this status. */
void vr_daemon_count_answer(struct vr_daemon *daemon, int status);

/* --- jobs --- */

/* *ret_job_id 0 = every key is stored or pending already. */
int vr_daemon_submit(
    struct vr_daemon *daemon, const struct vr_user *user, const char *order_text, size_t size,
    int64_t *ret_job_id, struct vr_answer *answer);
int vr_daemon_cancel(
    struct vr_daemon *daemon, const struct vr_user *user, int64_t job_id, const char *why,
    struct vr_answer *answer);
/* Of a job: what it waits for ("" = it does not). */
void vr_daemon_waiting_for(
    struct vr_daemon *daemon, const struct vr_job_row *job, char *text, size_t size);
/* The client that follows a bound job is there, or is gone. */
int vr_daemon_bind(
    struct vr_daemon *daemon, const struct vr_user *user, int64_t job_id, struct vr_answer *answer);
void vr_daemon_unbind(struct vr_daemon *daemon, int64_t job_id);
/* Path of a job's run file; allocated.  VR_REFUSED_STATE when it has none yet. */
int vr_daemon_run_file(
    struct vr_daemon *daemon, int64_t job_id, char **ret_path, struct vr_answer *answer);
enum vr_key_state { VR_KEY_MISSING, VR_KEY_PENDING, VR_KEY_STORED };
int vr_daemon_key_state(
    struct vr_daemon *daemon, const char *key, enum vr_key_state *ret_state,
    struct vr_answer *answer);
/* What the catalogue knows of it; run "" = nothing. */
int vr_daemon_result(
    struct vr_daemon *daemon, const char *key, struct vr_result_row *ret_result,
    struct vr_answer *answer);

/* --- devices --- */

/* Who has a device beside the daemon is seen when it is wanted; this looks now. */
void vr_daemon_look_at_locks(struct vr_daemon *daemon);
int vr_daemon_release(
    struct vr_daemon *daemon, const struct vr_user *user, const char *dut,
    struct vr_answer *answer);
int vr_daemon_check(
    struct vr_daemon *daemon, const struct vr_user *user, const char *dut,
    struct vr_answer *answer);

/* --- leases --- */

struct vr_lease {
    int64_t lease_id;
    const char *dut;
    struct vr_user user;
    char reason[256];
    int64_t since_utc_ns, until_utc_ns; /* since 0 = it still waits */
};

struct vr_lease_wish {
    const char *dut, *reason;
    double for_s;
    bool waits;
};

/* What becomes of a lease after vr_daemon_lock returned; called from the loop, never from inside of lock.  After `ended` it is gone. */
struct vr_lease_events {
    void *context;
    void (*taken)(void *context, const struct vr_lease *lease);
    void (*ended)(void *context, const struct vr_lease *lease, const char *why);
};

/* The lease belongs to whoever holds the connection: it calls vr_daemon_unlock when that ends.  Returns with the lease taken, or waiting
 * (since_utc_ns 0); without `waits` a device that is held is VR_REFUSED_STATE. */
int vr_daemon_lock(
    struct vr_daemon *daemon, const struct vr_user *user, const struct vr_lease_wish *wish,
    const struct vr_lease_events *events, const struct vr_lease **ret_lease,
    struct vr_answer *answer);
/* By its holder's connection: `ended` is not called. */
void vr_daemon_unlock(struct vr_daemon *daemon, int64_t lease_id);
/* By somebody who asks for it: `ended` is called. */
int vr_daemon_lease_end(
    struct vr_daemon *daemon, const struct vr_user *user, int64_t lease_id,
    struct vr_answer *answer);
/* 0 = no more. */
const struct vr_lease *vr_daemon_lease_at(struct vr_daemon *daemon, size_t index);

/* --- events --- */

/* Somebody who wants to know that there are new events (vr_queue_events has them), or new progress.  Called from the loop. */
struct vr_listener {
    struct vr_listener *next; /* private */
    void *context;
    void (*woken)(void *context);
};
void vr_daemon_listen(struct vr_daemon *daemon, struct vr_listener *listener);
void vr_daemon_unlisten(struct vr_daemon *daemon, struct vr_listener *listener);
/* Progress of a running job, 0..1; a number that grows with each report, 0 = none yet. */
uint64_t vr_daemon_progress(struct vr_daemon *daemon, int64_t job_id, double *ret_fraction);

/* --- care --- */

int vr_daemon_backup(
    struct vr_daemon *daemon, const struct vr_user *user, struct vr_answer *answer);
/* A run that was made beside the daemon goes into the catalogue: accepted, and done when it is its turn. */
int vr_daemon_take_run(
    struct vr_daemon *daemon, const struct vr_user *user, const char *run_file,
    struct vr_answer *answer);
/* Baselines of the catalogue: accepted, and done when it is their turn; what was wrong stands in the log. */
int vr_daemon_set_baseline(
    struct vr_daemon *daemon, const struct vr_user *user, const struct vr_baseline_row *baseline,
    struct vr_answer *answer);
int vr_daemon_remove_baseline(
    struct vr_daemon *daemon, const struct vr_user *user, const char *name,
    struct vr_answer *answer);
const char *vr_daemon_snapshot_path(struct vr_daemon *daemon);

#endif
