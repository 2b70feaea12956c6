/* Pack and unpack of every payload.  Each function is the layout, line by line, as in
 * schema/wire.md. */
#include "wire/msg.h"

#include <string.h>

#include "wire/bytes.h"

enum { OPEN_HEAD = 16, OPEN_STREAM = 16, CREDIT_HEAD = 20, CREDIT_STREAM = 8, FIN_REPLY_HEAD = 20 };
enum { OUTPUT_HEAD = 24, FAULT_HEAD = 16, STAT_SIZE = 40, STAT_SIZE_MIN = 36 };
enum { RESET_SIZE = 4, RESET_TEXT = 0x54455352 }; /* "RSET" */

struct wire_text wire_text_of(const char *string)
{
    struct wire_text text = {string, 0};
    while (string && text.size < 255 && string[text.size])
        text.size++;
    return text;
}

size_t wire_open_pack(const struct wire_open *message, uint8_t *buffer, size_t capacity)
{
    const size_t head = OPEN_HEAD + (size_t)message->stream_count * OPEN_STREAM;
    const size_t size = head + message->parameters.size;
    if (!message->stream_count || message->stream_count > WIRE_STREAMS_MAX || size > capacity)
        return 0;
    buffer[0] = message->algorithm;
    buffer[1] = message->mode;
    buffer[2] = message->stream_count;
    buffer[3] = 0;
    wire_put_u32(buffer + 4, message->speed_milli);
    wire_put_u64(buffer + 8, message->scenario_hash);
    for (unsigned i = 0; i < message->stream_count; i++) {
        const struct wire_stream *const stream = &message->streams[i];
        uint8_t *const at = buffer + OPEN_HEAD + i * OPEN_STREAM;
        at[0] = stream->kind;
        at[1] = stream->channels;
        at[2] = stream->format;
        at[3] = 0;
        wire_put_u32(at + 4, stream->rate_num);
        wire_put_u32(at + 8, stream->rate_den);
        wire_put_u32(at + 12, stream->lsb_nano);
    }
    if (message->parameters.size)
        memcpy(buffer + head, message->parameters.data, message->parameters.size);
    return size;
}

bool wire_open_unpack(const uint8_t *payload, size_t size, struct wire_open *ret)
{
    if (size < OPEN_HEAD || !payload[2] || payload[2] > WIRE_STREAMS_MAX)
        return false;
    const size_t head = OPEN_HEAD + (size_t)payload[2] * OPEN_STREAM;
    if (size < head)
        return false;
    *ret = (struct wire_open){
        .algorithm = payload[0],
        .mode = payload[1],
        .stream_count = payload[2],
        .speed_milli = wire_get_u32(payload + 4),
        .scenario_hash = wire_get_u64(payload + 8),
        .parameters = {payload + head, size - head},
    };
    for (unsigned i = 0; i < ret->stream_count; i++) {
        const uint8_t *const at = payload + OPEN_HEAD + i * OPEN_STREAM;
        struct wire_stream *const stream = &ret->streams[i];
        stream->kind = at[0];
        stream->channels = at[1];
        stream->format = at[2];
        stream->rate_num = wire_get_u32(at + 4);
        stream->rate_den = wire_get_u32(at + 8);
        stream->lsb_nano = wire_get_u32(at + 12);
    }
    return true;
}

/* REFUSE and LOG: one number and the text. */
static size_t pack_words(uint8_t code, struct wire_text text, uint8_t *buffer, size_t capacity)
{
    if (capacity < 1 + text.size)
        return 0;
    buffer[0] = code;
    if (text.size)
        memcpy(buffer + 1, text.data, text.size);
    return 1 + text.size;
}

size_t wire_refuse_pack(const struct wire_refuse *message, uint8_t *buffer, size_t capacity)
{
    return pack_words(message->code, message->text, buffer, capacity);
}

bool wire_refuse_unpack(const uint8_t *payload, size_t size, struct wire_refuse *ret)
{
    if (size < 1)
        return false;
    *ret = (struct wire_refuse){payload[0], {(const char *)payload + 1, size - 1}};
    return true;
}

size_t wire_log_pack(const struct wire_log *message, uint8_t *buffer, size_t capacity)
{
    return pack_words(message->level, message->text, buffer, capacity);
}

bool wire_log_unpack(const uint8_t *payload, size_t size, struct wire_log *ret)
{
    if (size < 1)
        return false;
    *ret = (struct wire_log){payload[0], {(const char *)payload + 1, size - 1}};
    return true;
}

