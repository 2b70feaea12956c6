/* A worker: the process `vitalrig worker`, which runs one job on one device into its run file and tells what happens.
 *
 * It gets its errand as one JSON object on stdin, and writes one JSON object a line to stdout (docs/reference-api.md, "Events"), and words for people to stderr:
 *
 *     {"format": 1, "order": {...}, "rig": PATH, "dut": NAME, "uid": UID, "run_file": PATH, "catalogue": PATH, "failures": N, "hand_back": BOOL}
 *
 * `failures`: in a row on this device before.  `catalogue` is only read, for a golden run.  The run file is made, or gone on with when it exists: finished trials stay, the open one is
 * closed as cancelled and is made again.  With `hand_back` it does not try a trial again after rig trouble, but ends with `handed_back`, for another device to go on.
 * The errand is one object and a line break; stdin stays open behind it.  The device's lock is descriptor 3.  It stops in good order on SIGTERM, at the end of its stdin, and when its parent dies.
 *
 * Events that only the daemon reads, at the end, in this order (`bench` only when a device was touched):
 *     {"event": "bench", "succeeded", "failures", "losses", "lost_utc_ns" (text), "reason", "limit", "power_cycle": "unseen"|"cycled"|"stayed"}
 *     {"event": "run_judged", "verdict", "why", "exit_code"}       every trial has an outcome, and the run is judged
 *     {"event": "handed_back", "why"}                              instead of run_judged
 *     {"event": "stopped"}                                         instead of run_judged: SIGTERM
 *     {"event": "failed", "code", "text", "exit_code"}             instead of run_judged
 */
#ifndef VR_SERVICE_WORKER_H
#define VR_SERVICE_WORKER_H

#include <systemd/sd-event.h>

#include "base/json.h"

struct vr_worker;

struct vr_worker_setup {
    const char *program; /* `vitalrig` */
    const char *errand;  /* the object above; copied */
    int lock_fd;         /* of the device, passed on; stays the caller's */
    double silence_s;    /* without a byte from it, it is killed */
    void *context;
    /* A line of stdout, parsed and an object; what is none is a death of the worker. */
    void (*event)(void *context, const char *kind, const struct vr_json *object);
    void (*said)(void *context, const char *line); /* of stderr */
    /* It is gone and reaped; `how` in words ("killed by signal 9", "exit code 70", "silent for 60 s").  The worker is freed behind it. */
    void (*ended)(void *context, int wait_status, const char *how);
};

int vr_worker_start(
    sd_event *loop, const struct vr_worker_setup *setup, struct vr_worker **ret_worker,
    struct vr_err *err);
pid_t vr_worker_pid(const struct vr_worker *worker);
int64_t vr_worker_start_ticks(const struct vr_worker *worker); /* field 22 of /proc/PID/stat */
/* SIGTERM, and SIGKILL for it and its group after `grace_s`. */
void vr_worker_stop(struct vr_worker *worker, double grace_s);
/* SIGKILL now; `ended` is not called. */
void vr_worker_destroy(struct vr_worker *worker);

/* By when it must have said something, or be gone. */
int64_t vr_worker_deadline_ns(const struct vr_worker *worker);

/* Kill what a daemon before left behind: the process, if it is still the one that started then, and its group. */
void vr_worker_kill_orphan(pid_t pid, int64_t start_ticks);

#endif
