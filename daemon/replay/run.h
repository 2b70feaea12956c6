/* A run: every trial of a plan, with retries for rig trouble, into one run file, by one process or by several, one after the other.
 *
 * The firmware is flashed first, and a device that may be stuck is restarted, where the rig file says how (replay/recovery.h).  When the
 * bench has failed too often in a row (replay/trust.h), the trials that are left are not started; they end as dut_absent and say why. */
#ifndef VR_REPLAY_RUN_H
#define VR_REPLAY_RUN_H

#include <stdatomic.h>

#include "replay/plan.h"
#include "replay/trial.h"
#include "replay/trust.h"
#include "store/store.h"

/* Told to the caller as it happens; every slot may be NULL. */
struct vr_run_events {
    void *context;
    void (*trial_started)(
        void *context, size_t index, size_t total, const char *record, int repeat, int attempt);
    /* fraction of the whole run that is done, 0..1 */
    void (*progress)(void *context, int64_t now_ns, double fraction);
    void (*trial_ended)(
        void *context, const char *record, int repeat, int attempt,
        const struct vr_trial_result *result, double duration_s);
    /* what the bench did to the device, or failed to do */
    void (*bench_acted)(void *context, const char *text);
};

struct vr_run_setup {
    const struct vr_plan *plan;
    struct vr_store *store; /* a run file: a new one, or */
    int64_t resume_run_id; /* the run in it that is gone on with (replay/resume.h); 0 = a new one */
    /* Of a new run; NULL = not noted. */
    const char *uid;
    const char *order; /* VR_ENV_ORDER */
    const char *rig;   /* VR_ENV_RIG */
    const char *host;  /* name of the bench */
    const char *
        baseline; /* what its gates will be held against, NULL = as they say; noted at its beginning */
    const char *golden_uid; /* of the run that this one will be compared with, NULL = none; noted at
                               the start, so that the comparison cannot be forgotten */
    bool hand_back;         /* end after rig trouble, for another device to go on */
    uint32_t nonce_seed;    /* random: host nonces and session ids of this run */
    int64_t started_utc_ns, started_ns;
    struct vr_trust *trust; /* initialized by the caller, who keeps what it says in the end */
    struct vr_run_events events;
    const atomic_int *stop;
};

enum vr_run_end {
    VR_RUN_ENDED,       /* every trial has an outcome */
    VR_RUN_STOPPED,     /* by `stop`: the run is interrupted, and can be gone on with */
    VR_RUN_HANDED_BACK, /* the same, by hand_back */
};

struct vr_run_result {
    int64_t run_id;
    enum vr_run_end end;
    char why[VR_ERR_TEXT_SIZE]; /* it was handed back */
};

/* Returns 0 in each of these three; judging is the caller's (score/judge.h). */
int vr_run_execute(
    const struct vr_run_setup *setup, struct vr_run_result *ret_result, struct vr_err *err);

#endif
