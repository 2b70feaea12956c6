/* One trial: one record, on one device, once; from opening the record to the acknowledged row in
 * the run file. */
#ifndef VR_REPLAY_TRIAL_H
#define VR_REPLAY_TRIAL_H

#include <stdatomic.h>

#include "base/pseudonym.h"
#include "replay/connection.h"
#include "replay/meter.h"
#include "replay/plan.h"
#include "replay/session.h"
#include "store/store.h"

/* What a trial needs from the run around it. */
struct vr_trial_setup {
    const struct vr_plan *plan;
    struct vr_store *store;
    struct vr_connection
        *connection; /* closed: link_error says why, and the trial ends as dut_absent */
    const char *link_error;
    struct vr_meter *meter; /* NULL = none */
    int64_t run_id;
    size_t record; /* index in the plan */
    int repeat, attempt;
    uint8_t session_id;
    uint32_t host_nonce;
    uint32_t boot_nonce;                   /* of the trials before over this link; 0 = none yet */
    const struct vr_site_key *site_key;    /* for pseudonyms; NULL = no record has a subject */
    const char *device_id, *firmware_hash; /* hex, who must answer; NULL = whoever does */
    /* The bench should have restarted the device before this trial: by this command, which reported success (NULL = none did), or it
     * said why it could not ("" = it could).  A device that still tells the old nonce was never restarted. */
    const char *restarted_by;
    const char *restart_why;
    uint32_t old_boot_nonce; /* 0 = not known */
    /* consumed and planned samples, at most every 100 ms; NULL = nobody listens */
    void (*progress)(void *context, int64_t now_ns, int64_t consumed, int64_t planned);
    void *context;
    const atomic_int *stop;
};

struct vr_trial_result {
    enum vr_outcome outcome;
    struct vr_trial_row row;               /* ledger and line columns; its strings are not set */
    uint32_t boot_nonce;                   /* 0 = the device never said */
    char device_id[65], firmware_hash[65]; /* hex, "" = it never said */
    bool is_restarted;                     /* by restarted_by: another boot answers than before */
    int64_t link_lost_ns;                  /* when the line last went away, 0 = it never did */
    char result_key[65];
    char why[256];
    char bench_why[512]; /* as in store.h, "" = nothing */
    char warning[256];   /* what the record's reader noticed, "" = nothing */
};

/* Returns 0 when the trial's row is acknowledged, whatever its outcome; negative when the record
 * cannot be read (VR_ERR_INPUT) or the store fails (VR_ERR_STORE): then the row, if there is one,
 * stays "running". */
int vr_trial_run(
    const struct vr_trial_setup *setup, struct vr_trial_result *ret_result, struct vr_err *err);

#endif
