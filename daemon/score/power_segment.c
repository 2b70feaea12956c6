/* A record in minutes. */
#include "score/power_segment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "stats/quantile.h"
#include "wire/protocol.h"

/* A sample of the record was consumed at that sample of the trace, give or take `bound`. */
struct point {
    double index, at, bound;
};

struct work {
    const struct vr_attribute_input *input;
    struct vr_err *err;
    struct point *points; /* ascending */
    size_t count;
    double pace; /* samples of the trace for one of the record */
    struct point begin, end;
};

/* A place in the trace that is known to `off` samples. */
struct border {
    double at, off;
};

/* --- where a sample of the record was consumed ------------------------------------------------------ */

/* Outputs at the end of the record have its last index and a later time. */
static bool is_point(const struct work *work, const struct vr_output_row *output)
{
    return output->at_index >= 0 && output->at_index < work->input->record_samples - 1 &&
           (work->count == 0 || (double)output->at_index > work->points[work->count - 1].index);
}

static int find_points(struct work *work)
{
    const struct vr_attribute_input *input = work->input;
    _cleanup_free_ int64_t *ticks = calloc(input->output_count + 1, sizeof *ticks);
    work->points = calloc(input->output_count + 1, sizeof *work->points);
    if (!ticks || !work->points)
        return vr_err_set(
            work->err, VR_ERR_NO_MEMORY, "no memory for %zu outputs", input->output_count);
    if (!input->has_mark)
        return 0;
    vr_power_clock_unwrap(
        &input->clocks, input->mark_ticks, input->ticks_hz, input->outputs, input->output_count,
        ticks);
    for (size_t i = 0; i < input->output_count; i++) {
        const struct vr_output_row *output = &input->outputs[i];
        int64_t spent = (uint32_t)(output->ticks_emitted - output->ticks_arrival);
        struct point point = {.index = (double)output->at_index};
        if (is_point(work, output) &&
            vr_power_clock_at(&input->clocks, "device", ticks[i] - spent, &point.at, &point.bound))
            work->points[work->count++] = point;
    }
    return 0;
}

static int find_pace(struct work *work)
{
    size_t count = work->count - 1;
    _cleanup_free_ double *paces = calloc(work->count, sizeof *paces);
    if (!paces)
        return vr_err_set(work->err, VR_ERR_NO_MEMORY, "no memory for %zu outputs", count);
    for (size_t i = 0; i < count; i++) {
        const struct point *a = &work->points[i], *b = &work->points[i + 1];
        paces[i] = (b->at - a->at) / (b->index - a->index);
    }
    vr_quantile_sort(paces, count);
    work->pace = vr_quantile(paces, count, 0.5);
    return 0;
}

static struct border border_at(const struct work *work, double index)
{
    size_t after = 0;
    while (after < work->count && work->points[after].index < index)
        after++;
    const struct point *b = after < work->count ? &work->points[after] : &work->end;
    const struct point *a = after > 0 ? &work->points[after - 1] : &work->begin;
    if (b->index == index)
        a = b;
    double on = a->at + (index - a->index) * work->pace;
    double back = b->at - (b->index - index) * work->pace;
    return (struct border){(on + back) / 2, fabs(back - on) / 2 + fmax(a->bound, b->bound)};
}

/* --- energy ----------------------------------------------------------------------------------------- */

static int64_t within(const struct work *work, double at)
{
    return llrint(fmin(fmax(at, 0), (double)work->input->trace.count));
}

/* What a segment may be off by, because its border is. */
static int border_err(const struct work *work, const struct border *border, double *ret_uj)
{
    const struct vr_power_trace *trace = &work->input->trace;
    struct vr_power_sum before, behind;
    int64_t at = within(work, border->at);
    *ret_uj = NAN;
    if (isnan(border->off))
        return 0;
    int r = trace->sum(
        trace->context, within(work, floor(border->at - border->off)), at, &before, work->err);
    if (r == 0)
        r = trace->sum(
            trace->context, at, within(work, ceil(border->at + border->off)), &behind, work->err);
    if (r == 0 && before.lost + behind.lost == 0)
        *ret_uj = 1e6 * fmax(fabs(before.energy_j), fabs(behind.energy_j));
    return r;
}