size_t wire_samples_pack(const struct wire_samples *message, uint8_t *buffer, size_t capacity)
{
    const size_t size = WIRE_SAMPLES_HEADER + message->data.size;
    if (!message->data.size || message->data.size % 2 || size > capacity)
        return 0;
    wire_put_u32(buffer, message->first_index);
    memmove(buffer + WIRE_SAMPLES_HEADER, message->data.data, message->data.size);
    return size;
}

bool wire_samples_unpack(const uint8_t *payload, size_t size, struct wire_samples *ret)
{
    if (size <= WIRE_SAMPLES_HEADER || size % 2)
        return false;
    ret->first_index = wire_get_u32(payload);
    ret->data = (struct wire_span){payload + WIRE_SAMPLES_HEADER, size - WIRE_SAMPLES_HEADER};
    return true;
}

/* Both kinds of FIN end with a number for each stream. */
static size_t pack_totals(
    const uint32_t *totals, unsigned stream_count, size_t head, uint8_t *buffer, size_t capacity)
{
    const size_t size = head + 4 * (size_t)stream_count;
    if (!stream_count || stream_count > WIRE_STREAMS_MAX || size > capacity)
        return 0;
    for (unsigned i = 0; i < stream_count; i++)
        wire_put_u32(buffer + head + 4 * i, totals[i]);
    return size;
}

/* Returns the number of streams, 0 when the size is wrong. */
static uint8_t unpack_totals(
    const uint8_t *payload, size_t size, size_t head, uint32_t ret_totals[WIRE_STREAMS_MAX])
{
    const size_t count = size > head ? (size - head) / 4 : 0;
    if (count > WIRE_STREAMS_MAX || head + 4 * count != size)
        return 0;
    for (unsigned i = 0; i < WIRE_STREAMS_MAX && count; i++)
        ret_totals[i] = i < count ? wire_get_u32(payload + head + 4 * i) : 0;
    return (uint8_t)count;
}

size_t wire_fin_pack(const struct wire_fin *message, uint8_t *buffer, size_t capacity)
{
    return pack_totals(message->totals, message->stream_count, 0, buffer, capacity);
}

bool wire_fin_unpack(const uint8_t *payload, size_t size, struct wire_fin *ret)
{
    const uint8_t count = unpack_totals(payload, size, 0, ret->totals);
    if (!count)
        return false;
    ret->stream_count = count;
    return true;
}

size_t wire_fin_reply_pack(const struct wire_fin_reply *message, uint8_t *buffer, size_t capacity)
{
    const size_t size =
        pack_totals(message->consumed, message->stream_count, FIN_REPLY_HEAD, buffer, capacity);
    if (!size)
        return 0;
    wire_put_u32(buffer, message->outputs_total);
    wire_put_u32(buffer + 4, message->outputs_dropped);
    wire_put_u32(buffer + 8, message->underruns);
    wire_put_u64(buffer + 12, message->digest);
    return size;
}

bool wire_fin_reply_unpack(const uint8_t *payload, size_t size, struct wire_fin_reply *ret)
{
    const uint8_t count = unpack_totals(payload, size, FIN_REPLY_HEAD, ret->consumed);
    if (!count)
        return false;
    ret->stream_count = count;
    ret->outputs_total = wire_get_u32(payload);
    ret->outputs_dropped = wire_get_u32(payload + 4);
    ret->underruns = wire_get_u32(payload + 8);
    ret->digest = wire_get_u64(payload + 12);
    return true;
}

size_t wire_credit_pack(const struct wire_credit *message, uint8_t *buffer, size_t capacity)
{
    const size_t size = CREDIT_HEAD + (size_t)message->stream_count * CREDIT_STREAM;
    if (message->stream_count > WIRE_STREAMS_MAX || size > capacity)
        return 0;
    wire_put_u32(buffer, message->ticks);
    wire_put_u32(buffer + 4, message->outputs_sent);
    wire_put_u16(buffer + 8, message->errors_crc);
    wire_put_u16(buffer + 10, message->errors_frame);
    wire_put_u16(buffer + 12, message->errors_seq);
    wire_put_u16(buffer + 14, message->underruns);
    wire_put_u32(buffer + 16, message->outputs_dropped);
    for (unsigned i = 0; i < message->stream_count; i++) {
        uint8_t *const at = buffer + CREDIT_HEAD + i * CREDIT_STREAM;
        wire_put_u32(at, message->streams[i].consumed_index);
        wire_put_u32(at + 4, message->streams[i].limit_bytes);
    }
    return size;
}

