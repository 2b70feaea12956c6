/* The forms in which the field exchanges episode-by-episode results: those of epicmp -L and of epicmp without it. */
#ifndef VR_SCORE_EPISODES_TEXT_H
#define VR_SCORE_EPISODES_TEXT_H

#include <stdio.h>

#include "score/episodes.h"

/* One line per record below one header: episodes found and missed by the reference (TPs, FN) and by the test (TPp, FP), sensitivity and
 * positive predictivity of episodes (E) and of their duration (D) in whole percent, "-" where there is none, and both durations
 * as [hours:]minutes:seconds.  What goes wrong with `out` is seen by the caller through ferror. */
void vr_episodes_line_header(FILE *out, enum vr_episode_kind kind);
void vr_episodes_line(FILE *out, const char *record, const struct vr_episodes_counts *counts);

void vr_episodes_table(
    FILE *out, enum vr_episode_kind kind, const char *record, const char *reference,
    const char *test, const struct vr_episodes_counts *counts);

/* "      0:48.242", "  23:08:53.331"; no time at all is "         0.000".  At least 12 wide. */
#define VR_DURATION_SIZE 40
const char *vr_episodes_duration(double seconds, char text[VR_DURATION_SIZE]);

#endif
