/* From a trace to the energy of each inference, and of the whole trial: a pure function of stored rows.
 *
 * An inference is a step of the algorithm that has an output.  Outputs of one step (the same time of arrival and the same sample) share
 * it: the first has the energy, so that no sum counts it twice; the others have none, and say which one has.  Its piece of the trace is the pulse of the inference line in which the output was emitted,
 * by the device's time stamp on the meter's axis ("edges"); where that line is not wired, from the arrival of the sample that it was
 * computed from to the emission of its last output, by the same clock ("clock").
 *
 *     busy        ______|~~~~~~~~~~~~~~~~~~~~~~~~|________      pre, core, post: the phases
 *     inference   ____________|~~~~~~~~~~~|_______________
 *                       | pre |   core    | post |
 *     quiet       ~~~~~~                          ~~~~~~~~      idle power: median of the neighbours, 3 on either side
 *
 * gross = everything within; net = gross - idle power * duration.  Uncertainty in three parts, because they behave differently: edge
 * (an end is known to so much time; averages out over many inferences), gain (of the meter; the same in all, does not), noise (95 %,
 * from how neighbouring samples differ where the device is quiet).
 *
 * No energy is told where samples are missing inside or beside it, or are missing near it at a place that is not sure. */
#ifndef VR_SCORE_ATTRIBUTE_H
#define VR_SCORE_ATTRIBUTE_H

#include "score/power_clock.h"
#include "score/power_piece.h"

#define VR_ATTRIBUTE_COVERAGE_MIN 0.999 /* of the samples of a span, for it to be valid */

struct vr_attribute_input {
    const struct vr_power_stream_row *stream;
    struct vr_power_trace trace;
    const struct vr_power_edge *edges; /* of all lines, in order */
    size_t edge_count;
    const struct vr_power_gap *gaps; /* in order */
    size_t gap_count;
    struct vr_power_clocks clocks;
    const struct vr_output_row *outputs; /* in order */
    size_t output_count;
    bool has_mark;
    uint32_t mark_ticks; /* of the first mark: where the device's clock begins */
    int64_t ticks_hz;
    int64_t started_ns, ended_ns; /* of the trial, on the host */
    double record_hz;             /* samples a second of the record's own time */
    int64_t record_samples;       /* of it, consumed */
};

/* `inferences` is room for one row for each output; strings in the rows are constants, or the stream's.  VR_ERR_NO_MEMORY, and what the
 * trace returns. */
int vr_attribute(
    const struct vr_attribute_input *input, struct vr_power_span_row *ret_span,
    struct vr_power_inference_row *inferences, struct vr_err *err);

/* Of all streams of a run whose samples are in this file: span and inferences are stored anew; streams without samples here keep what
 * they have. */
int vr_attribute_run(struct vr_store *store, int64_t run_id, struct vr_err *err);

#endif
