/* Frame codec: the encoder streams into the caller's buffer, the decoder works in place. */
#include "wire/frame.h"

#include <stdbool.h>

#include "wire/bytes.h"
#include "wire/crc32c.h"

size_t wire_frame_encode(
    const struct wire_header *header, const uint8_t *payload, size_t payload_size, uint8_t *buffer,
    size_t capacity)
{
    if (capacity < WIRE_ENCODED_MAX(payload_size))
        return 0;

    uint8_t head[WIRE_HEADER_SIZE] = {header->type, header->session};
    wire_put_u16(head + 2, header->seq);
    head[4] = header->stream;
    head[5] = header->flags;
    uint8_t check[WIRE_CRC_SIZE];
    wire_put_u32(check, wire_crc32c(wire_crc32c(0, head, sizeof head), payload, payload_size));

    struct wire_cobs_encoder encoder;
    wire_cobs_encoder_init(&encoder, buffer);
    wire_cobs_encoder_put(&encoder, head, sizeof head);
    wire_cobs_encoder_put(&encoder, payload, payload_size);
    wire_cobs_encoder_put(&encoder, check, sizeof check);
    const size_t size = wire_cobs_encoder_finish(&encoder);
    buffer[size] = 0;
    return size + 1;
}

void wire_decoder_init(struct wire_decoder *decoder, uint8_t *buffer, size_t capacity)
{
    *decoder = (struct wire_decoder){0};
    wire_cobs_decoder_init(&decoder->cobs, buffer, capacity);
}

/* Check the text in the buffer, count what is wrong with it, and point to its parts. */
static bool accept(struct wire_decoder *decoder, enum wire_cobs_state state)
{
    const uint8_t *const text = decoder->cobs.buffer;
    const size_t size = decoder->cobs.size;
    if (state == WIRE_COBS_BROKEN || size < WIRE_OVERHEAD) {
        decoder->frame_errors++;
        return false;
    }
    const size_t checked_size = size - WIRE_CRC_SIZE;
    if (wire_crc32c(0, text, checked_size) != wire_get_u32(text + checked_size)) {
        decoder->crc_errors++;
        return false;
    }
    decoder->header = (struct wire_header){
        .type = text[0],
        .session = text[1],
        .seq = wire_get_u16(text + 2),
        .stream = text[4],
        .flags = text[5],
    };
    decoder->payload = text + WIRE_HEADER_SIZE;
    decoder->payload_size = checked_size - WIRE_HEADER_SIZE;
    decoder->frames++;
    return true;
}

enum wire_event wire_decoder_push(
    struct wire_decoder *decoder, const uint8_t *data, size_t size, size_t *ret_used)
{
    size_t total = 0;
    while (total < size) {
        size_t used;
        const enum wire_cobs_state state =
            wire_cobs_decoder_push(&decoder->cobs, data + total, size - total, &used);
        total += used;
        decoder->line_size += (uint32_t)used;
        if (state == WIRE_COBS_MORE)
            break;
        const uint32_t line_size = decoder->line_size;
        const bool good = line_size > 1 && accept(decoder, state);
        decoder->line_size = 0;
        wire_cobs_decoder_restart(&decoder->cobs);
        if (good) {
            *ret_used = total;
            return WIRE_EVENT_FRAME;
        }
        if (line_size > 1) /* else an empty frame */
            decoder->noise_bytes += line_size;
    }
    *ret_used = total;
    return WIRE_EVENT_NONE;
}
