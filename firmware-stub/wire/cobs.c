/* COBS encoder and decoder.  Both hold a block open between calls, so that neither needs the whole
 * frame at once. */
#include "wire/cobs.h"

#include <string.h>

enum { FULL = 0xff }; /* code of a block of 254 bytes that no zero follows */

void wire_cobs_encoder_put(struct wire_cobs_encoder *encoder, const uint8_t *data, size_t size)
{
    /* Locals: a byte written might be part of *encoder, as far as the compiler knows. */
    uint8_t *const buffer = encoder->buffer;
    size_t at = encoder->size;
    size_t code_at = encoder->code_at;

    for (size_t i = 0; i < size; i++) {
        const uint8_t byte = data[i];
        /* A full block is closed only when more follows: at the end no empty one comes behind. */
        if (at - code_at == FULL) {
            buffer[code_at] = FULL;
            code_at = at++;
        }
        if (byte) {
            buffer[at++] = byte;
        } else {
            buffer[code_at] = (uint8_t)(at - code_at);
            code_at = at++;
        }
    }
    encoder->size = at;
    encoder->code_at = code_at;
}

size_t wire_cobs_encoder_finish(struct wire_cobs_encoder *encoder)
{
    encoder->buffer[encoder->code_at] = (uint8_t)(encoder->size - encoder->code_at);
    return encoder->size;
}

void wire_cobs_decoder_init(struct wire_cobs_decoder *decoder, uint8_t *buffer, size_t capacity)
{
    decoder->buffer = buffer;
    decoder->capacity = capacity;
    wire_cobs_decoder_restart(decoder);
}

void wire_cobs_decoder_restart(struct wire_cobs_decoder *decoder)
{
    decoder->size = 0;
    decoder->zero = 0;
    decoder->left = 0;
    decoder->overflow = 0;
}

/* A code byte: the zero behind the block before it is due now, and the new block must fit. */
static void begin_block(struct wire_cobs_decoder *decoder, uint8_t code)
{
    const size_t length = code - 1u;
    if (decoder->zero + length > decoder->capacity - decoder->size) {
        decoder->overflow = 1;
        return;
    }
    if (decoder->zero)
        decoder->buffer[decoder->size++] = 0;
    decoder->zero = code != FULL;
    decoder->left = (uint8_t)length;
}

enum wire_cobs_state wire_cobs_decoder_push(
    struct wire_cobs_decoder *decoder, const uint8_t *data, size_t size, size_t *ret_used)
{
    for (size_t at = 0; at < size;) {
        /* What is here of the open block, up to a zero. */
        const size_t most = size - at < decoder->left ? size - at : decoder->left;
        uint8_t *const to = decoder->buffer + decoder->size;
        size_t count = 0;
        for (; count < most && data[at + count]; count++)
            to[count] = data[at + count];
        decoder->size += count;
        decoder->left = (uint8_t)(decoder->left - count);
        at += count;
        if (at == size)
            break;
        const uint8_t byte = data[at++];
        if (!byte) {
            *ret_used = at;
            return decoder->overflow || decoder->left ? WIRE_COBS_BROKEN : WIRE_COBS_END;
        }
        if (!decoder->overflow)
            begin_block(decoder, byte);
    }
    *ret_used = size;
    return WIRE_COBS_MORE;
}
