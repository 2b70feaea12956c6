/* Power traces in the run file: compressed chunks with exact sums, a pyramid for plots, gaps and edges as rows.
 *
 *     samples ─▶ packer (no database; any thread) ─▶ batch ─▶ vr_store_power_batch_add ─▶ run file ─▶ reader ─▶ sums, samples, nodes
 *
 * A chunk holds the samples [number * 16384, (number + 1) * 16384) of a stream, so that the one with a given sample is found by its number;
 * one in which every sample is missing may not be there.  Before each chunk stand the sums over all samples before it, as the sum of two
 * doubles (error-free addition: no digit is lost in a day); any window is the difference of two of them and at most two chunks that
 * are decoded.  The samples of a run stay in its run file: merging brings everything else into the catalogue. */
#ifndef VR_STORE_POWER_H
#define VR_STORE_POWER_H

#include "base/power_samples.h"
#include "store/store.h"

#define VR_POWER_CHUNK 16384
#define VR_POWER_NODE \
    256 /* samples of a node of the lowest level of the pyramid; each level above holds 64 of it */
#define VR_POWER_NODE_FACTOR 64

/* --- rows ------------------------------------------------------------------------------------------------------------------- */

/* One meter during one trial. */
struct vr_power_stream_row {
    int64_t stream_id; /* out */
    int64_t trial_id;
    const char *meter; /* its name in the rig; a trial has each once */
    const char *instrument, *serial, *firmware;
    const char *settings; /* in words */
    uint32_t rate_num, rate_den;
    enum vr_power_quantity quantity;
    bool is_coded, has_volts, has_lines, is_calibrated, is_integrating;
    struct vr_power_scale scale;
    double supply_v;               /* NaN = measured, or not known */
    int busy_line, inference_line; /* what the lines are wired to; -1 = not */
    const char *mode;   /* "silent", "paced", "max": the line to the device was quiet, or not */
    int64_t started_ns; /* host, when sampling was asked for */
    /* Set by vr_store_power_stream_end: */
    int64_t ended_ns;     /* 0 = it never was: the process died */
    int64_t sample_count; /* indexes, missing ones among them */
    int64_t lost_count;   /* missing ones */
    const char *why;      /* what went wrong with the meter, one sentence; "" = nothing */
};

struct vr_power_edge {
    int64_t sample; /* first one at the new level */
    uint8_t line;
    bool level;
};

/* The device switched a line because the host told it to (MARK): raw. */
struct vr_mark_row {
    uint8_t line;
    bool level;
    uint32_t ticks; /* device clock right behind the switch */
    int64_t host_sent_ns, host_received_ns;
};

/* A piece of the line from another clock to the sample index: sample = y0 + slope * (x - x0), for x0 <= x <= x1. */
struct vr_power_clock_row {
    const char *clock; /* "device": ticks since mark 0, unwrapped; "host": ns */
    const char *
        method; /* "edges": pairs of edges and marks; "arrivals": lower hull of times of arrival; "round trips" */
    int64_t x0, x1;
    double y0, slope;
    double residual_max; /* samples; largest of the points that the line rests on */
    double
        bound; /* samples; an instant is not farther off (how surely: replay/timemap.h).  NaN = none */
    int64_t n; /* points */
};

/* Energy of the piece of a trace, between fractional indexes.  NaN = there is none. */
struct vr_power_inference_row {
    int64_t output; /* number of the output in the trial */
    const char *
        method; /* "edges": between edges of the meter's own stream; "clock": by the device's time stamps through power_clock */
    double first, end; /* samples */
    double duration_us, gross_uj, net_uj, charge_uc, peak_ma;
    double pre_uj, core_uj, post_uj; /* phases; NaN = the inference line is not wired */
    double time_err_us;              /* each end is at most so far off */
    double edge_err_uj, gain_err_uj, noise_err_uj; /* half widths */
    int64_t lost;                                  /* missing samples within */
    const char *why;                               /* it has no energy; "" = it has */
    int64_t
        shares; /* k: it came out of the inference of output - k, which has the energy; 0 = of its own */
};

/* One of the windows of a trial by the rules of MLPerf Tiny (score/power_window.h). */
struct vr_power_window_row {
    int64_t number;     /* from 1 */
    int64_t first, end; /* samples */
    double seconds;
    int64_t inferences;
    double gross_uj, edge_err_uj, gain_err_uj; /* NaN = there is none, or not known */
    int64_t lost;
    const char *why; /* the rule that it breaks; "" = none */
};

