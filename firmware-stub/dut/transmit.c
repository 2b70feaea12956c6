/* Frames are encoded at the tail of one linear buffer and leave it at the head; the payload is
 * packed at the far end of its own frame's room, so that no second buffer is needed. */
#include "dut/transmit.h"

#include <string.h>

#include "dut/hello.h"
#include "wire/sequence.h"

enum { LOG_TEXT_MAX = 64 };

/* Room for a payload of up to `size` bytes, or NULL: later. */
static uint8_t *begin(struct dut *dut, size_t size)
{
    const size_t needed = WIRE_ENCODED_MAX(size);
    uint8_t *const buffer = dut->config.transmit;

    if (dut->config.transmit_size - dut->transmit_tail < needed && dut->transmit_head) {
        memmove(buffer, buffer + dut->transmit_head, dut->transmit_tail - dut->transmit_head);
        dut->transmit_tail -= dut->transmit_head;
        dut->transmit_head = 0;
    }
    if (dut->config.transmit_size - dut->transmit_tail < needed)
        return NULL;
    return buffer + dut->transmit_tail + needed - size;
}

static void end(
    struct dut *dut, const struct wire_header *header, const uint8_t *payload, size_t size)
{
    dut->transmit_tail += wire_frame_encode(
        header, payload, size, dut->config.transmit + dut->transmit_tail,
        dut->config.transmit_size - dut->transmit_tail);
}

static uint16_t saturated(uint32_t count)
{
    return (uint16_t)(count < UINT16_MAX ? count : UINT16_MAX);
}

static size_t pack_hello(
    struct dut *dut, struct wire_header *header, uint8_t *payload, size_t capacity)
{
    header->session = 0;
    return dut_hello_pack(dut, payload, capacity);
}

static size_t pack_fault(
    struct dut *dut, struct wire_header *header, uint8_t *payload, size_t capacity)
{
    header->session = 0;
    return wire_fault_pack(dut->config.fault, payload, capacity);
}

static size_t pack_refuse(
    struct dut *dut, struct wire_header *header, uint8_t *payload, size_t capacity)
{
    const struct wire_refuse refuse = {dut->refuse_code, wire_text_of(dut->refuse_text)};
    header->session = dut->refuse_session;
    return wire_refuse_pack(&refuse, payload, capacity);
}

static size_t pack_sync(
    struct dut *dut, struct wire_header *header, uint8_t *payload, size_t capacity)
{
    const struct wire_sync_reply reply = {
        .host_ns = dut->sync.host_ns,
        .ticks_received = dut->sync_ticks,
        .ticks_sent = dut->config.port->ticks(dut->config.port->context),
    };
    header->session = dut->sync_session;
    return wire_sync_reply_pack(&reply, payload, capacity);
}

static size_t pack_mark(
    struct dut *dut, struct wire_header *header, uint8_t *payload, size_t capacity)
{
    header->session = dut->mark_session;
    return wire_mark_reply_pack(&dut->mark, payload, capacity);
}

static size_t pack_nak(
    struct dut *dut, struct wire_header *header, uint8_t *payload, size_t capacity)
{
    (void)payload;
    (void)capacity;
    header->seq = dut->trial.expected;
    return 0;
}

static size_t pack_credit(
    struct dut *dut, struct wire_header *header, uint8_t *payload, size_t capacity)
{
    struct dut_trial *const trial = &dut->trial;
    struct wire_credit credit = {
        .ticks = dut->config.port->ticks(dut->config.port->context),
        .outputs_sent = dut->outputs.sent,
        .errors_crc = saturated(dut->decoder.crc_errors),
        .errors_frame = saturated(dut->decoder.frame_errors),
        .errors_seq = saturated(trial->errors_seq),
        .underruns = saturated(trial->pace.underruns),
        .outputs_dropped = dut->outputs.dropped,
        .stream_count = trial->stream_count,
    };
    for (unsigned i = 0; i < trial->stream_count; i++) {
        struct dut_stream *const stream = &trial->streams[i];
        stream->told = stream->consumed;
        credit.streams[i].consumed_index = stream->consumed;
        credit.streams[i].limit_bytes = stream->consumed * stream->sample_size + stream->size;
    }
    header->seq = trial->expected;
    return wire_credit_pack(&credit, payload, capacity);
}

static size_t pack_stat(
    struct dut *dut, struct wire_header *header, uint8_t *payload, size_t capacity)
{
    const struct dut_port *const port = dut->config.port;
    const struct dut_trial *const trial = &dut->trial;
    const uint32_t now = port->ticks(port->context);
    const struct wire_stat stat = {
        .ticks = now,
        .awake_ticks = now - trial->opened_ticks - trial->asleep_ticks,
        .steps = trial->steps,
        .step_ticks_max = trial->step_ticks_max,
        .stack_free_min =
            port->stack_free_min ? port->stack_free_min(port->context) : WIRE_STACK_UNKNOWN,
        .underruns = trial->pace.underruns,
        .outputs_dropped = dut->outputs.dropped,
        .logs_dropped = trial->logs_dropped,
        .ring_high = trial->ring_high,
        .step_ticks = trial->step_ticks,
    };
    (void)header;
    return wire_stat_pack(&stat, payload, capacity);
}

