/* Frames are encoded at the tail of one linear buffer and leave it at the head; the payload is
 * packed at the far end of its own frame's room, so that no second buffer is needed. */
#include "dut/transmit.h"

#include <string.h>

#include "dut/consume.h"
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

/* REFUSE and LOG: a number and a text, which is cut. */
static size_t pack_words(uint8_t *payload, size_t size_max, unsigned number, const char *text)
{
    size_t size = 1;
    payload[0] = (uint8_t)number;
    while (*text && size < size_max)
        payload[size++] = (uint8_t)*text++;
    return size;
}

static size_t pack_credit(struct dut *dut, uint8_t *payload, size_t size_max)
{
    struct wire_credit credit; /* no initializer: it would clear the streams too */

    credit.ticks = dut->config.port->ticks(dut->config.port->context);
    credit.outputs_sent = dut->outputs.sent;
    credit.errors_crc = saturated(dut->decoder.crc_errors);
    credit.errors_frame = saturated(dut->decoder.frame_errors);
    credit.errors_seq = saturated(dut->trial.errors_seq);
    credit.underruns = saturated(dut->pace.underruns);
    credit.outputs_dropped = dut->outputs.dropped;
    credit.stream_count = dut->trial.stream_count;
    for (unsigned i = 0; i < credit.stream_count; i++) {
        struct dut_stream *const stream = &dut->streams[i];
        stream->told = stream->consumed;
        credit.streams[i].consumed_index = stream->consumed;
        credit.streams[i].limit_bytes = stream->consumed * stream->sample_size + stream->size;
    }
    return wire_credit_pack(&credit, payload, size_max);
}

static size_t pack_stat(struct dut *dut, uint8_t *payload, size_t size_max)
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
        .underruns = dut->pace.underruns,
        .outputs_dropped = dut->outputs.dropped,
        .logs_dropped = trial->logs_dropped,
        .ring_high = trial->ring_high,
        .step_ticks = trial->step_ticks,
    };
    return wire_stat_pack(&stat, payload, size_max);
}

static size_t pack_fin_reply(struct dut *dut, uint8_t *payload, size_t size_max)
{
    struct wire_fin_reply reply; /* no initializer: it would clear the streams too */

    reply.outputs_total = dut->outputs.next;
    reply.outputs_dropped = dut->outputs.dropped;
    reply.underruns = dut->pace.underruns;
    reply.digest = dut->outputs.digest;
    reply.stream_count = dut->trial.stream_count;
    for (unsigned i = 0; i < reply.stream_count; i++)
        reply.consumed[i] = dut->streams[i].consumed;
    return wire_fin_reply_pack(&reply, payload, size_max);
}

/* In the order of enum dut_due. */
static const struct {
    uint8_t type;
    uint8_t size_max; /* B of payload; HELLO_R's is known at run time */
} replies[] = {
    {WIRE_HELLO_R, 0}, {WIRE_FAULT, 80},  {WIRE_REFUSE, 100}, {WIRE_SYNC_R, 16}, {WIRE_MARK, 8},
    {WIRE_NAK, 0},     {WIRE_CREDIT, 52}, {WIRE_STAT, 40},    {WIRE_FIN_R, 36},
};

/* Fill in the payload, and what the header says beside the type and the open session.  Returns the
 * size of the payload. */
static size_t pack(
    struct dut *dut, unsigned due, struct wire_header *header, uint8_t *payload, size_t size_max)
{
    switch (due) {
    case DUT_DUE_HELLO:
        header->session = 0;
        return dut_hello_pack(dut, payload, size_max);
    case DUT_DUE_FAULT:
        header->session = 0;
        return wire_fault_pack(dut->config.fault, payload, size_max);
    case DUT_DUE_REFUSE:
        header->session = dut->refuse_session;
        return pack_words(payload, size_max, dut->refuse_code, dut->refuse_text);
    case DUT_DUE_SYNC:
        header->session = dut->sync_session;
        dut->sync.ticks_sent = dut->config.port->ticks(dut->config.port->context);
        return wire_sync_reply_pack(&dut->sync, payload, size_max);
    case DUT_DUE_MARK:
        header->session = dut->mark_session;
        return wire_mark_reply_pack(&dut->mark, payload, size_max);
    case DUT_DUE_NAK:
        header->seq = dut->trial.expected;
        return 0;
    case DUT_DUE_CREDIT:
        header->seq = dut->trial.expected;
        return pack_credit(dut, payload, size_max);
    case DUT_DUE_STAT:
        return pack_stat(dut, payload, size_max);
    default:
        return pack_fin_reply(dut, payload, size_max);
    }
}

/* Those from `first` up to `end` that are due.  Returns false when the line is full. */
static bool encode_replies(struct dut *dut, unsigned first, unsigned end_due)
{
    for (unsigned due = first; due < end_due; due++) {
        if (!(dut->due >> due & 1))
            continue;
        const size_t size_max = due == DUT_DUE_HELLO ? dut->hello_size : replies[due].size_max;
        uint8_t *const payload = begin(dut, size_max);
        if (!payload)
            return false;
        struct wire_header header = {.type = replies[due].type, .session = dut->trial.session};
        const size_t size = pack(dut, due, &header, payload, size_max);
        end(dut, &header, payload, size);
        dut->due &= (uint16_t) ~(1u << due);
    }
    return true;
}

/* A silent trial keeps its outputs while it computes, as long as there is room for more. */
static bool is_quiet(const struct dut *dut)
{
    return dut->trial.mode == WIRE_MODE_SILENT && dut->trial.busy && dut_has_room(dut);
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
    const size_t before = dut->transmit_tail - dut->transmit_head;

    if (encode_replies(dut, DUT_DUE_HELLO, DUT_DUE_STAT) && encode_outputs(dut))
        encode_replies(dut, DUT_DUE_STAT, DUT_DUE_COUNT);

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
    uint8_t *const payload = begin(dut, 1 + LOG_TEXT_MAX);
    if (!payload) {
        dut->trial.logs_dropped++;
        return;
    }
    const struct wire_header header = {.type = WIRE_LOG, .session = dut->trial.session};
    end(dut, &header, payload, pack_words(payload, 1 + LOG_TEXT_MAX, level, text));
}
