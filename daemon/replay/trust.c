/* Counting failures of the bench. */
#include "replay/trust.h"

#include <stdio.h>

#include "store/hang.h"

void vr_trust_init(struct vr_trust *trust, int limit, int64_t before)
{
    *trust = (struct vr_trust){.limit = limit, .before = before};
}

bool vr_trust_is_bench_failure(enum vr_outcome outcome)
{
    return vr_outcome_is_rig_trouble(outcome) && outcome != VR_OUTCOME_REFUSED &&
           outcome != VR_OUTCOME_HOST_IO && outcome != VR_OUTCOME_CANCELLED;
}

static bool is_repeated_hang(const struct vr_trust *trust, const struct vr_trust_trial *trial)
{
    const struct vr_trust_trial *last = &trust->last;
    return trust->has_last && !trial->is_restart_failed && last->record == trial->record &&
           last->repeat == trial->repeat && last->attempt + 1 == trial->attempt &&
           vr_hang_is_repeated(last->outcome, last->reached_s, trial->outcome, trial->reached_s);
}

void vr_trust_note_failure(struct vr_trust *trust, const char *why)
{
    trust->failures++;
    trust->losses = trust->lost_ns = 0;
    snprintf(trust->reason, sizeof trust->reason, "%s", why);
}

static bool is_loss(enum vr_outcome outcome)
{
    return outcome == VR_OUTCOME_LINK_LOST || outcome == VR_OUTCOME_DUT_ABSENT;
}

/* Only what was there can go away: a device that is absent from the start is its own trouble, whoever else is. */
static void note_bench_failure(struct vr_trust *trust, const struct vr_trust_trial *trial)
{
    int64_t losses = trust->losses, lost_ns = trust->lost_ns;
    vr_trust_note_failure(trust, trial->why);
    if (!is_loss(trial->outcome))
        return;
    bool was_there = trial->outcome == VR_OUTCOME_LINK_LOST ||
                     (trust->has_last && !is_loss(trust->last.outcome));
    trust->losses = losses + 1;
    trust->lost_ns = was_there ? trial->lost_ns : lost_ns;
}

void vr_trust_note(struct vr_trust *trust, const struct vr_trust_trial *trial)
{
    bool counts = false;
    if (is_repeated_hang(trust, trial)) {
        trust->failures -= trust->last_counts;
    } else if (vr_trust_is_bench_failure(trial->outcome)) {
        note_bench_failure(trust, trial);
        counts = true;
    } else if (!vr_outcome_is_rig_trouble(trial->outcome)) {
        trust->succeeded = true;
        trust->failures = trust->losses = trust->lost_ns = 0;
    }
    trust->last = *trial;
    trust->last.why = NULL; /* not ours to keep */
    trust->has_last = true;
    trust->last_counts = counts;
}

void vr_trust_recall(struct vr_trust *trust, const struct vr_trust_trial *trial, int attempt)
{
    trust->last = *trial;
    trust->last.attempt = attempt - 1; /* those in between were cancelled: they tell nothing */
    trust->last.why = NULL;
    trust->has_last = true;
    trust->last_counts = false;
}

bool vr_trust_is_lost(const struct vr_trust *trust)
{
    int64_t failures = trust->failures + (trust->succeeded ? 0 : trust->before);
    return trust->limit > 0 && trust->failures > 0 && failures >= trust->limit;
}
