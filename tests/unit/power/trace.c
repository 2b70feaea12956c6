#include "trace.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void complain(struct trace *trace, const char *text)
{
    if (!trace->complaint)
        trace->complaint = text;
}

static void make_room(struct trace *trace, size_t count)
{
    if (trace->count + count <= trace->capacity)
        return;
    size_t capacity = 2 * trace->capacity + count;
    trace->values = realloc(trace->values, capacity * sizeof *trace->values);
    trace->volts = realloc(trace->volts, capacity * sizeof *trace->volts);
    trace->codes = realloc(trace->codes, capacity * sizeof *trace->codes);
    trace->ranges = realloc(trace->ranges, capacity);
    trace->lines = realloc(trace->lines, capacity);
    trace->is_missing = realloc(trace->is_missing, capacity * sizeof *trace->is_missing);
    trace->capacity = capacity;
}

static void keep(struct trace *trace, const struct vr_power_samples *samples, size_t i)
{
    size_t at = trace->count++;
    bool is_missing =
        samples->ranges ? samples->ranges[i] == VR_POWER_MISSING : (bool)isnan(samples->values[i]);
    trace->values[at] = samples->values ? samples->values[i] : NAN;
    trace->volts[at] = samples->volts ? samples->volts[i] : NAN;
    trace->codes[at] = samples->codes ? samples->codes[i] : 0;
    trace->ranges[at] = samples->ranges ? samples->ranges[i] : 0;
    trace->lines[at] = samples->lines ? samples->lines[i] : 0;
    trace->is_missing[at] = is_missing;
    trace->lost += is_missing;
    trace->owed -= is_missing;
    if (trace->owed > 0 && !is_missing)
        complain(trace, "a gap's samples did not follow it");
    if (is_missing && samples->volts && !isnan(samples->volts[i]))
        complain(trace, "a missing sample has a voltage");
    if (is_missing && at > 0 && samples->lines && trace->lines[at] != trace->lines[at - 1])
        complain(trace, "lines change in a gap");
}

static void on_samples(void *context, const struct vr_power_samples *samples)
{
    struct trace *trace = context;
    if (samples->first != (int64_t)trace->count)
        complain(trace, "an index was skipped");
    make_room(trace, samples->count);
    for (size_t i = 0; i < samples->count; i++)
        keep(trace, samples, i);
}

static void on_gap(void *context, const struct vr_power_gap *gap)
{
    struct trace *trace = context;
    if (gap->first != (int64_t)trace->count || gap->count <= 0)
        complain(trace, "a gap is not where its samples are");
    if (gap->count < gap->count_min || gap->count > gap->count_max)
        complain(trace, "a gap is not within its bounds");
    if (trace->owed != 0)
        complain(trace, "a gap within a gap");
    trace->owed += gap->count;
    if (trace->gap_count < TRACE_GAPS)
        trace->gaps[trace->gap_count] = *gap;
    trace->gap_count++;
}

static void on_anchor(void *context, int64_t index, int64_t arrival_ns)
{
    struct trace *trace = context;
    if (index < 0)
        complain(trace, "an anchor before the first sample");
    trace->anchor_index = index;
    trace->anchor_ns = arrival_ns;
    trace->anchors++;
}

static void on_log(void *context, int level, const char *text)
{
    struct trace *trace = context;
    size_t used = strlen(trace->log);
    snprintf(trace->log + used, sizeof trace->log - used, "%d %s\n", level, text);
}

void trace_init(struct trace *trace)
{
    *trace = (struct trace){
        .sink = {
            .context = trace,
            .samples = on_samples,
            .gap = on_gap,
            .anchor = on_anchor,
            .log = on_log,
        }};
}

void trace_free(struct trace *trace)
{
    free(trace->values);
    free(trace->volts);
    free(trace->codes);
    free(trace->ranges);
    free(trace->lines);
    free(trace->is_missing);
}
