/* Rows of parity beside the trials that they speak of: both are in the order of record and repeat. */
#include "score/agreement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "score/replayed.h"

struct reading {
    struct vr_replayed_list trials;
    size_t place; /* of the trial that the next row may speak of */
    struct vr_agreement agreement;
};

static void reading_finish(struct reading *reading)
{
    vr_replayed_finish(&reading->trials);
}

static int note_golden(void *context, const char *key, const char *value)
{
    struct vr_agreement *agreement = context;
    (void)value;
    agreement->is_asked |= strcmp(key, VR_ENV_GOLDEN) == 0;
    return 0;
}

static void note_first(
    struct vr_agreement *agreement, const struct vr_replayed *trial, const char *separator,
    const char *why)
{
    snprintf(
        agreement->first, sizeof agreement->first, "record %s%s%s", trial->record, separator, why);
}

static void note_inconclusive(
    struct vr_agreement *agreement, const struct vr_replayed *trial, const char *why)
{
    if (agreement->different + agreement->inconclusive == 0)
        note_first(agreement, trial, ": ", why);
    agreement->inconclusive++;
}

static bool counts(const struct reading *reading, size_t place)
{
    return reading->trials.items[place].is_sound && vr_replayed_is_last(&reading->trials, place);
}

/* Trials that come before this record and repeat have no row. */
static void pass_over(struct reading *reading, const struct vr_parity_row *row)
{
    for (; reading->place < reading->trials.count; reading->place++) {
        const struct vr_replayed *trial = &reading->trials.items[reading->place];
        int order = row ? strcmp(trial->record, row->record) : -1;
        if (order > 0 || (order == 0 && trial->repeat > row->repeat))
            return;
        if (!counts(reading, reading->place))
            continue;
        if (order == 0 && trial->repeat == row->repeat)
            return;
        note_inconclusive(&reading->agreement, trial, "it was not compared");
    }
}

static int note_row(void *context, const struct vr_parity_row *row)
{
    struct reading *reading = context;
    struct vr_agreement *agreement = &reading->agreement;
    agreement->is_asked = true;
    pass_over(reading, row);
    if (reading->place == reading->trials.count)
        return 0;
    const struct vr_replayed *trial = &reading->trials.items[reading->place];
    if (trial->repeat != row->repeat || strcmp(trial->record, row->record) != 0)
        return 0;
    reading->place++;
    if (!vr_store_parity_is_of(row, trial->digest)) {
        note_inconclusive(agreement, trial, "what was compared were other outputs");
    } else if (strcmp(row->verdict, "equal") == 0) {
        agreement->equal++;
    } else if (strcmp(row->verdict, "different") == 0) {
        if (agreement->different++ == 0)
            note_first(agreement, trial, ", ", row->why);
    } else {
        note_inconclusive(agreement, trial, row->why);
    }
    return 0;
}

int vr_agreement_read(
    struct vr_store *store, int64_t run_id, struct vr_agreement *ret_agreement, struct vr_err *err)
{
    _cleanup_(reading_finish) struct reading reading = {0};
    int r = vr_store_run_env(store, run_id, note_golden, &reading.agreement, err);
    if (r == 0)
        r = vr_replayed_load(store, run_id, &reading.trials, err);
    if (r == 0)
        r = vr_store_parities(store, run_id, note_row, &reading, err);
    if (r < 0)
        return r;
    if (reading.agreement.is_asked)
        pass_over(&reading, NULL);
    *ret_agreement = reading.agreement;
    return 0;
}
