/* `vitalrig score beats --matcher simple`: counts of the plain pairing of score/simple.h, of each record and gross. */
#ifndef VR_CLI_SCORE_BEATS_SIMPLE_H
#define VR_CLI_SCORE_BEATS_SIMPLE_H

#include "cli/score_options.h"

/* Compares and prints; lines and tables are the same. */
int vr_score_beats_simple(
    const struct vr_score_pairs *pairs, const struct vr_score_options *options, struct vr_err *err);

#endif
