/* Sorting and counting attempts. */
#include "score/attempts.h"

#include <stdlib.h>
#include <string.h>

#include "store/hang.h"

int vr_attempts_add(
    struct vr_attempts *attempts, const struct vr_trial_row *trial,
    const struct vr_record_row *record, struct vr_err *err)
{
    if (attempts->count == attempts->capacity) {
        size_t capacity = attempts->capacity ? 2 * attempts->capacity : 64;
        void *items = reallocarray(attempts->items, capacity, sizeof *attempts->items);
        if (!items)
            return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu trials", capacity);
        attempts->items = items;
        attempts->capacity = capacity;
    }
    char *name = strdup(record->name);
    if (!name)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the trial of %s", record->name);
    attempts->items[attempts->count++] = (struct vr_attempt){
        .record = name,
        .trial_id = trial->trial_id,
        .repeat = trial->repeat,
        .attempt = trial->attempt,
        .outcome = vr_outcome_find(trial->outcome),
        .ledger_closed = trial->ledger_closed,
        .reached_s = vr_hang_reached_s(trial, record),
        .is_restart_failed = trial->bench_why && trial->bench_why[0],
    };
    return 0;
}

static bool is_same_trial(const struct vr_attempt *a, const struct vr_attempt *b)
{
    return a->repeat == b->repeat && strcmp(a->record, b->record) == 0;
}

static int attempt_compare(const void *a, const void *b)
{
    const struct vr_attempt *x = a, *y = b;
    int order = strcmp(x->record, y->record);
    if (order)
        return order;
    if (x->repeat != y->repeat)
        return x->repeat < y->repeat ? -1 : 1;
    if (x->attempt != y->attempt)
        return x->attempt < y->attempt ? -1 : 1;
    return x->trial_id < y->trial_id ? -1 : x->trial_id > y->trial_id;
}

void vr_attempts_sort(struct vr_attempts *attempts)
{
    if (attempts->count > 0)
        qsort(attempts->items, attempts->count, sizeof *attempts->items, attempt_compare);
}

void vr_attempts_finish(struct vr_attempts *attempts)
{
    if (!attempts)
        return;
    for (size_t i = 0; i < attempts->count; i++)
        free(attempts->items[i].record);
    free(attempts->items);
    *attempts = (struct vr_attempts){0};
}

bool vr_attempts_last(const struct vr_attempts *attempts, size_t place)
{
    return place + 1 == attempts->count ||
           !is_same_trial(&attempts->items[place], &attempts->items[place + 1]);
}

bool vr_attempt_is_sound(const struct vr_attempt *attempt)
{
    return attempt->outcome == VR_OUTCOME_COMPLETE && attempt->ledger_closed;
}

/* The attempt before the one at this place.  One that was cancelled, because its worker was stopped or died, tells nothing: what lies around
 * it is still in a row.  NULL = there is none. */
static const struct vr_attempt *attempt_before(const struct vr_attempts *attempts, size_t place)
{
    const struct vr_attempt *attempt = &attempts->items[place];
    int number = attempt->attempt;
    while (place-- > 0 && is_same_trial(&attempts->items[place], attempt)) {
        const struct vr_attempt *before = &attempts->items[place];
        if (before->attempt != --number)
            return NULL;
        if (before->outcome != VR_OUTCOME_CANCELLED)
            return before;
    }
    return NULL;
}

static bool is_repeated_hang(const struct vr_attempts *attempts, size_t place)
{
    const struct vr_attempt *first = attempt_before(attempts, place);
    const struct vr_attempt *second = &attempts->items[place];
    return first && !second->is_restart_failed &&
           vr_hang_is_repeated(
               first->outcome, first->reached_s, second->outcome, second->reached_s);
}

static size_t *counter_of(
    const struct vr_attempt *last, bool repeated_hang, struct vr_outcome_counts *counts)
{
    if (repeated_hang)
        return &counts->firmware_failed;
    if (vr_attempt_is_sound(last))
        return &counts->complete;
    if (last->outcome == VR_OUTCOME_COUNT || last->outcome == VR_OUTCOME_COMPLETE)
        return &counts->unfinished;
    if (last->outcome == VR_OUTCOME_CANCELLED)
        return &counts->stopped;
    return vr_outcome_is_rig_trouble(last->outcome) ? &counts->rig_trouble
                                                    : &counts->firmware_failed;
}

void vr_attempts_count(const struct vr_attempts *attempts, struct vr_outcome_counts *counts)
{
    bool repeated_hang = false;
    for (size_t i = 0; i < attempts->count; i++) {
        const struct vr_attempt *attempt = &attempts->items[i];
        if (is_repeated_hang(attempts, i))
            repeated_hang = true;
        if (!vr_attempts_last(attempts, i))
            continue;
        (*counter_of(attempt, repeated_hang, counts))++;
        repeated_hang = false;
    }
}
