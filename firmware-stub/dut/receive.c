/* The device's half of the protocol's state machine:
 *
 *     IDLE -- OPEN --> RUNNING -- FIN --> DRAINING -- all consumed, finish run --> FINISHED
 *       ^                                                                             |
 *       +----- CLOSE, HELLO of another host, OPEN refused: from every state ----------+
 *
 * OPEN of another session is taken in every state.  Nothing here waits or fails for want of room on
 * the line: answers are marked as due. */
#include "dut/receive.h"

#include "dut/trial.h"
#include "wire/bytes.h"
#include "wire/sequence.h"
#include "wire/tlv.h"

enum { CHUNK_SIZE = 128, CHUNKS_PER_TURN = 4, LOG_ERROR = 3 };

static uint32_t ticks(const struct dut *dut)
{
    return dut->config.port->ticks(dut->config.port->context);
}

static void take_hello(struct dut *dut)
{
    const struct wire_decoder *const frame = &dut->decoder;
    const uint8_t *const version =
        wire_tlv_find(frame->payload, frame->payload_size, WIRE_HELLO_PROTOCOL, 2);
    const uint8_t *const nonce =
        wire_tlv_find(frame->payload, frame->payload_size, WIRE_HELLO_HOST_NONCE, 4);

    if (!version || !nonce) {
        dut->unknown++;
        return;
    }
    if (!dut->greeted || wire_get_u32(nonce) != dut->host_nonce)
        dut_trial_close(dut);
    dut->greeted = true;
    dut->host_nonce = wire_get_u32(nonce);
    dut->host_major = version[0];
    dut->host_minor = version[1];
    dut->refused = dut->host_major != WIRE_PROTOCOL_MAJOR;
    dut_owe(dut, DUT_DUE_HELLO);
    if (dut->config.fault)
        dut_owe(dut, DUT_DUE_FAULT);
}

/* --- reliable frames --- */

/* Go back N: only the expected frame is taken.  One behind is a duplicate, and the host wants to
 * know how far we are; one ahead says that some were lost, which is told once for each gap. */
static bool is_expected(struct dut *dut)
{
    struct dut_trial *const trial = &dut->trial;
    const int order = wire_seq_compare(dut->decoder.header.seq, trial->expected);

    if (order < 0)
        dut_owe(dut, DUT_DUE_CREDIT);
    if (order > 0) {
        trial->errors_seq++;
        if (!trial->gap || dut->decoder.header.flags & WIRE_FLAG_RESENT)
            dut_owe(dut, DUT_DUE_NAK);
        trial->gap = true;
    }
    return order == 0;
}

static void accept(struct dut *dut)
{
    dut->trial.expected++;
    dut->trial.gap = false;
}

/* The host's mistake: the frame is not taken, so that what was taken stays without a hole. */
static void reject(struct dut *dut, const char *why)
{
    dut->trial.errors_seq++;
    dut_log(dut, LOG_ERROR, why);
}

static void take_samples(struct dut *dut)
{
    const struct wire_decoder *const frame = &dut->decoder;
    const size_t size = frame->payload_size - WIRE_SAMPLES_HEADER;
    struct dut_trial *const trial = &dut->trial;

    if (!is_expected(dut))
        return;
    if (trial->state != DUT_RUNNING || frame->header.stream >= trial->stream_count) {
        reject(dut, "SAMPLES of no open stream");
        return;
    }
    struct dut_stream *const stream = &dut->streams[frame->header.stream];
    if (frame->payload_size <= WIRE_SAMPLES_HEADER || size % stream->sample_size) {
        reject(dut, "SAMPLES of no whole number of samples");
        return;
    }
    if (wire_get_u32(frame->payload) != stream->received || stream->last) {
        reject(dut, "SAMPLES that do not follow the last ones");
        return;
    }
    if (!dut_stream_put(stream, frame->payload + WIRE_SAMPLES_HEADER, size)) {
        reject(dut, "SAMPLES beyond the credit");
        return;
    }
    stream->last = frame->header.flags & WIRE_FLAG_LAST;
    trial->held += (uint32_t)size;
    if (trial->held > trial->ring_high)
        trial->ring_high = trial->held;
    accept(dut);
}

