/* A trial begins with everything zeroed: the same record twice gives the same bytes. */
#include "dut/trial.h"

#include <string.h>

void dut_trial_stop(struct dut *dut)
{
    const struct dut_port *const port = dut->config.port;
    if (dut->trial.mode == WIRE_MODE_PACED && port->pace_stop)
        port->pace_stop(port->context);
    if (dut->trial.busy)
        port->mark(port->context, DUT_LINE_BUSY, false);
    dut->trial.busy = false;
}

void dut_trial_close(struct dut *dut)
{
    dut_trial_stop(dut);
    dut->trial = (struct dut_trial){0};
    dut->pace = (struct dut_pace){0};
    memset(dut->streams, 0, sizeof dut->streams);
    dut_outputs_open(&dut->outputs);
    dut->due &= (1u << DUT_DUE_NAK) - 1; /* the others are of no trial */
}

static const struct algo *find_algorithm(const struct dut *dut, uint8_t id)
{
    for (unsigned i = 0; i < dut->config.algorithm_count; i++)
        if (dut->config.algorithms[i]->id == id)
            return dut->config.algorithms[i];
    return NULL;
}

static bool is_stream_valid(const struct wire_stream *stream)
{
    return stream->format == WIRE_FORMAT_S16 && stream->channels >= 1 &&
           stream->channels <= WIRE_CHANNELS_MAX && stream->rate_num >= 1 &&
           stream->rate_num <= WIRE_RATE_NUM_MAX && stream->rate_den >= 1 &&
           stream->rate_den <= WIRE_RATE_DEN_MAX;
}

struct refusal {
    uint8_t code; /* enum wire_refuse_code, 0 = none */
    const char *text;
};

/* Why the pace cannot be kept, or NULL. */
static const char *start_pace(struct dut *dut, const struct wire_open *open)
{
    const struct dut_port *const port = dut->config.port;
    uint64_t rate_millihertz = 0;

    if (!open->speed_milli)
        return "paced at speed 0";
    if (!dut_pace_open(&dut->pace, open, port->ticks_hz))
        return "sample period too long for the clock";
    for (unsigned i = 0; i < open->stream_count; i++) {
        const struct wire_stream *const stream = &open->streams[i];
        const uint64_t ratio =
            dut_pace_ratio((uint64_t)stream->rate_num * open->speed_milli, stream->rate_den);
        if (ratio > rate_millihertz)
            rate_millihertz = ratio;
    }
    if (port->pace_start && (rate_millihertz == UINT64_MAX ||
                             !port->pace_start(port->context, (uint32_t)(rate_millihertz >> 32))))
        return "no timer for this rate";
    return NULL;
}

/* Check and start everything that OPEN asks for.  The trial is zeroed before. */
static struct refusal prepare(struct dut *dut, const struct wire_open *open)
{
    struct dut_trial *const trial = &dut->trial;
    const char *why;

    if (dut->refused)
        return (struct refusal){WIRE_REFUSE_VERSION, "another protocol version, see HELLO_R"};
    const struct algo *const algorithm = find_algorithm(dut, open->algorithm);
    if (!algorithm)
        return (struct refusal){WIRE_REFUSE_ALGORITHM, "no such algorithm"};
    if (open->stream_count > algorithm->stream_count)
        return (struct refusal){WIRE_REFUSE_STREAMS, "more streams than the algorithm takes"};
    for (unsigned i = 0; i < open->stream_count; i++)
        if (!is_stream_valid(&open->streams[i]))
            return (struct refusal){WIRE_REFUSE_STREAMS, "channels, format or rate out of range"};
    if (open->mode > WIRE_MODE_SILENT)
        return (struct refusal){WIRE_REFUSE_MODE, "no such mode"};
    if (!dut_samples_open(dut->streams, open, dut->config.ring, dut->config.ring_size))
        return (struct refusal){WIRE_REFUSE_SIZE, "sample ring too small for so many streams"};
    why = algorithm->open(dut->config.state, open);
    if (why)
        return (struct refusal){WIRE_REFUSE_STREAMS, why};
    if (open->mode == WIRE_MODE_PACED) {
        why = start_pace(dut, open);
        if (why)
            return (struct refusal){WIRE_REFUSE_MODE, why};
    }
    trial->algorithm = algorithm;
    return (struct refusal){0};
}

void dut_trial_open(struct dut *dut)
{
    const struct wire_decoder *const frame = &dut->decoder;
    struct wire_open open;
    struct refusal refusal = {WIRE_REFUSE_STREAMS, "malformed OPEN"};

    if (!frame->header.session || frame->header.seq)
        return;
    dut_trial_close(dut);
    dut->decoder.crc_errors = 0;
    dut->decoder.frame_errors = 0;
    if (wire_open_unpack(frame->payload, frame->payload_size, &open))
        refusal = prepare(dut, &open);
    if (refusal.code) {
        dut->trial = (struct dut_trial){0};
        dut->refuse_code = refusal.code;
        dut->refuse_text = refusal.text;
        dut->refuse_session = frame->header.session;
        dut_owe(dut, DUT_DUE_REFUSE);
        return;
    }
    dut->trial.state = DUT_RUNNING;
    dut->trial.session = frame->header.session;
    dut->trial.mode = open.mode;
    dut->trial.stream_count = open.stream_count;
    dut->trial.expected = 1;
    dut->trial.opened_ticks = dut->config.port->ticks(dut->config.port->context);
    dut_owe(dut, DUT_DUE_CREDIT);
}
