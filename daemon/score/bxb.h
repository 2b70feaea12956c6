/* Quirks of bxb of WFDB 10.7 in what it takes for beats, for VR_COMPAT_WFDB; schema/metrics.md has their names. */
#ifndef VR_SCORE_BXB_H
#define VR_SCORE_BXB_H

#include "score/annotator.h"

/* "vf_without_end": one that is not the first lasts no time at all.
 * "beat_at_0": the beat after one at sample 0 has no RR. */
void vr_bxb_distort(struct vr_annotator *annotator);

/* "beat_at_0": from the very start, a first beat of the test at sample 0 is passed over, unless the reference has one there, too. */
void vr_bxb_lose_first(const struct vr_annotator *reference, struct vr_annotator *test);

/* "beats_of_unknown_length": where the header names no length, the last beat of the reference ends the record. */
int64_t vr_bxb_end(const struct vr_annotator *reference);

#endif
