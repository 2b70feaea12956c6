/* Pulses, outputs and quiet between them. */
#include "score/attribute.h"

#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "score/pulses.h"
#include "score/quiet.h"

#define Z_95 1.96

struct work {
    const struct vr_attribute_input *input;
    struct vr_err *err;
    struct vr_pulses busy, inference;
    const struct vr_pulses *active; /* what is not quiet: busy, or else inference */
    struct vr_quiet quiet;
    size_t gap;                          /* first one that is not before the inference at hand */
    int64_t last_pulse;                  /* that an output was found in; -1 = none yet */
    struct vr_power_inference_row *last; /* that output */
    double samples_per_us;
};

static void work_finish(struct work *work)
{
    vr_pulses_finish(&work->busy);
    vr_pulses_finish(&work->inference);
    vr_quiet_finish(&work->quiet);
}

/* --- one inference ------------------------------------------------------------------------------- */

/* A piece of the trace; each of its ends is known to `off` samples. */
struct place {
    double first, end, off;
    bool in_sample; /* the sample of each end is sure */
};

/* Where in its sample an integrating meter had the edge: by how much of the step the sample has.  `outer` and `inner` are its
 * neighbours. */
static int split(
    struct work *work, int64_t sample, int64_t outer, int64_t inner, double *ret_inside)
{
    const struct vr_power_trace *trace = &work->input->trace;
    double at, out, in;
    int r = vr_power_level(trace, sample, &at, work->err);
    if (r == 0)
        r = vr_power_level(trace, outer, &out, work->err);
    if (r == 0)
        r = vr_power_level(trace, inner, &in, work->err);
    if (r < 0)
        return r;
    double share = (at - out) / (in - out);
    *ret_inside = isfinite(share) ? fmin(fmax(share, 0), 1) : 0.5;
    return 0;
}

/* The ends of a pulse on the axis.  There is a sample on either side of it. */
static int place_pulse(struct work *work, const struct vr_pulse *pulse, struct place *ret_place)
{
    *ret_place = (struct place){(double)pulse->rise, (double)pulse->fall, 0.5, true};
    if (!work->input->trace.is_integrating)
        return 0;
    double begin = 0.5, tail = 0.5;
    int r = 0;
    if (pulse->fall > pulse->rise + 1) {
        r = split(work, pulse->rise, pulse->rise - 1, pulse->rise + 1, &begin);
        if (r == 0)
            r = split(work, pulse->fall, pulse->fall + 1, pulse->fall - 1, &tail);
    }
    ret_place->first += 1 - begin;
    ret_place->end += tail;
    ret_place->off = fmax(fmax(begin, 1 - begin), fmax(tail, 1 - tail)); /* it was in its sample */
    return r;
}

static bool is_within(const struct vr_attribute_input *input, double first, double end)
{
    return first >= 1 && end < (double)(input->trace.count - 1) && first < end;
}

/* Were samples lost about there, at a place that is not sure? */
static bool is_unsure(struct work *work, const struct place *place)
{
    const struct vr_attribute_input *input = work->input;
    for (; work->gap < input->gap_count; work->gap++) {
        const struct vr_power_gap *gap = &input->gaps[work->gap];
        if ((double)(gap->first + gap->count + gap->place_err) >= place->first)
            return gap->place_err > 0 && (double)(gap->first - gap->place_err) <= place->end;
    }
    return false;
}

static int fill_edges(
    struct work *work, const struct place *place, struct vr_power_inference_row *row)
{
    const struct vr_power_trace *trace = &work->input->trace;
    double begin_j, end_j;
    int r =
        vr_power_edge_err(trace, place->first, place->off, place->in_sample, &begin_j, work->err);
    if (r == 0)
        r = vr_power_edge_err(trace, place->end, place->off, place->in_sample, &end_j, work->err);
    if (r == 0)
        row->edge_err_uj = 1e6 * (begin_j + end_j);
    return r;
}

