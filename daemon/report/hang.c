/* Hangs that happened again. */
#include "report/hang.h"

#include <stdlib.h>

#include "store/hang.h"

static bool has_hung(const struct vr_trial_row *trial)
{
    return vr_hang_is(vr_outcome_find(trial->outcome));
}

static bool is_same_record(const struct vr_trial_row *a, const struct vr_trial_row *b)
{
    return a->record_id == b->record_id && a->repeat == b->repeat;
}

/* Two attempts in a row at one record, to be compared once its length is known. */
struct pair {
    const struct vr_trial_row *earlier, *later;
    bool is_repeated;
};

static int compare(void *context, const struct vr_record_row *record)
{
    struct pair *pair = context;
    pair->is_repeated = vr_hang_is_repeated(
        vr_outcome_find(pair->earlier->outcome), vr_hang_reached_s(pair->earlier, record),
        vr_outcome_find(pair->later->outcome), vr_hang_reached_s(pair->later, record));
    return 0;
}

/* The attempt right before, when it hung too; else NULL.  One that was cancelled is passed over, as judging does (score/attempts.c). */
static const struct vr_trial_row *hang_before(const struct vr_report *report, size_t index)
{
    const struct vr_trial_row *trial = &report->trials[index];
    int number = trial->attempt;
    while (number > 0 && !trial->bench_why[0] && index-- > 0) {
        const struct vr_trial_row *earlier = &report->trials[index];
        if (!is_same_record(earlier, trial) || earlier->attempt != number - 1)
            continue;
        if (vr_outcome_find(earlier->outcome) != VR_OUTCOME_CANCELLED)
            return has_hung(earlier) ? earlier : NULL;
        number--;
    }
    return NULL;
}

int vr_hang_find(struct vr_store *store, struct vr_report *report, struct vr_err *err)
{
    report->hung_again = calloc(report->trial_count + 1, sizeof *report->hung_again);
    if (!report->hung_again)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the report of a run");
    for (size_t i = 0; i < report->trial_count; i++) {
        const struct vr_trial_row *trial = &report->trials[i];
        const struct vr_trial_row *earlier = has_hung(trial) ? hang_before(report, i) : NULL;
        struct pair pair = {.earlier = earlier, .later = trial};
        if (!earlier)
            continue;
        int r = vr_store_record_get(store, trial->record_id, compare, &pair, err);
        if (r < 0)
            return r;
        if (!pair.is_repeated)
            continue;
        for (size_t j = i; j < report->trial_count; j++)
            if (is_same_record(&report->trials[j], trial))
                report->hung_again[j] = trial->outcome;
    }
    return 0;
}
