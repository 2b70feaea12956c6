/* Attempts: what became of every record and repeat of a run. */
#ifndef VR_SCORE_ATTEMPTS_H
#define VR_SCORE_ATTEMPTS_H

#include <stdbool.h>

#include "base/outcome.h"
#include "score/verdict.h"

/* One trial row, as far as it matters here. */
struct vr_attempt {
    char *record; /* name; owned */
    int64_t trial_id;
    int repeat, attempt;
    enum vr_outcome outcome; /* VR_OUTCOME_COUNT = none: the trial has no end */
    bool ledger_closed;
    double reached_s;       /* seconds of signal that the device consumed */
    bool is_restart_failed; /* the device should have been restarted before it, and was not */
};

/* By record, repeat and attempt once sorted.  Zeroed = empty. */
struct vr_attempts {
    struct vr_attempt *items;
    size_t count, capacity;
};

/* Add a trial; `record` is its record. */
int vr_attempts_add(
    struct vr_attempts *attempts, const struct vr_trial_row *trial,
    const struct vr_record_row *record, struct vr_err *err);
void vr_attempts_sort(struct vr_attempts *attempts);
void vr_attempts_finish(struct vr_attempts *attempts);

/* After sorting: is the attempt at this place the last one at its record and repeat? */
bool vr_attempts_last(const struct vr_attempts *attempts, size_t place);

/* Complete, with a closed ledger: fit to be scored. */
bool vr_attempt_is_sound(const struct vr_attempt *attempt);

/* After sorting: add every record and repeat to complete, firmware_failed, rig_trouble or
 * unfinished. */
void vr_attempts_count(const struct vr_attempts *attempts, struct vr_outcome_counts *counts);

#endif
