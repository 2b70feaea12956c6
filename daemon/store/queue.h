/* The queue of a daemon, in a file of its own beside the catalogue (schema/queue.md): jobs, the result keys that they will make, and
 * the events that were told.
 *
 * One process writes it over one connection, WAL and synchronous=FULL: what returned 0 outlives a power cut.  The same rules as in
 * store/store.h hold for rows, callbacks and errors. */
#ifndef VR_STORE_QUEUE_H
#define VR_STORE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct vr_queue;

/* Made when it is missing; a newer schema, another kind of database and a file that another process writes are refused.  A corrupt one is
 * VR_ERR_STORE; the caller may move it aside.  Only the daemon opens it. */
int vr_queue_open(const char *path, struct vr_queue **ret_queue, struct vr_err *err);
void vr_queue_close(struct vr_queue *queue);
void vr_queue_closep(struct vr_queue **queue);

/* As vr_store_begin and its kin: several changes, one commit.  After an input/output error begin opens the file again: a daemon lives
 * longer than the trouble of its disk. */
int vr_queue_begin(struct vr_queue *queue, struct vr_err *err);
int vr_queue_commit(struct vr_queue *queue, struct vr_err *err);
void vr_queue_rollback(struct vr_queue *queue);

enum vr_job_state { VR_JOB_QUEUED, VR_JOB_RUNNING, VR_JOB_ENDED };
const char *vr_job_state_word(enum vr_job_state state);

/* Strings are never NULL. */
struct vr_job_row {
    int64_t job_id; /* out */
    uid_t user_id;
    const char *user, *order_json;
    const char *scenario; /* name */
    const char *dut;      /* device or model that is asked for */
    const char *campaign;
    int priority;
    bool bound;
    int64_t submitted_utc_ns;
    enum vr_job_state state;
    int64_t started_utc_ns, ended_utc_ns; /* 0 = not yet */
    const char *run_uid; /* "" until its first start; its run file is found by it */
    const char *on_dut;  /* "" unless running */
    const char *tried;   /* devices on which the bench failed with it, comma separated */
    pid_t
        worker_pid; /* 0 = none; with worker_start, the process's start time in ticks, it is never somebody else */
    int64_t worker_start;
    int starts,
        deaths; /* workers started; of them, ended without a word since a trial last ended */
    int trials, trials_done;
    int exit_code; /* -1 = not ended */
    const char *verdict, *why;
    bool is_cancelled; /* somebody asked for it */
    bool is_ingested;  /* its run is in the catalogue */
};

/* Reads only: what it changed might be read again. */
typedef int vr_job_fn(void *context, const struct vr_job_row *job);

/* `keys` are the result keys of its trials; may be none. */
int vr_queue_job_add(
    struct vr_queue *queue, struct vr_job_row *job, const char *const *keys, size_t key_count,
    struct vr_err *err);
/* Everything but what was submitted: state, times, run_uid, on_dut, tried, worker, counts, exit. */
int vr_queue_job_update(struct vr_queue *queue, const struct vr_job_row *job, struct vr_err *err);

struct vr_job_filter {
    const enum vr_job_state *state; /* NULL = any */
    const char *user, *campaign;    /* NULL = any */
    int64_t job_id;                 /* 0 = any */
    size_t limit;                   /* 0 = all */
    bool oldest_first;
};
int vr_queue_jobs(
    struct vr_queue *queue, const struct vr_job_filter *filter, vr_job_fn *fn, void *context,
    struct vr_err *err);
/* Ended jobs with a run that is not in the catalogue yet, oldest first. */
int vr_queue_jobs_to_ingest(
    struct vr_queue *queue, vr_job_fn *fn, void *context, struct vr_err *err);

/* Whether a job that is queued or running will make this result. */
int vr_queue_key_is_pending(
    struct vr_queue *queue, const char *key, bool *ret_pending, struct vr_err *err);

/* The newest job that has ended, and whose run, which may have this result, is not in the catalogue yet; 0 = none. */
int vr_queue_key_on_its_way(
    struct vr_queue *queue, const char *key, int64_t *ret_job_id, struct vr_err *err);

struct vr_event_row {
    int64_t event_id; /* ascending, never used twice */
    int64_t job_id;   /* 0 = of no job */
    int64_t utc_ns;
    const char *kind, *data; /* data: one JSON object */
};
typedef int vr_event_fn(void *context, const struct vr_event_row *event);

int vr_queue_event_add(struct vr_queue *queue, struct vr_event_row *event, struct vr_err *err);
/* Behind `after`, of one job (0 = all), at most `limit`. */
int vr_queue_events(
    struct vr_queue *queue, int64_t after, int64_t job_id, size_t limit, vr_event_fn *fn,
    void *context, struct vr_err *err);
/* The oldest one that is stored and the newest that ever was; 0, 0 = none. */
int vr_queue_event_range(
    struct vr_queue *queue, int64_t *ret_first, int64_t *ret_last, struct vr_err *err);

/* Forget ended jobs and their events that ended before `utc_ns`, and events of no job older than that.  A job whose run is not in the
 * catalogue yet stays. */
int vr_queue_prune(struct vr_queue *queue, int64_t utc_ns, struct vr_err *err);
/* integrity_check and foreign keys; *ret_findings counted. */
int vr_queue_check(struct vr_queue *queue, size_t *ret_findings, struct vr_err *err);
int64_t vr_queue_wal_bytes(struct vr_queue *queue);

#endif