/* Energy and charge of a place; the row has its method. */
static int fill_energy(
    struct work *work, const struct place *place, struct vr_power_inference_row *row)
{
    const struct vr_power_trace *trace = &work->input->trace;
    row->first = place->first;
    row->end = place->end;
    row->duration_us = (place->end - place->first) / work->samples_per_us;
    row->time_err_us = place->off / work->samples_per_us;
    if (is_unsure(work, place)) {
        row->why = "samples were lost near it, and it is not sure where";
        return 0;
    }
    struct vr_power_piece piece;
    int r = vr_power_piece(trace, place->first, place->end, &piece, work->err);
    if (r < 0)
        return r;
    row->lost = piece.lost;
    if (piece.lost > 0) {
        row->why = "samples were lost within it or beside it";
        return 0;
    }
    double peak_a;
    r = vr_power_peak(
        trace, (int64_t)floor(place->first), (int64_t)ceil(place->end), &peak_a, work->err);
    row->peak_ma = 1e3 * peak_a;
    row->charge_uc = 1e6 * piece.charge_c;
    if (isnan(piece.energy_j)) {
        row->why = "the supply's voltage is not known: there is charge, but no energy";
        return r;
    }
    double samples = place->end - place->first;
    row->gross_uj = 1e6 * piece.energy_j;
    row->net_uj = row->gross_uj - 1e6 * samples * vr_quiet_near(&work->quiet, place->first);
    row->gain_err_uj = 1e6 * piece.gain_err_j;
    row->noise_err_uj = 1e6 * Z_95 * work->quiet.noise_j * sqrt(samples);
    return r == 0 ? fill_edges(work, place, row) : r;
}

/* 0 for nothing. */
static int phase_uj(struct work *work, double first, double end, double *ret_uj)
{
    struct vr_power_piece piece = {0};
    int r = first < end ? vr_power_piece(&work->input->trace, first, end, &piece, work->err) : 0;
    *ret_uj = 1e6 * piece.energy_j;
    return r;
}

/* What is between two inferences of a busy pulse is before the second one. */
static int fill_phases(
    struct work *work, size_t pulse, const struct place *core, struct vr_power_inference_row *row)
{
    const struct vr_pulse *items = work->inference.items;
    size_t after = vr_pulses_until(&work->busy, (double)items[pulse].rise);
    const struct vr_pulse *busy = after > 0 ? &work->busy.items[after - 1] : NULL;
    struct place whole, before;
    if (!busy || busy->fall < items[pulse].fall ||
        !is_within(work->input, (double)busy->rise, (double)busy->fall + 1))
        return 0;
    int r = place_pulse(work, busy, &whole);
    bool is_first = pulse == 0 || items[pulse - 1].fall <= busy->rise;
    bool is_last = pulse + 1 == work->inference.count || items[pulse + 1].rise >= busy->fall;
    if (r == 0 && !is_first)
        r = place_pulse(work, &items[pulse - 1], &before);
    if (r == 0)
        r = phase_uj(work, is_first ? whole.first : before.end, core->first, &row->pre_uj);
    if (r == 0)
        r = phase_uj(work, core->end, is_last ? whole.end : core->end, &row->post_uj);
    row->core_uj = row->gross_uj;
    return r;
}

/* What an output says of its time, on the axis: its sample came in, it was emitted; either is known to `bound`. */
struct stamps {
    double arrival, emitted, bound;
};

/* The pulse in which the output was computed and emitted; -1 = none, -2 = it may be more than one.  Pulses stand close together, so
 * that the instant of emission may lie in two of them: the one that has most of the time since the arrival has it. */
static int64_t pulse_of(const struct work *work, const struct stamps *stamps)
{
    const struct vr_pulses *pulses = &work->inference;
    double reach = stamps->bound + 1; /* and the edge's own sample */
    double most = -INFINITY, second = -INFINITY;
    int64_t found = -1;
    for (size_t i = vr_pulses_until(pulses, stamps->emitted + reach); i-- > 0;) {
        const struct vr_pulse *pulse = &pulses->items[i];
        if ((double)pulse->fall < stamps->emitted - reach)
            break;
        double shared =
            fmin((double)pulse->fall, stamps->emitted) - fmax((double)pulse->rise, stamps->arrival);
        if (shared > most) {
            second = most;
            most = shared;
            found = (int64_t)i;
        } else {
            second = fmax(second, shared);
        }
    }
    return most - second > 2 * reach ? found : found < 0 ? -1 : -2;
}