/* A piece of the record's time (score/power_segment.h). */
struct vr_power_segment_row {
    int64_t number;      /* from 0 */
    double from_s, to_s; /* of the record */
    int64_t first, end;  /* samples; VR_STORE_NONE = not known */
    double seconds, gross_uj, edge_err_uj, gain_err_uj, time_err_us;
    int64_t lost;
    double coverage;
    int64_t beats, inferences;
    const char *why; /* it has no energy; "" = it has */
};

/* The part of a trial that is measured, from its first sample consumed to its last output. */
struct vr_power_span_row {
    int64_t first, end;                           /* samples */
    double seconds, gross_uj, charge_uc, idle_uw; /* idle: median of the quiet parts; NaN = none */
    double gain_err_uj;
    double busy_uj, busy_s; /* within busy pulses; NaN = the line is not wired */
    int64_t lost;
    double coverage;      /* 0..1, samples that are there */
    double time_err_us;   /* largest of the clock to the device; NaN = none */
    const char *validity; /* "valid", "incomplete" (coverage below 99.9 %), "none" */
    const char *why;      /* one sentence; "" = valid */
};

/* --- packing: no database, one thread at a time ------------------------------------------------------------------------------ */

struct vr_power_batch; /* packed chunks, nodes, gaps and edges, not stored yet */
struct vr_power_packer;

/* VR_ERR_NO_MEMORY. */
int vr_power_packer_create(
    const struct vr_power_stream_row *stream, struct vr_power_packer **ret_packer,
    struct vr_err *err);
/* Samples must follow each other without a hole. */
int vr_power_packer_add(
    struct vr_power_packer *packer, const struct vr_power_samples *samples, struct vr_err *err);
int vr_power_packer_add_gap(
    struct vr_power_packer *packer, const struct vr_power_gap *gap, struct vr_err *err);
/* No more samples: the last chunk and the top of the pyramid are made. */
int vr_power_packer_finish(struct vr_power_packer *packer, struct vr_err *err);
/* Everything packed since the last call, for the caller to store and destroy; NULL = nothing. */
struct vr_power_batch *vr_power_packer_take(struct vr_power_packer *packer);
int64_t vr_power_packer_count(const struct vr_power_packer *packer); /* samples so far */
int64_t vr_power_packer_lost(const struct vr_power_packer *packer);
void vr_power_packer_destroy(struct vr_power_packer *packer); /* NULL is allowed */

size_t vr_power_batch_size(const struct vr_power_batch *batch); /* B of memory */
void vr_power_batch_destroy(struct vr_power_batch *batch);      /* NULL is allowed */

/* What is wrong with the whole of a stream, in one sentence; "" = nothing.  Lives as long as the row's own words. */
const char *vr_power_stream_why(const struct vr_power_stream_row *stream);

/* --- writing ------------------------------------------------------------------------------------------------------------------ */

int vr_store_power_stream_add(
    struct vr_store *store, struct vr_power_stream_row *stream, struct vr_err *err);
int vr_store_power_batch_add(
    struct vr_store *store, int64_t stream_id, const struct vr_power_batch *batch,
    struct vr_err *err);
/* Once: ended_ns, sample_count, lost_count and why of the row. */
int vr_store_power_stream_end(
    struct vr_store *store, const struct vr_power_stream_row *stream, struct vr_err *err);
int vr_store_marks_add(
    struct vr_store *store, int64_t trial_id, const struct vr_mark_row *marks, size_t count,
    struct vr_err *err);
int vr_store_power_clocks_replace(
    struct vr_store *store, int64_t stream_id, const struct vr_power_clock_row *clocks,
    size_t count, struct vr_err *err);

/* What is derived from a stream. */
struct vr_power_energy {
    const struct vr_power_span_row *span; /* NULL = none */
    const struct vr_power_inference_row *inferences;
    size_t inference_count;
    const struct vr_power_window_row *windows;
    size_t window_count;
    const struct vr_power_segment_row *segments;
    size_t segment_count;
};

/* Replaced as a whole. */
int vr_store_power_energy_replace(
    struct vr_store *store, int64_t stream_id, const struct vr_power_energy *energy,
    struct vr_err *err);

/* --- reading ------------------------------------------------------------------------------------------------------------------ */

