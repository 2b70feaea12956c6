/* The scorer "delay": when the device says the positive class, against when it is true (score/delay.h). */
#include <math.h>

#include "base/cleanup.h"
#include "score/delay.h"

static int delay_check(const struct vr_scenario_score *config, struct vr_err *err)
{
    if (config->class_count < 2 || !config->positive)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "the task \"%s\" needs \"classes\" and which of them is to be found, \"positive\"",
            config->task);
    if (vr_label_positive(config) < 0)
        return vr_err_set(
            err, VR_ERR_INPUT, "\"positive\": \"%s\" is none of the classes", config->positive);
    return 0;
}

static int read_alarms(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial,
    struct vr_timeline *ret_alarms, struct vr_err *err)
{
    int r =
        vr_timeline_labels(trial, config->class_count, VR_TIMELINE_BY_EMISSION, ret_alarms, err);
    if (r < 0 || ret_alarms->count > 0)
        return r;
    vr_timeline_finish(ret_alarms);
    return vr_timeline_scores(
        trial, config->class_count, -1, VR_TIMELINE_BY_EMISSION, ret_alarms, err);
}

/* The sample with which the first output of any kind came, from the start of the trial; NaN = none. */
static double first_output_s(const struct vr_score_trial *trial, double hz)
{
    double first = NAN;
    for (size_t i = 0; i < trial->output_count; i++)
        if (trial->outputs[i].stream == 0)
            first = fmin(first, (double)trial->outputs[i].at_index / hz);
    return first;
}

static int64_t truth_end(const struct vr_timeline *truth, const struct vr_score_trial *trial)
{
    if (trial->record->sample_count > 0)
        return trial->record->sample_count;
    return truth->spans[truth->count - 1].begin;
}

static int delay_trial(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial, void *item,
    struct vr_err *err)
{
    struct vr_delay *delay = item;
    _cleanup_(vr_timeline_finish) struct vr_timeline truth = {0}, alarms = {0};
    double hz = (double)trial->record->rate_num / trial->record->rate_den;
    int r = vr_timeline_truth(config, trial, vr_label_of_classes, &truth, err);
    if (r == 0)
        r = read_alarms(config, trial, &alarms, err);
    if (r != 0)
        return r;
    const struct vr_delay_options options = {
        .positive = vr_label_positive(config),
        .from = llround(ceil(vr_score_from_index(config, trial))),
        .end = truth_end(&truth, trial),
        .min_length = llround(config->min_length_s * hz),
        .grace = llround(config->max_lag_s * hz),
        .ticks_per_s = hz,
    };
    double first_s = first_output_s(trial, hz);
    if (!vr_delay_compare(delay, &truth, &alarms, &options) ||
        (!isnan(first_s) && !vr_numbers_add(&delay->first_outputs_s, first_s)))
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "no memory for the episodes of %s", trial->record->name);
    return 0;
}

const struct vr_scorer vr_scorer_delay = {
    .name = "delay",
    .summary = "how late episodes are told, and how often one that is none",
    .table = &vr_delay_table,
    .check = delay_check,
    .trial = delay_trial,
};