/* Another step was at work in the pulse too: what the first one has is not its own. */
static void disown(struct vr_power_inference_row *row)
{
    row->gross_uj = row->net_uj = row->charge_uc = row->peak_ma = NAN;
    row->pre_uj = row->core_uj = row->post_uj = NAN;
    row->edge_err_uj = row->gain_err_uj = row->noise_err_uj = NAN;
    row->why = "its pulse went on with another inference: pulses have run together";
}

static int attribute_pulse(
    struct work *work, const struct stamps *stamps, struct vr_power_inference_row *row)
{
    int64_t found = pulse_of(work, stamps);
    row->method = "edges";
    if (found < 0) {
        row->why = found == -1 ? "there is no pulse of the inference line at its time"
                               : "it may belong to more than one pulse of the inference line";
        return 0;
    }
    const struct vr_pulse *pulse = &work->inference.items[found];
    struct place place;
    if ((double)pulse->rise + 1 < stamps->arrival - stamps->bound) {
        if (found == work->last_pulse && (double)pulse->fall - 1 > stamps->arrival + stamps->bound)
            disown(work->last);
        row->why = "its pulse began before its sample came in: pulses have run together";
        return 0;
    }
    work->last_pulse = found;
    work->last = row;
    if (!is_within(work->input, (double)pulse->rise, (double)pulse->fall + 1)) {
        row->why = "it lies at the end of the samples";
        return 0;
    }
    int r = place_pulse(work, pulse, &place);
    if (r == 0)
        r = fill_energy(work, &place, row);
    if (r == 0 && row->why[0] == '\0' && work->busy.count > 0)
        r = fill_phases(work, (size_t)found, &place, row);
    return r;
}

/* From the arrival of its sample to the emission of the last output of its step. */
static int attribute_stamps(
    struct work *work, const struct stamps *stamps, struct vr_power_inference_row *row)
{
    struct place place = {stamps->arrival, stamps->emitted, stamps->bound, false};
    row->method = "clock";
    if (!is_within(work->input, floor(place.first), ceil(place.end) + 1)) {
        row->why = place.first < place.end ? "it lies at the end of the samples"
                                           : "the device's clock has no time between its ends";
        return 0;
    }
    return fill_energy(work, &place, row);
}

/* Did one step of the algorithm emit this output and the one before it?  The device has one time for each step. */
static bool is_of_one_step(const struct vr_attribute_input *input, size_t index)
{
    const struct vr_output_row *output = &input->outputs[index];
    return index > 0 && index < input->output_count &&
           output[-1].ticks_arrival == output->ticks_arrival &&
           output[-1].at_index == output->at_index;
}

static int attribute_output(
    struct work *work, size_t index, const int64_t *ticks, struct vr_power_inference_row *row)
{
    const struct vr_attribute_input *input = work->input;
    const struct vr_output_row *output = &input->outputs[index];
    size_t last = index; /* of its step */
    *row = (struct vr_power_inference_row){
        .output = output->number,
        .method = input->stream->inference_line >= 0 ? "edges" : "clock",
        .first = NAN,
        .end = NAN,
        .duration_us = NAN,
        .gross_uj = NAN,
        .net_uj = NAN,
        .charge_uc = NAN,
        .peak_ma = NAN,
        .pre_uj = NAN,
        .core_uj = NAN,
        .post_uj = NAN,
        .time_err_us = NAN,
        .edge_err_uj = NAN,
        .gain_err_uj = NAN,
        .noise_err_uj = NAN,
        .why = "",
    };
    if (is_of_one_step(input, index)) {
        row->shares = row[-1].shares + row->output - row[-1].output;
        row->why = "it came out of the inference of an output before it, which has the energy";
        return 0;
    }
    while (input->stream->inference_line < 0 && is_of_one_step(input, last + 1))
        last++;
    struct stamps stamps;
    double bound;
    int64_t spent = (uint32_t)(output->ticks_emitted - output->ticks_arrival);
    if (!input->has_mark ||
        !vr_power_clock_at(&input->clocks, "device", ticks[last], &stamps.emitted, &stamps.bound) ||
        !vr_power_clock_at(
            &input->clocks, "device", ticks[index] - spent, &stamps.arrival, &bound)) {
        row->why = "the meter's samples are not joined to the device's clock";
        return 0;
    }
    stamps.bound = fmax(stamps.bound, bound);
    return input->stream->inference_line >= 0 ? attribute_pulse(work, &stamps, row)
                                              : attribute_stamps(work, &stamps, row);
}

