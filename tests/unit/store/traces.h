/* Power traces that are made up, and the way into a file and back. */
#ifndef TEST_STORE_TRACES_H
#define TEST_STORE_TRACES_H

#include <math.h>

#include "base/rng.h"
#include "filled.h"
#include "store/power.h"

/* A trace in memory: what was put in, and so what must come out. */
struct trace {
    struct vr_power_stream_row stream;
    size_t count;
    uint16_t *codes;
    uint8_t *ranges, *lines;
    float *values, *volts;
};

enum trace_kind { TRACE_CODED = 1, TRACE_VOLTS = 2, TRACE_LINES = 4 };

/* Codes of three ranges with noise, or amperes; now and then a line changes. */
static inline void trace_make(struct trace *trace, unsigned kind, size_t count, uint64_t seed)
{
    struct vr_rng rng;
    vr_rng_init(&rng, seed);
    *trace = (struct trace){
        .stream =
            {.meter = "ppk",
             .instrument = "PPK2",
             .serial = "E2F1",
             .firmware = "",
             .settings = "source meter at 3.0 V",
             .rate_num = 100000,
             .rate_den = 1,
             .quantity = VR_POWER_CURRENT,
             .is_coded = kind & TRACE_CODED,
             .has_volts = (kind & TRACE_VOLTS) != 0,
             .has_lines = (kind & TRACE_LINES) != 0,
             .supply_v = kind & TRACE_VOLTS ? (double)NAN : 3.0,
             .busy_line = 0,
             .inference_line = -1,
             .mode = "silent",
             .started_ns = 5},
        .count = count,
        .codes = calloc(count, sizeof *trace->codes),
        .ranges = calloc(count, 1),
        .lines = calloc(count, 1),
        .values = calloc(count, sizeof *trace->values),
        .volts = calloc(count, sizeof *trace->volts),
    };
    for (unsigned range = 0; range < 3; range++) {
        trace->stream.scale.a[range][0] = -1e-8 * pow(100, range);
        trace->stream.scale.a[range][1] = 1.1e-8 * pow(100, range);
        trace->stream.scale.a[range][2] = 1e-16;
        trace->stream.scale.gain_err[range] = 0.01 * (range + 1);
    }
    uint8_t lines = 0, range = 0;
    for (size_t i = 0; i < count; i++) {
        if (vr_rng_below(&rng, 50) == 0)
            range = (uint8_t)vr_rng_below(&rng, 3);
        if (vr_rng_below(&rng, 200) == 0)
            lines ^= (uint8_t)(1 << vr_rng_below(&rng, 8));
        trace->ranges[i] = kind & TRACE_CODED ? range : 0;
        trace->codes[i] = (uint16_t)(400 * (range + 1) + vr_rng_below(&rng, 20));
        trace->values[i] = 1e-3F * (float)(range + 1) + 1e-6F * (float)vr_rng_below(&rng, 100);
        trace->volts[i] = 3 + 1e-3F * (float)vr_rng_below(&rng, 10);
        trace->lines[i] = lines;
    }
}

static inline void trace_free(struct trace *trace)
{
    free(trace->codes);
    free(trace->ranges);
    free(trace->lines);
    free(trace->values);
    free(trace->volts);
}

/* Samples [first, end) were lost. */
static inline void trace_lose(struct trace *trace, size_t first, size_t end)
{
    for (size_t i = first; i < end && i < trace->count; i++) {
        trace->ranges[i] = VR_POWER_MISSING;
        trace->codes[i] = 0;
        trace->values[i] = NAN;
        trace->volts[i] = NAN;
        trace->lines[i] = i > 0 ? trace->lines[i - 1] : 0;
    }
}

static inline bool trace_is_missing(const struct trace *trace, size_t i)
{
    return trace->ranges[i] == VR_POWER_MISSING;
}

/* NaN = missing */
static inline long double trace_value(const struct trace *trace, size_t i)
{
    if (trace_is_missing(trace, i))
        return (long double)NAN;
    if (!trace->stream.is_coded)
        return (long double)trace->values[i];
    const double *a = trace->stream.scale.a[trace->ranges[i]];
    long double code = trace->codes[i];
    return (long double)a[0] + code * ((long double)a[1] + code * (long double)a[2]);
}

/* --- into a file ----------------------------------------------------------------------------- */

static inline void trace_batch_store(
    struct vr_store *store, int64_t stream_id, struct vr_power_packer *packer)
{
    struct vr_err err = {0};
    struct vr_power_batch *batch = vr_power_packer_take(packer);
    if (batch)
        FILL(vr_store_power_batch_add(store, stream_id, batch, &err));
    vr_power_batch_destroy(batch);
}

/* One gap row for each run of missing samples. */
static inline void trace_gaps_pack(const struct trace *trace, struct vr_power_packer *packer)
{
    struct vr_err err = {0};
    for (size_t i = 0; i < trace->count; i++) {
        size_t end = i;
        while (end < trace->count && trace_is_missing(trace, end))
            end++;
        const struct vr_power_gap gap = {
            .first = (int64_t)i,
            .count = (int64_t)(end - i),
            .kind = VR_POWER_GAP_COUNTER,
            .count_min = (int64_t)(end - i),
            .count_max = (int64_t)(end - i),
        };
        if (end > i)
            FILL(vr_power_packer_add_gap(packer, &gap, &err));
        i = end;
    }
}

