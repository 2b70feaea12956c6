/* A trial as marks: what the truth says of beats and rhythms, and what the device said. */
#ifndef VR_SCORE_TRIAL_MARKS_H
#define VR_SCORE_TRIAL_MARKS_H

#include "score/ec57.h"
#include "score/mark.h"
#include "score/score.h"

struct vr_trial_marks {
    struct vr_mark *items;
    size_t count;
};

void vr_trial_marks_finish(struct vr_trial_marks *marks);

/* Texts stay those of the trial.  The caller finishes *ret_marks. */
int vr_trial_marks_truth(
    const struct vr_score_trial *trial, struct vr_trial_marks *ret_marks, struct vr_err *err);

/* The code of a BEAT; one that is of no class (no code at all, a rhythm) is a beat nevertheless: Q. */
uint8_t vr_trial_beat_code(const struct vr_output_row *output);

/* BEAT: a beat of that code (vr_trial_beat_code).  LABEL: the begin of the rhythm that its class is called after; a class whose
 * name begins with VF also as VFON, and the next label as VFOFF.  The names stay those of the task.  VR_ERR_INPUT for an output on
 * another stream than the first.  The caller finishes *ret_marks. */
int vr_trial_marks_outputs(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial,
    struct vr_trial_marks *ret_marks, struct vr_err *err);

bool vr_trial_marks_have_beats(const struct vr_trial_marks *marks);
/* RHYTHM, VFON or VFOFF. */
bool vr_trial_marks_have_rhythms(const struct vr_trial_marks *marks);

/* The rules of EC57 for a trial. */
struct vr_ec57_options vr_trial_ec57(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial);

#endif