static int attribute_outputs(struct work *work, struct vr_power_inference_row *inferences)
{
    const struct vr_attribute_input *input = work->input;
    _cleanup_free_ int64_t *ticks = calloc(input->output_count + 1, sizeof *ticks);
    if (!ticks)
        return vr_err_set(
            work->err, VR_ERR_NO_MEMORY, "no memory for %zu outputs", input->output_count);
    vr_power_clock_unwrap(
        &input->clocks, input->mark_ticks, input->ticks_hz, input->outputs, input->output_count,
        ticks);
    int r = 0;
    for (size_t i = 0; r == 0 && i < input->output_count; i++)
        r = attribute_output(work, i, ticks, &inferences[i]);
    return r;
}

/* --- the trial ------------------------------------------------------------------------------------- */

/* By busy pulses; without them by the trial's own times on the host's clock.  Returns why there is none, "" = there is. */
static const char *find_span(struct work *work, struct vr_power_span_row *span)
{
    const struct vr_attribute_input *input = work->input;
    int64_t count = input->trace.count;
    double first, end, first_bound, end_bound;
    if (count == 0)
        return input->stream->why[0] ? input->stream->why : "the meter sent no samples";
    if (work->busy.count > 0) {
        span->first = work->busy.items[0].rise;
        span->end = work->busy.items[work->busy.count - 1].fall;
        return "";
    }
    if (!vr_power_clock_at(&input->clocks, "host", input->started_ns, &first, &first_bound) ||
        !vr_power_clock_at(&input->clocks, "host", input->ended_ns, &end, &end_bound))
        return "neither a busy line nor the host's clock tells which samples are the trial's";
    if (end < 0 || first > (double)count)
        return "the meter sampled at another time";
    span->first = llrint(fmax(first, 0));
    span->end = llrint(fmin(end, (double)count));
    span->time_err_us = fmax(first_bound, end_bound) / work->samples_per_us;
    if (span->first >= span->end)
        return "the trial is shorter than a sample";
    return "";
}

static int measure_busy(struct work *work, struct vr_power_span_row *span)
{
    const struct vr_power_trace *trace = &work->input->trace;
    double energy_j = 0;
    int64_t samples = 0;
    for (size_t i = 0; i < work->busy.count; i++) {
        struct vr_power_sum sum;
        const struct vr_pulse *pulse = &work->busy.items[i];
        int r = trace->sum(trace->context, pulse->rise, pulse->fall, &sum, work->err);
        if (r < 0)
            return r;
        energy_j += sum.lost > 0 ? (double)NAN : sum.energy_j;
        samples += pulse->fall - pulse->rise;
    }
    if (work->busy.count > 0) {
        span->busy_uj = 1e6 * energy_j;
        span->busy_s = (double)samples / trace->rate_hz;
    }
    return 0;
}

/* Bound of the clock that outputs are found by: its largest, but for what lies before the first mark and behind the last. */
static double clock_err_us(const struct work *work)
{
    double largest = NAN;
    const struct vr_power_clocks *clocks = &work->input->clocks;
    size_t count = 0;
    while (count < clocks->count && clocks->rows[count].clock[0] == 'd')
        count++;
    bool has_outside = count >= 3;
    for (size_t i = has_outside ? 1 : 0; i + has_outside < count; i++)
        largest = fmax(largest, clocks->rows[i].bound);
    return largest / work->samples_per_us;
}

