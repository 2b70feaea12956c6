/* Trust: whether the bench around a device works, by what became of its trials.
 *
 * Trials in a row in which the bench failed are counted, over runs; one in which the device did its part, well or badly, starts the
 * count again.  A hang that happens again at the same place (store/hang.h) was the firmware's, so neither of the two counts.  What says
 * nothing about the bench (a refusal, the host's disk, the user's Ctrl-C) changes nothing. */
#ifndef VR_REPLAY_TRUST_H
#define VR_REPLAY_TRUST_H

#include "base/outcome.h"
#include "store/store.h"

struct vr_trust_trial {
    size_t record; /* index in the plan */
    int repeat, attempt;
    enum vr_outcome outcome;
    double reached_s;       /* of signal */
    int64_t lost_ns;        /* when its line was lost, or the device found absent */
    bool is_restart_failed; /* the device should have been restarted before it, and was not */
    const char *why;
};

struct vr_trust {
    int limit;        /* failures in a row that are too many; 0 = never */
    int64_t before;   /* failures in a row when the run began */
    bool succeeded;   /* in this run */
    int64_t failures; /* in this run, in a row until now */
    int64_t losses;   /* of them, the last ones: the line was lost, or no device found */
    int64_t
        lost_ns; /* when the line of a device that was there last went away, of these; 0 = it was never there */
    char reason[512];                 /* of the last one */
    enum vr_health_power power_cycle; /* kept by the run: what its trials told of it */

    /* Private: the last trial, and whether it counts. */
    struct vr_trust_trial last;
    bool has_last, last_counts;
};

void vr_trust_init(struct vr_trust *trust, int limit, int64_t before);
/* The attempt before `attempt`, in a process before this one: it was counted there. */
void vr_trust_recall(struct vr_trust *trust, const struct vr_trust_trial *trial, int attempt);
void vr_trust_note(struct vr_trust *trust, const struct vr_trust_trial *trial);
/* A failure of the bench outside of any trial. */
void vr_trust_note_failure(struct vr_trust *trust, const char *why);

/* The device must not be used any more: it would only fail again. */
bool vr_trust_is_lost(const struct vr_trust *trust);

/* The device may be stuck, or be away: the bench failed, and restarting it may help. */
bool vr_trust_is_bench_failure(enum vr_outcome outcome);

#endif
