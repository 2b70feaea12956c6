/* One sample at a time, in the order of their own times: the outputs do not depend on how the line
 * cut the samples into frames. */
#include "dut/consume.h"

#include "dut/trial.h"

enum {
    STEPS_PER_TURN = 256, /* under a millisecond of a 64 MHz Cortex-M4 .. */
    TURNS_PER_S = 1000,   /* .. and a slow algorithm must not keep the line waiting longer either */
};

static uint32_t ticks(const struct dut *dut)
{
    return dut->config.port->ticks(dut->config.port->context);
}

bool dut_has_room(const struct dut *dut)
{
    return dut_outputs_room(&dut->outputs) >= dut->trial.algorithm->outputs_max;
}

unsigned dut_next_stream(const struct dut *dut)
{
    const struct dut_trial *const trial = &dut->trial;
    unsigned next = trial->stream_count;

    for (unsigned i = 0; i < trial->stream_count; i++) {
        const struct dut_stream *const stream = &dut->streams[i];
        const bool has_ended = trial->state == DUT_DRAINING || stream->last;
        if (has_ended && !dut_stream_has_sample(stream))
            continue;
        if (next == trial->stream_count || dut_stream_is_earlier(stream, &dut->streams[next]))
            next = i;
    }
    return next;
}

static void emit(void *context, const struct algo_output *output)
{
    struct dut *const dut = context;
    const struct dut_trial *const trial = &dut->trial;
    const uint32_t consumed = dut->streams[output->stream].consumed;
    struct wire_output message; /* no initializer: it would clear the values too */

    message.kind = output->kind;
    message.algorithm = trial->algorithm->id;
    message.value_count = output->value_count;
    message.sample_index = output->sample_index;
    message.at_index = consumed ? consumed - 1 : 0;
    message.ticks_arrival = trial->arrival_ticks;
    message.ticks_emitted = ticks(dut);
    for (unsigned i = 0; i < output->value_count && i < WIRE_VALUES_MAX; i++)
        message.values[i] = output->values[i];
    dut_outputs_add(&dut->outputs, output->stream, &message);
}

/* A paced trial starts when it has a sample of every stream. */
static bool start_pace(struct dut *dut, uint32_t now)
{
    for (unsigned i = 0; i < dut->trial.stream_count && dut->trial.state == DUT_RUNNING; i++)
        if (!dut_stream_has_sample(&dut->streams[i]) && !dut->streams[i].last)
            return false;
    dut_pace_start(&dut->pace, now);
    return true;
}

/* Paced trials consume on time and lose outputs that do not fit; the others wait for room. */
static bool may_step(struct dut *dut, unsigned stream, uint32_t now)
{
    const struct dut_trial *const trial = &dut->trial;
    const bool is_there = dut_stream_has_sample(&dut->streams[stream]);

    if (trial->mode == WIRE_MODE_PACED)
        return (dut->pace.started || start_pace(dut, now)) &&
               dut_pace_is_due(&dut->pace, stream, is_there, now);
    return is_there && dut_has_room(dut);
}

/* Line 0: samples are being computed.  In mode max nobody measures. */
static void set_busy(struct dut *dut, bool on)
{
    const struct dut_port *const port = dut->config.port;
    if (dut->trial.mode == WIRE_MODE_MAX || dut->trial.busy == on)
        return;
    port->mark(port->context, DUT_LINE_BUSY, on);
    dut->trial.busy = on;
}

/* Line 1, as the algorithm says. */
static void set_inference(void *context, bool on)
{
    const struct dut *const dut = context;
    const struct dut_port *const port = dut->config.port;
    if (dut->trial.mode != WIRE_MODE_MAX)
        port->mark(port->context, DUT_LINE_INFERENCE, on);
}

/* Returns the ticks after it. */
static uint32_t step(struct dut *dut, unsigned index, const struct algo_sink *sink, uint32_t now)
{
    struct dut_trial *const trial = &dut->trial;
    struct dut_stream *const stream = &dut->streams[index];
    int16_t sample[WIRE_CHANNELS_MAX];

    dut_stream_take(stream, sample);
    trial->held -= stream->sample_size;
    if (trial->mode == WIRE_MODE_PACED)
        dut_pace_advance(&dut->pace, index);
    trial->arrival_ticks = now;
    set_busy(dut, true);
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
    struct dut_trial *const trial = &dut->trial;

    if (!dut_has_room(dut))
        return false;
    set_busy(dut, true);
    trial->arrival_ticks = ticks(dut);
    if (trial->steps && trial->algorithm->finish(dut->config.state, sink))
        return true;
    dut_trial_stop(dut);
    trial->state = DUT_FINISHED;
    dut_owe(dut, DUT_DUE_STAT);
    dut_owe(dut, DUT_DUE_FIN);
    return true;
}

/* A silent trial computes when all samples are here and the line has gone quiet. */
static bool may_compute(struct dut *dut)
{
    const struct dut_trial *const trial = &dut->trial;

    if (trial->mode != WIRE_MODE_SILENT || trial->busy)
        return true;
    if (trial->state != DUT_DRAINING || dut->due || dut->transmit_tail)
        return false;
    set_busy(dut, true);
    return true;
}

/* A quarter of the ring was freed since the host was told. */
static bool is_quarter_freed(const struct dut_stream *stream)
{
    return (stream->consumed - stream->told) * stream->sample_size >= stream->size / 4;
}

bool dut_consume(struct dut *dut)
{
    struct dut_trial *const trial = &dut->trial;
    const struct algo_sink sink = {emit, dut, set_inference};
    unsigned steps = 0;
    bool quarter = false;
    bool is_due = true;

    if ((trial->state != DUT_RUNNING && trial->state != DUT_DRAINING) || !may_compute(dut))
        return false;
    const uint32_t begin = ticks(dut);
    const uint32_t turn_ticks = dut->config.port->ticks_hz / TURNS_PER_S;
    uint32_t now = begin;
    while (is_due && steps < STEPS_PER_TURN && trial->state != DUT_FINISHED &&
           now - begin <= turn_ticks) {
        const unsigned next = dut_next_stream(dut);
        if (next == trial->stream_count) {
            is_due = trial->state == DUT_DRAINING && finish(dut, &sink);
        } else {
            is_due = may_step(dut, next, now);
            if (is_due) {
                now = step(dut, next, &sink, now);
                quarter = quarter || is_quarter_freed(&dut->streams[next]);
            }
        }
        steps += is_due;
    }
    if (!is_due && trial->mode == WIRE_MODE_PACED)
        set_busy(dut, false); /* until the next sample's time */
    /* Tell the host of freed room: so often that it never waits, so seldom that it costs little. */
    if (steps && trial->state != DUT_FINISHED && trial->mode != WIRE_MODE_SILENT &&
        (quarter || !trial->held))
        dut_owe(dut, DUT_DUE_CREDIT);
    return steps > 0;
}