/* Lost where a busy pulse may have been that would have begun or ended the span; the trial's own times leave nothing outside. */
static int count_outside(struct work *work, int64_t lost_within, int64_t *ret_lost)
{
    const struct vr_power_trace *trace = &work->input->trace;
    struct vr_power_sum all;
    *ret_lost = 0;
    if (work->busy.count == 0)
        return 0;
    int r = trace->sum(trace->context, 0, trace->count, &all, work->err);
    *ret_lost = r == 0 ? all.lost - lost_within : 0;
    return r;
}

static void judge_span(
    const struct work *work, int64_t lost_outside, struct vr_power_span_row *span)
{
    double length = (double)(span->end - span->first);
    const struct vr_power_stream_row *stream = work->input->stream;
    span->validity = "valid";
    span->why = "";
    if (isnan(span->gross_uj)) {
        span->validity = "none";
        span->why = "the supply's voltage is not known: there is charge, but no energy";
    } else if (span->coverage < VR_ATTRIBUTE_COVERAGE_MIN) {
        span->validity = "incomplete";
        span->why = "more than 0.1 % of its samples were lost";
    } else if (vr_power_stream_why(stream)[0]) {
        span->validity = "incomplete";
        span->why = vr_power_stream_why(stream);
    } else if ((double)lost_outside > (1 - VR_ATTRIBUTE_COVERAGE_MIN) * length) {
        span->validity = "incomplete";
        span->why =
            "samples were lost before its first busy pulse or behind its last: there may be "
            "more of it";
    }
}

static int measure_span(struct work *work, struct vr_power_span_row *span)
{
    const struct vr_power_trace *trace = &work->input->trace;
    *span = (struct vr_power_span_row){
        .gross_uj = NAN,
        .charge_uc = NAN,
        .idle_uw = NAN,
        .gain_err_uj = NAN,
        .busy_uj = NAN,
        .busy_s = NAN,
        .coverage = NAN,
        .time_err_us = clock_err_us(work),
        .validity = "none",
    };
    span->why = find_span(work, span);
    if (span->why[0])
        return 0;
    struct vr_power_sum sum;
    int r = trace->sum(trace->context, span->first, span->end, &sum, work->err);
    if (r < 0)
        return r;
    span->seconds = (double)(span->end - span->first) / trace->rate_hz;
    span->gross_uj = sum.count > 0 ? 1e6 * sum.energy_j : (double)NAN;
    span->charge_uc = 1e6 * sum.charge_c;
    span->gain_err_uj = 1e6 * sum.gain_err_j;
    span->lost = sum.lost;
    span->coverage = (double)sum.count / (double)(span->end - span->first);
    span->idle_uw = 1e6 * trace->rate_hz * vr_quiet_all(&work->quiet);
    int64_t lost_outside;
    r = count_outside(work, sum.lost, &lost_outside);
    if (r < 0)
        return r;
    judge_span(work, lost_outside, span);
    return measure_busy(work, span);
}

/* --- all of it --------------------------------------------------------------------------------------- */

int vr_attribute(
    const struct vr_attribute_input *input, struct vr_power_span_row *ret_span,
    struct vr_power_inference_row *inferences, struct vr_err *err)
{
    _cleanup_(work_finish) struct work work = {
        .input = input, .err = err, .last_pulse = -1, .samples_per_us = input->trace.rate_hz / 1e6};
    const struct vr_power_stream_row *stream = input->stream;
    int r = vr_pulses_find(input->edges, input->edge_count, stream->busy_line, &work.busy, err);
    if (r == 0)
        r = vr_pulses_find(
            input->edges, input->edge_count, stream->inference_line, &work.inference, err);
    if (r < 0)
        return r;
    work.active = work.busy.count > 0 ? &work.busy : &work.inference;
    r = vr_quiet_find(&input->trace, work.active, &work.quiet, err);
    if (r == 0)
        r = measure_span(&work, ret_span);
    return r == 0 ? attribute_outputs(&work, inferences) : r;
}