static void take_fin(struct dut *dut)
{
    const struct wire_decoder *const frame = &dut->decoder;
    struct dut_trial *const trial = &dut->trial;

    if (!is_expected(dut)) {
        if (trial->state == DUT_FINISHED)
            dut_owe(dut, DUT_DUE_FIN);
        return;
    }
    bool agrees =
        trial->state == DUT_RUNNING && frame->payload_size == 4 * (size_t)trial->stream_count;
    for (unsigned i = 0; agrees && i < trial->stream_count; i++)
        agrees = wire_get_u32(frame->payload + 4 * i) == dut->streams[i].received;
    if (!agrees) {
        reject(dut, "FIN that does not agree with the samples");
        return;
    }
    accept(dut);
    trial->state = DUT_DRAINING;
    dut_owe(dut, DUT_DUE_CREDIT);
}

/* --- the rest --- */

static void take_ack(struct dut *dut)
{
    const struct wire_header *const header = &dut->decoder.header;
    const bool again = header->flags & (WIRE_FLAG_GAP | WIRE_FLAG_POLL);

    dut_outputs_acknowledge(&dut->outputs, header->seq, again);
    if (header->flags & WIRE_FLAG_WANT_STAT)
        dut_owe(dut, DUT_DUE_STAT);
}

static void take_sync(struct dut *dut)
{
    const struct wire_decoder *const frame = &dut->decoder;
    struct wire_sync sync;
    if (!wire_sync_unpack(frame->payload, frame->payload_size, &sync))
        return;
    dut->sync.host_ns = sync.host_ns;
    dut->sync.ticks_received = ticks(dut);
    dut->sync_session = frame->header.session;
    dut_owe(dut, DUT_DUE_SYNC);
}

static void take_mark(struct dut *dut)
{
    const struct wire_decoder *const frame = &dut->decoder;
    const struct dut_port *const port = dut->config.port;
    if (!wire_mark_unpack(frame->payload, frame->payload_size, &dut->mark.mark))
        return;
    port->mark(port->context, dut->mark.mark.line, dut->mark.mark.on);
    dut->mark.ticks = ticks(dut);
    dut->mark_session = frame->header.session;
    dut_owe(dut, DUT_DUE_MARK);
}

static void take_reset(struct dut *dut)
{
    const struct dut_port *const port = dut->config.port;
    if (wire_reset_unpack(dut->decoder.payload, dut->decoder.payload_size))
        port->reset(port->context);
}

/* Frames that belong to the open trial. */
static void take_trial_frame(struct dut *dut)
{
    switch (dut->decoder.header.type) {
    case WIRE_OPEN: /* again: the answer was lost */
        dut_owe(dut, DUT_DUE_CREDIT);
        break;
    case WIRE_SAMPLES:
        take_samples(dut);
        break;
    case WIRE_FIN:
        take_fin(dut);
        break;
    case WIRE_ACK:
        take_ack(dut);
        break;
    case WIRE_CLOSE:
        dut_trial_close(dut);
        return;
    default:
        dut->unknown++;
        break;
    }
    if (dut->decoder.header.flags & WIRE_FLAG_POLL) {
        dut_owe(dut, DUT_DUE_CREDIT);
        if (dut->trial.state == DUT_FINISHED)
            dut_owe(dut, DUT_DUE_FIN);
    }
}

static void take_frame(struct dut *dut)
{
    const struct wire_header *const header = &dut->decoder.header;
    const bool is_ours = dut->trial.session && header->session == dut->trial.session;

    if (header->type == WIRE_HELLO)
        take_hello(dut);
    else if (header->type == WIRE_RESET)
        take_reset(dut);
    else if (header->type == WIRE_OPEN && !is_ours)
        dut_trial_open(dut);
    else if (header->type == WIRE_SYNC && (is_ours || !header->session))
        take_sync(dut);
    else if (header->type == WIRE_MARK && (is_ours || !header->session))
        take_mark(dut);
    else if (is_ours)
        take_trial_frame(dut);
    else
        dut->stale++;
}

bool dut_receive(struct dut *dut)
{
    const struct dut_port *const port = dut->config.port;
    uint8_t chunk[CHUNK_SIZE];

    for (unsigned turn = 0; turn < CHUNKS_PER_TURN; turn++) {
        const size_t size = port->receive(port->context, chunk, sizeof chunk);
        if (!size)
            return turn > 0;
        size_t used;
        for (size_t at = 0; at < size; at += used)
            if (wire_decoder_push(&dut->decoder, chunk + at, size - at, &used) == WIRE_EVENT_FRAME)
                take_frame(dut);
    }
    return true;
}