bool wire_credit_unpack(const uint8_t *payload, size_t size, struct wire_credit *ret)
{
    const size_t count = size > CREDIT_HEAD ? (size - CREDIT_HEAD) / CREDIT_STREAM : 0;
    if (count > WIRE_STREAMS_MAX || size != CREDIT_HEAD + count * CREDIT_STREAM)
        return false;
    *ret = (struct wire_credit){
        .ticks = wire_get_u32(payload),
        .outputs_sent = wire_get_u32(payload + 4),
        .errors_crc = wire_get_u16(payload + 8),
        .errors_frame = wire_get_u16(payload + 10),
        .errors_seq = wire_get_u16(payload + 12),
        .underruns = wire_get_u16(payload + 14),
        .outputs_dropped = wire_get_u32(payload + 16),
        .stream_count = (uint8_t)count,
    };
    for (unsigned i = 0; i < count; i++) {
        const uint8_t *const at = payload + CREDIT_HEAD + i * CREDIT_STREAM;
        ret->streams[i].consumed_index = wire_get_u32(at);
        ret->streams[i].limit_bytes = wire_get_u32(at + 4);
    }
    return true;
}

size_t wire_output_pack(const struct wire_output *message, uint8_t *buffer, size_t capacity)
{
    const size_t size = OUTPUT_HEAD + 4 * (size_t)message->value_count;
    if (message->value_count > WIRE_VALUES_MAX || size > capacity)
        return 0;
    wire_put_u32(buffer, message->number);
    buffer[4] = message->kind;
    buffer[5] = message->algorithm;
    buffer[6] = message->value_count;
    buffer[7] = 0;
    wire_put_u32(buffer + 8, message->sample_index);
    wire_put_u32(buffer + 12, message->at_index);
    wire_put_u32(buffer + 16, message->ticks_arrival);
    wire_put_u32(buffer + 20, message->ticks_emitted);
    for (unsigned i = 0; i < message->value_count; i++)
        wire_put_u32(buffer + OUTPUT_HEAD + 4 * i, (uint32_t)message->values[i]);
    return size;
}

bool wire_output_unpack(const uint8_t *payload, size_t size, struct wire_output *ret)
{
    if (size < OUTPUT_HEAD || payload[6] > WIRE_VALUES_MAX)
        return false;
    if (size != OUTPUT_HEAD + 4 * (size_t)payload[6])
        return false;
    *ret = (struct wire_output){
        .number = wire_get_u32(payload),
        .kind = payload[4],
        .algorithm = payload[5],
        .value_count = payload[6],
        .sample_index = wire_get_u32(payload + 8),
        .at_index = wire_get_u32(payload + 12),
        .ticks_arrival = wire_get_u32(payload + 16),
        .ticks_emitted = wire_get_u32(payload + 20),
    };
    for (unsigned i = 0; i < ret->value_count; i++)
        ret->values[i] = (int32_t)wire_get_u32(payload + OUTPUT_HEAD + 4 * i);
    return true;
}

size_t wire_stat_pack(const struct wire_stat *message, uint8_t *buffer, size_t capacity)
{
    if (capacity < STAT_SIZE)
        return 0;
    wire_put_u32(buffer, message->ticks);
    wire_put_u32(buffer + 4, message->awake_ticks);
    wire_put_u32(buffer + 8, message->steps);
    wire_put_u32(buffer + 12, message->step_ticks_max);
    wire_put_u32(buffer + 16, message->stack_free_min);
    wire_put_u32(buffer + 20, message->underruns);
    wire_put_u32(buffer + 24, message->outputs_dropped);
    wire_put_u32(buffer + 28, message->logs_dropped);
    wire_put_u32(buffer + 32, message->ring_high);
    wire_put_u32(buffer + 36, message->step_ticks);
    return STAT_SIZE;
}

bool wire_stat_unpack(const uint8_t *payload, size_t size, struct wire_stat *ret)
{
    if (size != STAT_SIZE && size != STAT_SIZE_MIN)
        return false;
    *ret = (struct wire_stat){
        .ticks = wire_get_u32(payload),
        .awake_ticks = wire_get_u32(payload + 4),
        .steps = wire_get_u32(payload + 8),
        .step_ticks_max = wire_get_u32(payload + 12),
        .stack_free_min = wire_get_u32(payload + 16),
        .underruns = wire_get_u32(payload + 20),
        .outputs_dropped = wire_get_u32(payload + 24),
        .logs_dropped = wire_get_u32(payload + 28),
        .ring_high = wire_get_u32(payload + 32),
        .step_ticks = size > STAT_SIZE_MIN ? wire_get_u32(payload + 36) : 0,
    };
    return true;
}