static inline struct vr_power_samples trace_piece(
    const struct trace *trace, size_t first, size_t count)
{
    const struct vr_power_stream_row *stream = &trace->stream;
    return (struct vr_power_samples){
        .first = (int64_t)first,
        .count = count,
        .codes = stream->is_coded ? trace->codes + first : NULL,
        .ranges = stream->is_coded ? trace->ranges + first : NULL,
        .values = stream->is_coded ? NULL : trace->values + first,
        .volts = stream->has_volts ? trace->volts + first : NULL,
        .lines = stream->has_lines ? trace->lines + first : NULL,
    };
}

/* Samples [first, end) in pieces of any size. */
static inline void trace_pack(
    const struct trace *trace, size_t first, size_t end, struct vr_power_packer *packer,
    uint64_t seed)
{
    struct vr_err err = {0};
    struct vr_rng rng;
    vr_rng_init(&rng, seed);
    while (first < end) {
        size_t count = 1 + vr_rng_below(&rng, 9000);
        count = count < end - first ? count : end - first;
        const struct vr_power_samples samples = trace_piece(trace, first, count);
        FILL(vr_power_packer_add(packer, &samples, &err));
        first += count;
    }
}

/* The stream and all of its samples; trace->stream.stream_id is its number.  Not ended when `dies`. */
static inline void trace_store(
    struct trace *trace, struct vr_store *store, int64_t trial_id, bool dies)
{
    struct vr_err err = {0};
    struct vr_power_packer *packer = NULL;
    trace->stream.trial_id = trial_id;
    FILL(vr_store_power_stream_add(store, &trace->stream, &err));
    FILL(vr_power_packer_create(&trace->stream, &packer, &err));
    trace_gaps_pack(trace, packer);
    size_t half = trace->count / 2;
    trace_pack(trace, 0, half, packer, 1);
    trace_batch_store(store, trace->stream.stream_id, packer);
    trace_pack(trace, half, trace->count, packer, 2);
    if (!dies)
        FILL(vr_power_packer_finish(packer, &err));
    trace_batch_store(store, trace->stream.stream_id, packer);
    trace->stream.sample_count = vr_power_packer_count(packer);
    trace->stream.lost_count = vr_power_packer_lost(packer);
    trace->stream.ended_ns = 9;
    if (!dies)
        FILL(vr_store_power_stream_end(store, &trace->stream, &err));
    vr_power_packer_destroy(packer);
}

#define FILLED_TRACE 40000

/* A trial's power with a row of each kind; samples of three chunks, 20 of them lost.  Returns the stream's number. */
static inline int64_t fill_power(struct vr_store *store, int64_t trial_id)
{
    struct vr_err err = {0};
    struct trace trace;
    const struct vr_mark_row marks[] = {{2, true, 4294967295, 10, 20}, {2, false, 5, 30, 40}};
    const struct vr_power_clock_row clocks[] = {
        {"device", "edges", 0, 1000, 3, 2.5, 0.5, 1, 4},
        {"device", "edges", 1000, 2000, 2503, 2.25, 0.25, NAN, 3},
        {"host", "arrivals", 7, 9, 0, 1e-4, 2, NAN, 100},
    };
    const struct vr_power_span_row span = {
        .first = 10,
        .end = 30010,
        .seconds = 0.3,
        .gross_uj = 900,
        .charge_uc = 300,
        .idle_uw = NAN,
        .gain_err_uj = 9,
        .busy_uj = 100,
        .busy_s = 0.1,
        .lost = 20,
        .coverage = 0.99,
        .time_err_us = 12.5,
        .validity = "incomplete",
        .why = "one sample of a thousand",
    };
    const struct vr_power_inference_row inferences[] = {
        {0, "edges", 1, 5, 40, 1.5, 1.25, 0.5, 6, 0.25, 1, 0.25, 10, 0.5, 0.125, 0.0625, 0, "", 0},
        {1, "clock", 10, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, 2, "lost",
         0},
        {2, "clock", NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, 0,
         "shared", 1},
    };
    const struct vr_power_window_row windows[] = {
        {1, 10, 1500010, 15, 12, 600, 1.5, 6, 1500, ""},
        {2, 1500010, 2000010, 5, 3, NAN, NAN, NAN, 0, "short"},
    };
    const struct vr_power_segment_row segments[] = {
        {0, 0, 60, 10, 6000010, 60, 500, 0.5, 5, 12.5, 7, 0.9995, 70, 71, ""},
        {1, 60, 90.5, VR_STORE_NONE, VR_STORE_NONE, NAN, NAN, NAN, NAN, NAN, 0, NAN, 30, 31,
         "no outputs"},
    };
    const struct vr_power_energy energy = {&span, inferences, 3, windows, 2, segments, 2};
    trace_make(&trace, TRACE_CODED | TRACE_LINES, FILLED_TRACE, 1);
    trace_lose(&trace, 1000, 1020);
    trace_store(&trace, store, trial_id, false);
    int64_t stream_id = trace.stream.stream_id;
    trace_free(&trace);
    FILL(vr_store_marks_add(store, trial_id, marks, 2, &err));
    FILL(vr_store_power_clocks_replace(store, stream_id, clocks, 3, &err));
    FILL(vr_store_power_energy_replace(store, stream_id, &energy, &err));
    return stream_id;
}

#endif
