/* From what a `score` verb has read to a scorer's items: of rows of text, of annotations of a recording. */
#ifndef VR_CLI_SCORE_FEED_H
#define VR_CLI_SCORE_FEED_H

#include "cli/score_pairs.h"
#include "cli/score_table.h"
#include "score/score.h"

/* Both add one record.  VR_ERR_INPUT, with its place, when something cannot be compared: an unknown label,
 * a text that is no number. */

/* Rows as they are: no output's rounding comes between.  rate: a pair each.  labels, stages: an epoch each, in the order of the file.
 * delay: an epoch of epoch_s each, at whose begin the test's label counts as said. */
int vr_score_feed_table(
    const struct vr_scenario_score *config, const struct vr_score_record *record,
    struct vr_by_record *records, struct vr_err *err);

/* Annotations of the test as what a device would have said: NOTE or RHYTHM with a text are LABEL, MEASURE is MEASURE (to three digits behind
 * the point); each said with the sample that it stands at.  *ret_scored = false: the reference has no truth for the task. */
int vr_score_feed_pair(
    const struct vr_scenario_score *config, const struct vr_score_pair *pair,
    struct vr_by_record *records, bool *ret_scored, struct vr_err *err);

#endif