size_t wire_sync_pack(const struct wire_sync *message, uint8_t *buffer, size_t capacity)
{
    if (capacity < 8)
        return 0;
    wire_put_u64(buffer, message->host_ns);
    return 8;
}

bool wire_sync_unpack(const uint8_t *payload, size_t size, struct wire_sync *ret)
{
    if (size != 8)
        return false;
    ret->host_ns = wire_get_u64(payload);
    return true;
}

size_t wire_sync_reply_pack(const struct wire_sync_reply *message, uint8_t *buffer, size_t capacity)
{
    if (capacity < 16)
        return 0;
    wire_put_u64(buffer, message->host_ns);
    wire_put_u32(buffer + 8, message->ticks_received);
    wire_put_u32(buffer + 12, message->ticks_sent);
    return 16;
}

bool wire_sync_reply_unpack(const uint8_t *payload, size_t size, struct wire_sync_reply *ret)
{
    if (size != 16)
        return false;
    ret->host_ns = wire_get_u64(payload);
    ret->ticks_received = wire_get_u32(payload + 8);
    ret->ticks_sent = wire_get_u32(payload + 12);
    return true;
}

size_t wire_mark_pack(const struct wire_mark *message, uint8_t *buffer, size_t capacity)
{
    if (capacity < 4)
        return 0;
    wire_put_u16(buffer, message->id);
    buffer[2] = message->line;
    buffer[3] = message->on;
    return 4;
}

bool wire_mark_unpack(const uint8_t *payload, size_t size, struct wire_mark *ret)
{
    if (size != 4)
        return false;
    *ret = (struct wire_mark){wire_get_u16(payload), payload[2], payload[3]};
    return true;
}

size_t wire_mark_reply_pack(const struct wire_mark_reply *message, uint8_t *buffer, size_t capacity)
{
    if (capacity < 8)
        return 0;
    wire_mark_pack(&message->mark, buffer, 4);
    wire_put_u32(buffer + 4, message->ticks);
    return 8;
}

bool wire_mark_reply_unpack(const uint8_t *payload, size_t size, struct wire_mark_reply *ret)
{
    if (size != 8)
        return false;
    wire_mark_unpack(payload, 4, &ret->mark);
    ret->ticks = wire_get_u32(payload + 4);
    return true;
}

size_t wire_fault_pack(const struct wire_fault *message, uint8_t *buffer, size_t capacity)
{
    const size_t size = FAULT_HEAD + 4 * (size_t)message->stack_count;
    if (message->stack_count > WIRE_FAULT_STACK_MAX || size > capacity)
        return 0;
    wire_put_u32(buffer, message->code);
    wire_put_u32(buffer + 4, message->pc);
    wire_put_u32(buffer + 8, message->lr);
    wire_put_u32(buffer + 12, message->cfsr);
    for (unsigned i = 0; i < message->stack_count; i++)
        wire_put_u32(buffer + FAULT_HEAD + 4 * i, message->stack[i]);
    return size;
}

bool wire_fault_unpack(const uint8_t *payload, size_t size, struct wire_fault *ret)
{
    if (size < FAULT_HEAD || size % 4 || size > FAULT_HEAD + 4 * WIRE_FAULT_STACK_MAX)
        return false;
    *ret = (struct wire_fault){
        .code = payload[0],
        .pc = wire_get_u32(payload + 4),
        .lr = wire_get_u32(payload + 8),
        .cfsr = wire_get_u32(payload + 12),
        .stack_count = (uint8_t)((size - FAULT_HEAD) / 4),
    };
    for (unsigned i = 0; i < ret->stack_count; i++)
        ret->stack[i] = wire_get_u32(payload + FAULT_HEAD + 4 * i);
    return true;
}

size_t wire_reset_pack(uint8_t *buffer, size_t capacity)
{
    if (capacity < RESET_SIZE)
        return 0;
    wire_put_u32(buffer, RESET_TEXT);
    return RESET_SIZE;
}

bool wire_reset_unpack(const uint8_t *payload, size_t size)
{
    return size == RESET_SIZE && wire_get_u32(payload) == RESET_TEXT;
}
