/* The energy of each minute of a record that was replayed at a pace.
 *
 * Where a minute begins in the trace is told by the outputs: each has the sample that was consumed and the device's time of that, which
 * the clock brings onto the meter's axis.  Between two outputs the line is straight, unless the device ran out of samples there.  So a
 * border is told twice, going on from the output before it and back from the one behind it, at the median pace: it stands in the middle
 * of both, and is known to half of what they differ by, and the bound of the clock.  The ends of the trial are those of its span. */
#ifndef VR_SCORE_POWER_SEGMENT_H
#define VR_SCORE_POWER_SEGMENT_H

#include "score/attribute.h"

#define VR_POWER_SEGMENT_S 60 /* of the record; the last one is the rest, and up to 1 s longer */

/* None of a trial that was not at a pace (there is no time of a record in it), was not replayed to its end, or has no span.  The caller frees; `why` of a row is a
 * constant.  VR_ERR_NO_MEMORY, and what the trace returns. */
int vr_power_segments_cut(
    const struct vr_attribute_input *input, const struct vr_power_span_row *span,
    const struct vr_power_inference_row *inferences, struct vr_power_segment_row **ret_rows,
    size_t *ret_count, struct vr_err *err);

#endif
