/* One sample at a time, in the order of their own times: the outputs do not depend on how the line
 * cut the samples into frames. */
#include "dut/consume.h"

enum {
    STEPS_PER_TURN = 256, /* under a millisecond of a 64 MHz Cortex-M4 .. */
    TURNS_PER_S = 1000,   /* .. and a slow algorithm must not keep the line waiting longer either */
};

static uint32_t ticks(const struct dut *dut)
{
    return dut->config.port->ticks(dut->config.port->context);
}

unsigned dut_next_stream(const struct dut *dut)
{
    const struct dut_trial *const trial = &dut->trial;
    unsigned ended = 0;

    for (unsigned i = 0; i < trial->stream_count; i++)
        if ((trial->state == DUT_DRAINING || trial->streams[i].last) &&
            trial->streams[i].consumed == trial->streams[i].received)
            ended |= 1u << i;
    return dut_samples_earliest(trial->streams, trial->stream_count, ended);
}

static void emit(void *context, const struct algo_output *output)
{
    struct dut *const dut = context;
    const struct dut_trial *const trial = &dut->trial;
    const uint32_t consumed = trial->streams[output->stream].consumed;
    struct wire_output message = {
        .kind = output->kind,
        .algorithm = trial->algorithm->id,
        .value_count = output->value_count,
        .sample_index = output->sample_index,
        .at_index = consumed ? consumed - 1 : 0,
        .ticks_arrival = trial->arrival_ticks,
        .ticks_emitted = ticks(dut),
    };
    for (unsigned i = 0; i < output->value_count && i < WIRE_VALUES_MAX; i++)
        message.values[i] = output->values[i];
    dut_outputs_add(&dut->outputs, output->stream, &message);
}

static bool has_sample(const struct dut_stream *stream)
{
    return stream->received != stream->consumed;
}

/* A paced trial starts when it has a sample of every stream. */
static bool start_pace(struct dut_trial *trial, uint32_t now)
{
    for (unsigned i = 0; i < trial->stream_count && trial->state == DUT_RUNNING; i++)
        if (!has_sample(&trial->streams[i]) && !trial->streams[i].last)
            return false;
    dut_pace_start(&trial->pace, now);
    return true;
}

/* Paced trials consume on time and lose outputs that do not fit; the others wait for room. */
static bool may_step(struct dut *dut, unsigned stream, uint32_t now)
{
    struct dut_trial *const trial = &dut->trial;
    const bool is_there = has_sample(&trial->streams[stream]);

    if (trial->mode == WIRE_MODE_PACED)
        return (trial->pace.started || start_pace(trial, now)) &&
               dut_pace_is_due(&trial->pace, stream, is_there, now);
    return is_there && dut_outputs_room(&dut->outputs) >= trial->algorithm->outputs_max;
}

/* Returns the ticks after it. */
static uint32_t step(struct dut *dut, unsigned index, const struct algo_sink *sink, uint32_t now)
{
    struct dut_trial *const trial = &dut->trial;
    int16_t sample[WIRE_CHANNELS_MAX];

    dut_stream_take(&trial->streams[index], sample);
    if (trial->mode == WIRE_MODE_PACED)
        dut_pace_advance(&trial->pace, index);
    trial->arrival_ticks = now;
    trial->algorithm->step(dut->config.state, index, sample, sink);
    trial->steps++;
    const uint32_t after = ticks(dut);
    trial->step_ticks += after - now;
    if (after - now > trial->step_ticks_max)
        trial->step_ticks_max = after - now;
    return after;
}

/* All samples are consumed: let the algorithm emit what was pending, one call at a time.  Returns
 * whether it was called. */
static bool finish(struct dut *dut, const struct algo_sink *sink)
{
    const struct dut_port *const port = dut->config.port;
    struct dut_trial *const trial = &dut->trial;

    if (dut_outputs_room(&dut->outputs) < trial->algorithm->outputs_max)
        return false;
    trial->arrival_ticks = ticks(dut);
    if (trial->steps && trial->algorithm->finish(dut->config.state, sink))
        return true;
    if (trial->mode == WIRE_MODE_PACED && port->pace_stop)
        port->pace_stop(port->context);
    if (trial->computing)
        port->mark(port->context, 0, false);
    trial->computing = false;
    trial->state = DUT_FINISHED;
    dut->due |= DUT_DUE_STAT | DUT_DUE_FIN;
    return true;
}

/* A silent trial computes when all samples are here and the line has gone quiet. */
static bool may_compute(struct dut *dut)
{
    const struct dut_port *const port = dut->config.port;
    struct dut_trial *const trial = &dut->trial;

    if (trial->mode != WIRE_MODE_SILENT || trial->computing)
        return true;
    if (trial->state != DUT_DRAINING || dut->due || dut->transmit_tail)
        return false;
    trial->computing = true;
    port->mark(port->context, 0, true);
    return true;
}

/* Tell the host of freed room: often enough that it never waits, seldom enough to cost little. */
static void note_freed(struct dut *dut)
{
    struct dut_trial *const trial = &dut->trial;
    bool empty = true;
    bool quarter = false;

    for (unsigned i = 0; i < trial->stream_count; i++) {
        const struct dut_stream *const stream = &trial->streams[i];
        empty = empty && !has_sample(stream);
        quarter =
            quarter || (stream->consumed - stream->told) * stream->sample_size >= stream->size / 4;
    }
    if ((empty || quarter) && !trial->computing)
        dut->due |= DUT_DUE_CREDIT;
}

bool dut_consume(struct dut *dut)
{
    struct dut_trial *const trial = &dut->trial;
    const struct algo_sink sink = {emit, dut};
    unsigned steps = 0;

    if ((trial->state != DUT_RUNNING && trial->state != DUT_DRAINING) || !may_compute(dut))
        return false;
    const uint32_t begin = ticks(dut);
    const uint32_t turn_ticks = dut->config.port->ticks_hz / TURNS_PER_S;
    uint32_t now = begin;
    while (steps < STEPS_PER_TURN && trial->state != DUT_FINISHED && now - begin <= turn_ticks) {
        const unsigned next = dut_next_stream(dut);
        if (next == trial->stream_count) {
            if (trial->state != DUT_DRAINING || !finish(dut, &sink))
                break;
        } else {
            if (!may_step(dut, next, now))
                break;
            now = step(dut, next, &sink, now);
        }
        steps++;
    }
    if (steps && trial->state != DUT_FINISHED)
        note_freed(dut);
    return steps > 0;
}
