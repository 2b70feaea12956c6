/* Which label holds when: of the truth, and of what a device says.
 *
 * A label holds from its sample on until the next one, or the end of the record; of several at one
 * sample the last.  Labels are numbers: classes from 0, and besides
 *
 *     VR_LABEL_NONE     there is none: the truth is not scored here, or the device says nothing
 *     VR_LABEL_FOREIGN  the device says a number that is of no class: an answer, and a wrong one
 *
 * Truth: annotations of code RHYTHM (28), or else NOTE (22), the label in the text; "(AFIB" is the label
 * AFIB.  Where a record has RHYTHM annotations with a text, its NOTEs are remarks.  Without text, or with
 * an empty one, there is no label from there on. */
#ifndef VR_SCORE_TIMELINE_H
#define VR_SCORE_TIMELINE_H

#include "score/score.h"

enum { VR_LABEL_NONE = -1, VR_LABEL_FOREIGN = -2, VR_LABEL_UNKNOWN = -3 };

#define VR_TIMELINE_CLASSES_MAX 32

struct vr_span_label {
    int64_t begin;
    int label;
    double confidence; /* of a device's label; NaN = none */
    double score;      /* of the positive class; NaN = none */
    size_t order;      /* in which they were said */
};

/* In ascending time, each begin once.  Zeroed = empty. */
struct vr_timeline {
    struct vr_span_label *spans;
    size_t count;
};

void vr_timeline_finish(struct vr_timeline *timeline);

/* The class that a label of the truth means, VR_LABEL_NONE when it is not scored, VR_LABEL_UNKNOWN when
 * nobody said what it means. */
typedef int vr_label_fn(const struct vr_scenario_score *config, const char *label);

/* By the classes and the ignored labels of the task. */
int vr_label_of_classes(const struct vr_scenario_score *config, const char *label);
/* Number of the positive class, -1 when none is stated or none has its name. */
int vr_label_positive(const struct vr_scenario_score *config);

/* VR_SCORE_NONE when no label of the truth is scored; VR_ERR_INPUT, naming the label, when one is unknown.  The caller finishes
 * *ret_timeline. */
int vr_timeline_truth(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial,
    vr_label_fn *label_of, struct vr_timeline *ret_timeline, struct vr_err *err);

/* When an output begins to hold: at the sample that it refers to, or at the one with which it was said. */
enum vr_timeline_by { VR_TIMELINE_BY_SAMPLE, VR_TIMELINE_BY_EMISSION };

/* Outputs of kind LABEL.  The caller finishes *ret_timeline. */
int vr_timeline_labels(
    const struct vr_score_trial *trial, size_t class_count, enum vr_timeline_by by,
    struct vr_timeline *ret_timeline, struct vr_err *err);

/* Outputs of kind SCORES: the label is the class of the largest score (of equals the first), the confidence that score.
 * VR_ERR_INPUT when an inference has more or fewer scores than classes.  `positive` = -1: none.  The caller finishes *ret_timeline. */
int vr_timeline_scores(
    const struct vr_score_trial *trial, size_t class_count, int positive, enum vr_timeline_by by,
    struct vr_timeline *ret_timeline, struct vr_err *err);

/* What holds from begin up to end: the label that holds for most of it, none included, of equals the later; the mean confidence over
 * the time of that label, and the mean score over all the time that has one. */
struct vr_span_label vr_timeline_over(
    const struct vr_timeline *timeline, size_t class_count, int64_t begin, int64_t end);

/* Epochs: epoch k begins at round(first + k length). */
struct vr_epochs {
    int64_t first, count;
    double length; /* ticks */
};

/* From the truth's first label on, as many as fit before the end of the record; where the record has no
 * length, until the truth's last label has held for an epoch. */
struct vr_epochs vr_epochs_of(
    const struct vr_timeline *truth, const struct vr_score_trial *trial, double epoch_s);
int64_t vr_epoch_begin(const struct vr_epochs *epochs, int64_t index);

#endif
