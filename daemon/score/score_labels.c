/* The scorer "labels": outputs of kind LABEL or SCORES against the labels of the truth (score/labels.h). */
#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "score/labels.h"

/* Both sides of one trial. */
struct sides {
    struct vr_timeline truth, answers;
    struct vr_timeline scores; /* where the answers are LABELs, and SCORES there, too */
};

static void sides_finish(struct sides *sides)
{
    vr_timeline_finish(&sides->truth);
    vr_timeline_finish(&sides->answers);
    vr_timeline_finish(&sides->scores);
}

static int sides_read(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial, struct sides *sides,
    struct vr_err *err)
{
    size_t classes = config->class_count;
    int r = vr_timeline_truth(config, trial, vr_label_of_classes, &sides->truth, err);
    if (r == 0)
        r = vr_timeline_labels(trial, classes, VR_TIMELINE_BY_SAMPLE, &sides->answers, err);
    if (r == 0)
        r = vr_timeline_scores(
            trial, classes, vr_label_positive(config), VR_TIMELINE_BY_SAMPLE, &sides->scores, err);
    if (r == 0 && sides->answers.count == 0) {
        vr_timeline_finish(&sides->answers);
        sides->answers = sides->scores;
        sides->scores = (struct vr_timeline){0};
    }
    return r;
}

static int out_of_memory(const struct vr_score_trial *trial, struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the labels of %s", trial->record->name);
}

/* --- by epochs -------------------------------------------------------------------------------- */

static int count_epochs(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial,
    const struct sides *sides, struct vr_labels *labels, struct vr_err *err)
{
    struct vr_epochs epochs = vr_epochs_of(&sides->truth, trial, config->epoch_s);
    double from_index = vr_score_from_index(config, trial);
    if (epochs.length < 1)
        return vr_err_set(
            err, VR_ERR_INPUT, "record %s: an epoch of %g s is shorter than a sample",
            trial->record->name, config->epoch_s);
    for (int64_t i = 0; i < epochs.count; i++) {
        int64_t begin = vr_epoch_begin(&epochs, i), end = vr_epoch_begin(&epochs, i + 1);
        if ((double)begin < from_index)
            continue;
        size_t classes = config->class_count;
        struct vr_span_label truth = vr_timeline_over(&sides->truth, classes, begin, end);
        if (truth.label < 0)
            continue;
        struct vr_span_label answer = vr_timeline_over(&sides->answers, classes, begin, end);
        if (sides->scores.count > 0)
            answer.score = vr_timeline_over(&sides->scores, classes, begin, end).score;
        if (!vr_labels_count(labels, (size_t)truth.label, &answer))
            return out_of_memory(trial, err);
    }
    return 0;
}

/* --- one label a record ----------------------------------------------------------------------- */

/* The one label of the record; VR_LABEL_NONE when it is not scored, VR_LABEL_UNKNOWN when there are several. */
static int only_label(const struct vr_timeline *truth)
{
    int label = VR_LABEL_NONE;
    for (size_t i = 0; i < truth->count; i++) {
        int here = truth->spans[i].label;
        if (here != VR_LABEL_NONE && label != VR_LABEL_NONE && here != label)
            return VR_LABEL_UNKNOWN;
        label = here != VR_LABEL_NONE ? here : label;
    }
    return label;
}

static int count_record(
    const struct vr_score_trial *trial, const struct sides *sides, struct vr_labels *labels,
    struct vr_err *err)
{
    struct vr_span_label answer = {.label = VR_LABEL_NONE, .confidence = NAN, .score = NAN};
    int truth = only_label(&sides->truth);
    if (truth == VR_LABEL_UNKNOWN)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "record %s: its truth has several labels, and the task compares one for each record: "
            "give it \"epoch_s\"",
            trial->record->name);
    if (sides->answers.count > 0)
        answer = sides->answers.spans[sides->answers.count - 1];
    if (sides->scores.count > 0)
        answer.score = sides->scores.spans[sides->scores.count - 1].score;
    return vr_labels_count(labels, (size_t)truth, &answer) ? 0 : out_of_memory(trial, err);
}

/* --- the scorer ------------------------------------------------------------------------------- */

static int labels_check(const struct vr_scenario_score *config, struct vr_err *err)
{
    if (config->class_count < 2)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "the task \"%s\" needs \"classes\": their names in the order of the numbers that the "
            "device says",
            config->task);
    if (config->positive && vr_label_positive(config) < 0)
        return vr_err_set(
            err, VR_ERR_INPUT, "\"positive\": \"%s\" is none of the classes", config->positive);
    return 0;
}

static int labels_trial(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial, void *item,
    struct vr_err *err)
{
    struct vr_labels *labels = item;
    _cleanup_(sides_finish) struct sides sides = {0};
    vr_labels_init(labels, config);
    int r = sides_read(config, trial, &sides, err);
    if (r != 0)
        return r;
    return config->epoch_s > 0 ? count_epochs(config, trial, &sides, labels, err)
                               : count_record(trial, &sides, labels, err);
}

const struct vr_scorer vr_scorer_labels = {
    .name = "labels",
    .summary = "classes of rhythm, activity, anything, by epoch or by record",
    .table = &vr_labels_table,
    .check = labels_check,
    .trial = labels_trial,
};