static size_t pack_fin_reply(
    struct dut *dut, struct wire_header *header, uint8_t *payload, size_t capacity)
{
    const struct dut_trial *const trial = &dut->trial;
    struct wire_fin_reply reply = {
        .outputs_total = dut->outputs.next,
        .outputs_dropped = dut->outputs.dropped,
        .underruns = trial->pace.underruns,
        .digest = dut->outputs.digest,
        .stream_count = trial->stream_count,
    };
    for (unsigned i = 0; i < trial->stream_count; i++)
        reply.consumed[i] = trial->streams[i].consumed;
    (void)header;
    return wire_fin_reply_pack(&reply, payload, capacity);
}

struct reply {
    uint16_t due;
    uint8_t type;
    uint8_t size_max; /* B of payload; HELLO_R's is known at run time */
    size_t (*pack)(struct dut *dut, struct wire_header *header, uint8_t *payload, size_t capacity);
};

static const struct reply replies[] = {
    {DUT_DUE_HELLO, WIRE_HELLO_R, 0, pack_hello},    {DUT_DUE_FAULT, WIRE_FAULT, 80, pack_fault},
    {DUT_DUE_REFUSE, WIRE_REFUSE, 100, pack_refuse}, {DUT_DUE_SYNC, WIRE_SYNC_R, 16, pack_sync},
    {DUT_DUE_MARK, WIRE_MARK, 8, pack_mark},         {DUT_DUE_NAK, WIRE_NAK, 0, pack_nak},
    {DUT_DUE_CREDIT, WIRE_CREDIT, 52, pack_credit},  {DUT_DUE_STAT, WIRE_STAT, 40, pack_stat},
    {DUT_DUE_FIN, WIRE_FIN_R, 36, pack_fin_reply},
};

/* Those of `mask` that are due.  Returns false when the line is full. */
static bool encode_replies(struct dut *dut, unsigned mask)
{
    for (unsigned i = 0; i < sizeof replies / sizeof *replies; i++) {
        const struct reply *const reply = &replies[i];
        if (!(dut->due & mask & reply->due))
            continue;
        const size_t size_max = reply->type == WIRE_HELLO_R ? dut->hello_size : reply->size_max;
        uint8_t *const payload = begin(dut, size_max);
        if (!payload)
            return false;
        struct wire_header header = {.type = reply->type, .session = dut->trial.session};
        const size_t size = reply->pack(dut, &header, payload, size_max);
        end(dut, &header, payload, size);
        dut->due &= (uint16_t)~reply->due;
    }
    return true;
}

/* A silent trial keeps its outputs while it computes, as long as there is room for more. */
static bool is_quiet(const struct dut *dut)
{
    return dut->trial.computing &&
           dut_outputs_room(&dut->outputs) >= dut->trial.algorithm->outputs_max;
}

static bool encode_outputs(struct dut *dut)
{
    size_t size;
    const uint8_t *output;

    while (!is_quiet(dut) && (output = dut_outputs_peek(&dut->outputs, &size))) {
        uint8_t *const payload = begin(dut, size);
        if (!payload)
            return false;
        const uint32_t number = dut->outputs.cursor;
        const struct wire_header header = {
            .type = WIRE_OUTPUT,
            .session = dut->trial.session,
            .seq = (uint16_t)number,
            .stream = output[0],
            .flags = wire_index_compare(number, dut->outputs.sent) < 0 ? WIRE_FLAG_RESENT : 0,
        };
        end(dut, &header, output + 1, size);
        dut_outputs_advance(&dut->outputs);
    }
    return true;
}

bool dut_transmit(struct dut *dut)
{
    const struct dut_port *const port = dut->config.port;
    const unsigned last = DUT_DUE_STAT | DUT_DUE_FIN;
    const size_t before = dut->transmit_tail - dut->transmit_head;

    if (encode_replies(dut, ~last) && encode_outputs(dut))
        encode_replies(dut, last);

    size_t sent = 0;
    const size_t waiting = dut->transmit_tail - dut->transmit_head;
    if (waiting)
        sent = port->transmit(port->context, dut->config.transmit + dut->transmit_head, waiting);
    dut->transmit_head += sent;
    if (dut->transmit_head == dut->transmit_tail)
        dut->transmit_head = dut->transmit_tail = 0;
    return sent || waiting != before;
}

void dut_log(struct dut *dut, unsigned level, const char *text)
{
    struct wire_log log = {(uint8_t)level, wire_text_of(text)};
    uint8_t *const payload = begin(dut, 1 + LOG_TEXT_MAX);
    if (!payload) {
        dut->trial.logs_dropped++;
        return;
    }
    if (log.text.size > LOG_TEXT_MAX)
        log.text.size = LOG_TEXT_MAX;
    const struct wire_header header = {.type = WIRE_LOG, .session = dut->trial.session};
    end(dut, &header, payload, wire_log_pack(&log, payload, 1 + LOG_TEXT_MAX));
}
