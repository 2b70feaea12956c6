/* The classes of a task, as options name them. */
#ifndef VR_CLI_SCORE_CLASSES_H
#define VR_CLI_SCORE_CLASSES_H

#include "scenario/scenario.h"

#define VR_SCORE_CLASSES_MAX 32
#define VR_SCORE_IGNORED_MAX 64

/* Zeroed = none; ended with vr_score_classes_finish. */
struct vr_score_classes {
    struct vr_scenario_class items[VR_SCORE_CLASSES_MAX];
    char *texts[VR_SCORE_CLASSES_MAX]; /* owned, cut into the names */
    size_t count;
    const char *ignored[VR_SCORE_IGNORED_MAX]; /* borrowed */
    size_t ignored_count;
};

/* "AF=AFIB,AFL": a class and the labels that mean it; "N": the label of its name.  What is wrong with it, or NULL. */
const char *vr_score_classes_add(struct vr_score_classes *classes, const char *argument);
/* "N,A,O,~": several of their names. */
const char *vr_score_classes_add_names(struct vr_score_classes *classes, const char *argument);
const char *vr_score_classes_ignore(struct vr_score_classes *classes, const char *label);
void vr_score_classes_finish(struct vr_score_classes *classes);

#endif