typedef int vr_power_stream_fn(void *context, const struct vr_power_stream_row *stream);
typedef int vr_power_gap_fn(void *context, const struct vr_power_gap *gap);
typedef int vr_power_edge_fn(void *context, const struct vr_power_edge *edge);
typedef int vr_power_clock_fn(void *context, const struct vr_power_clock_row *clock);
typedef int vr_power_span_fn(void *context, const struct vr_power_span_row *span);
typedef int vr_power_inference_fn(void *context, const struct vr_power_inference_row *inference);
typedef int vr_power_window_fn(void *context, const struct vr_power_window_row *window);
typedef int vr_power_segment_fn(void *context, const struct vr_power_segment_row *segment);
typedef int vr_mark_fn(void *context, const struct vr_mark_row *mark);

/* In the order of their making. */
int vr_store_power_streams(
    struct vr_store *store, int64_t trial_id, vr_power_stream_fn *fn, void *context,
    struct vr_err *err);
int vr_store_power_gaps(
    struct vr_store *store, int64_t stream_id, vr_power_gap_fn *fn, void *context,
    struct vr_err *err);
/* With first <= sample < end, in the order of sample and line. */
int vr_store_power_edges(
    struct vr_store *store, int64_t stream_id, int64_t first, int64_t end, vr_power_edge_fn *fn,
    void *context, struct vr_err *err);
int vr_store_power_clocks(
    struct vr_store *store, int64_t stream_id, vr_power_clock_fn *fn, void *context,
    struct vr_err *err);
int vr_store_power_span(
    struct vr_store *store, int64_t stream_id, vr_power_span_fn *fn, void *context,
    struct vr_err *err);
int vr_store_power_inferences(
    struct vr_store *store, int64_t stream_id, vr_power_inference_fn *fn, void *context,
    struct vr_err *err);
/* In the order of their numbers. */
int vr_store_power_windows(
    struct vr_store *store, int64_t stream_id, vr_power_window_fn *fn, void *context,
    struct vr_err *err);
int vr_store_power_segments(
    struct vr_store *store, int64_t stream_id, vr_power_segment_fn *fn, void *context,
    struct vr_err *err);
int vr_store_marks(
    struct vr_store *store, int64_t trial_id, vr_mark_fn *fn, void *context, struct vr_err *err);

struct vr_power_reader; /* the samples of one stream; holds the last two chunks that it decoded */

/* VR_ERR_NOT_FOUND: the samples are not in this file, and where they are. */
int vr_power_reader_create(
    struct vr_store *store, int64_t stream_id, struct vr_power_reader **ret_reader,
    struct vr_err *err);
void vr_power_reader_destroy(struct vr_power_reader *reader);
void vr_power_reader_destroyp(struct vr_power_reader **reader);
const struct vr_power_stream_row *vr_power_reader_stream(const struct vr_power_reader *reader);

/* Over the samples of [first, end) that are there.  Energy is NaN where the supply is not known, charge where the quantity is no
 * current. */
struct vr_power_sum {
    int64_t count, lost;
    double energy_j, charge_c;
    double
        gain_err_j; /* half width of the systematic error: sum of |energy| * gain_err of each sample's range */
};

/* At most two chunks are decoded.  0 <= first <= end <= sample_count. */
int vr_power_reader_sum(
    struct vr_power_reader *reader, int64_t first, int64_t end, struct vr_power_sum *ret_sum,
    struct vr_err *err);

/* Values of [first, first + count), in the stream's unit; NaN = missing.  volts and lines may be NULL. */
int vr_power_reader_samples(
    struct vr_power_reader *reader, int64_t first, size_t count, float *values, float *volts,
    uint8_t *lines, struct vr_err *err);

/* The codes as the instrument sent them; of a coded stream only. */
int vr_power_reader_codes(
    struct vr_power_reader *reader, int64_t first, size_t count, uint16_t *codes, uint8_t *ranges,
    uint8_t *lines, struct vr_err *err);

/* What is drawn in one point of a plot. */
struct vr_power_node {
    float min, max, mean; /* of the values that are there; NaN = none is */
};

/* [first, end) in `count` equal parts, from the level of the pyramid that costs least.  Where a part's border lies within a node, the
 * node counts in both parts for min and max, and by its share for the mean. */
int vr_power_reader_zoom(
    struct vr_power_reader *reader, int64_t first, int64_t end, size_t count,
    struct vr_power_node *nodes, struct vr_err *err);

#endif
