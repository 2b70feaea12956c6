/* The scorer "stages": outputs of kind LABEL or SCORES against the sleep stages of the truth (score/stages.h). */
#include <stdlib.h>

#include "base/cleanup.h"
#include "score/stages.h"

/* Stages of a night's epochs, those of the truth that are scored. */
struct night {
    int8_t *reference, *device;
    size_t count;
};

static void night_finish(struct night *night)
{
    free(night->reference);
    free(night->device);
}

static int night_read(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial,
    const struct vr_timeline *truth, const struct vr_timeline *answers, struct night *night,
    struct vr_err *err)
{
    struct vr_epochs epochs = vr_epochs_of(truth, trial, config->epoch_s);
    double from_index = vr_score_from_index(config, trial);
    size_t stages = (size_t)config->stages;
    if (epochs.length < 1)
        return vr_err_set(
            err, VR_ERR_INPUT, "record %s: an epoch of %g s is shorter than a sample",
            trial->record->name, config->epoch_s);
    night->reference = malloc((size_t)epochs.count + 1);
    night->device = malloc((size_t)epochs.count + 1);
    if (!night->reference || !night->device)
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "no memory for the epochs of %s", trial->record->name);
    for (int64_t i = 0; i < epochs.count; i++) {
        int64_t begin = vr_epoch_begin(&epochs, i), end = vr_epoch_begin(&epochs, i + 1);
        int stage = vr_timeline_over(truth, stages, begin, end).label;
        if (stage < 0 || (double)begin < from_index)
            continue;
        night->reference[night->count] = (int8_t)stage;
        night->device[night->count++] = (int8_t)vr_timeline_over(answers, stages, begin, end).label;
    }
    return 0;
}

static int read_answers(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial,
    struct vr_timeline *ret_answers, struct vr_err *err)
{
    size_t stages = (size_t)config->stages;
    int r = vr_timeline_labels(trial, stages, VR_TIMELINE_BY_SAMPLE, ret_answers, err);
    if (r < 0 || ret_answers->count > 0)
        return r;
    vr_timeline_finish(ret_answers);
    return vr_timeline_scores(trial, stages, -1, VR_TIMELINE_BY_SAMPLE, ret_answers, err);
}

static int stages_trial(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial, void *item,
    struct vr_err *err)
{
    _cleanup_(vr_timeline_finish) struct vr_timeline truth = {0}, answers = {0};
    _cleanup_(night_finish) struct night night = {0};
    int r = vr_timeline_truth(config, trial, vr_stage_label, &truth, err);
    if (r == 0)
        r = read_answers(config, trial, &answers, err);
    if (r == 0)
        r = night_read(config, trial, &truth, &answers, &night, err);
    if (r != 0)
        return r;
    if (!vr_stages_compare(
            item, config->stages, night.reference, night.device, night.count, config->epoch_s))
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "no memory for the epochs of %s", trial->record->name);
    return 0;
}

const struct vr_scorer vr_scorer_stages = {
    .name = "stages",
    .summary = "sleep stages by epoch, and what the nights come to",
    .table = &vr_stages_table,
    .check = vr_stage_check,
    .trial = stages_trial,
};