static int measure(
    const struct work *work, const struct border *from, const struct border *to,
    struct vr_power_segment_row *row)
{
    const struct vr_power_trace *trace = &work->input->trace;
    double from_uj, to_uj;
    struct vr_power_sum sum;
    row->first = within(work, from->at);
    row->end = within(work, to->at);
    row->time_err_us = 1e6 * fmax(from->off, to->off) / trace->rate_hz;
    if (row->end <= row->first) {
        row->end = row->first;
        row->why = "its ends are in one sample of the trace";
        return 0;
    }
    int r = trace->sum(trace->context, row->first, row->end, &sum, work->err);
    if (r == 0)
        r = border_err(work, from, &from_uj);
    if (r == 0)
        r = border_err(work, to, &to_uj);
    if (r < 0)
        return r;
    row->seconds = (double)(row->end - row->first) / trace->rate_hz;
    row->lost = sum.lost;
    row->coverage = (double)sum.count / (double)(row->end - row->first);
    if (row->coverage < VR_ATTRIBUTE_COVERAGE_MIN) {
        row->why = "more than 0.1 % of its samples were lost";
    } else if (isnan(sum.energy_j)) {
        row->why = "the supply's voltage is not known: there is charge, but no energy";
    } else {
        row->gross_uj = 1e6 * sum.energy_j;
        row->gain_err_uj = 1e6 * sum.gain_err_j;
        row->edge_err_uj = from_uj + to_uj;
    }
    return 0;
}

/* --- all of them ------------------------------------------------------------------------------------- */

static void count_outputs(
    const struct work *work, const struct vr_power_inference_row *inferences, double from,
    double to, struct vr_power_segment_row *row)
{
    const struct vr_attribute_input *input = work->input;
    for (size_t i = 0; i < input->output_count; i++) {
        const struct vr_output_row *output = &input->outputs[i];
        double refers = (double)output->sample_index, at = (double)output->at_index;
        row->beats += output->kind == WIRE_OUTPUT_BEAT && refers >= from && refers < to;
        row->inferences += inferences[i].shares == 0 && at >= from && at < to;
    }
}

static int cut(
    struct work *work, const struct vr_power_inference_row *inferences,
    struct vr_power_segment_row *rows, size_t count)
{
    double hz = work->input->record_hz, last = (double)work->input->record_samples;
    int r = work->count >= 2 ? find_pace(work) : 0;
    for (size_t i = 0; r == 0 && i < count; i++) {
        double from = (double)i * VR_POWER_SEGMENT_S * hz;
        double to = i + 1 < count ? from + VR_POWER_SEGMENT_S * hz : last;
        rows[i] = (struct vr_power_segment_row){
            .number = (int64_t)i,
            .from_s = from / hz,
            .to_s = to / hz,
            .first = VR_STORE_NONE,
            .end = VR_STORE_NONE,
            .seconds = NAN,
            .gross_uj = NAN,
            .edge_err_uj = NAN,
            .gain_err_uj = NAN,
            .time_err_us = NAN,
            .coverage = NAN,
            .why = "",
        };
        count_outputs(work, inferences, from, to, &rows[i]);
        struct border begin = border_at(work, from), end = border_at(work, to);
        if (work->count < 2)
            rows[i].why = "fewer than two outputs have a place in the trace";
        else
            r = measure(work, &begin, &end, &rows[i]);
    }
    return r;
}

int vr_power_segments_cut(
    const struct vr_attribute_input *input, const struct vr_power_span_row *span,
    const struct vr_power_inference_row *inferences, struct vr_power_segment_row **ret_rows,
    size_t *ret_count, struct vr_err *err)
{
    struct work work = {.input = input, .err = err};
    *ret_rows = NULL;
    *ret_count = 0;
    if (strcmp(input->stream->mode, "paced") != 0 || !(input->record_hz > 0) ||
        input->record_samples <= 0 || span->end <= span->first)
        return 0;
    /* A busy pulse tells its ends to a sample; the trial ends with its last sample, not where the next one would be. */
    double bound = isnan(span->busy_s) ? span->time_err_us * input->trace.rate_hz / 1e6 : 1;
    work.begin = (struct point){0, (double)span->first, bound};
    work.end = (struct point){(double)(input->record_samples - 1), (double)span->end, bound};
    double seconds = (double)input->record_samples / input->record_hz;
    size_t count = (size_t)fmax(ceil((seconds - 1) / VR_POWER_SEGMENT_S), 1);
    struct vr_power_segment_row *rows = calloc(count, sizeof *rows);
    int r = rows ? find_points(&work)
                 : vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu segments", count);
    if (r == 0)
        r = cut(&work, inferences, rows, count);
    free(work.points);
    if (r < 0) {
        free(rows);
        return r;
    }
    *ret_rows = rows;
    *ret_count = count;
    return 0;
}
