/* Hangs that happened again. */
#include "report/hang.h"

#include <math.h>
#include <stdlib.h>

#include "base/outcome.h"

#define SAME_PLACE_S 1.0 /* signal between two hangs that are one fault of the firmware */

static bool has_hung(const struct vr_trial_row *trial)
{
    enum vr_outcome outcome = vr_outcome_find(trial->outcome);
    return outcome == VR_OUTCOME_FW_HANG || outcome == VR_OUTCOME_FW_REBOOT;
}

static bool is_same_record(const struct vr_trial_row *a, const struct vr_trial_row *b)
{
    return a->record_id == b->record_id && a->repeat == b->repeat;
}

static int take_duration(void *context, const struct vr_record_row *record)
{
    double *duration_s = context;
    *duration_s = (double)record->sample_count * record->rate_den / record->rate_num;
    return 0;
}

/* Seconds of signal that the device had consumed. */
static double reached_s(const struct vr_trial_row *trial, double duration_s)
{
    if (trial->samples_planned <= 0)
        return 0;
    return duration_s * (double)trial->samples_consumed / (double)trial->samples_planned;
}

/* The attempt right before, when it hung too; else NULL. */
static const struct vr_trial_row *hang_before(const struct vr_report *report, size_t index)
{
    const struct vr_trial_row *trial = &report->trials[index];
    while (trial->attempt > 0 && index-- > 0) {
        const struct vr_trial_row *earlier = &report->trials[index];
        if (is_same_record(earlier, trial) && earlier->attempt == trial->attempt - 1)
            return has_hung(earlier) ? earlier : NULL;
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
        double duration_s = 0;
        if (!earlier)
            continue;
        int r = vr_store_record_get(store, trial->record_id, take_duration, &duration_s, err);
        if (r < 0)
            return r;
        if (fabs(reached_s(trial, duration_s) - reached_s(earlier, duration_s)) > SAME_PLACE_S)
            continue;
        for (size_t j = i; j < report->trial_count; j++)
            if (is_same_record(&report->trials[j], trial))
                report->hung_again[j] = trial->outcome;
    }
    return 0;
}
