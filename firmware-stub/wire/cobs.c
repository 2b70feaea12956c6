/* COBS encoder and decoder.  Both hold a block open between calls, so that neither needs the whole
 * frame at once. */
#include "wire/cobs.h"

#include <string.h>

enum { FULL = 0xff }; /* code of a block of 254 bytes that no zero follows */

static void open_block(struct wire_cobs_encoder *encoder)
{
    encoder->code_at = encoder->size++;
}

static void close_block(struct wire_cobs_encoder *encoder)
{
    encoder->buffer[encoder->code_at] = (uint8_t)(encoder->size - encoder->code_at);
}

void wire_cobs_encoder_init(struct wire_cobs_encoder *encoder, uint8_t *buffer)
{
    encoder->buffer = buffer;
    encoder->size = 0;
    open_block(encoder);
}

void wire_cobs_encoder_put(struct wire_cobs_encoder *encoder, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        const uint8_t byte = data[i];
        /* A full block is closed only when more follows: at the end it needs no empty block behind
         * it. */
        if (encoder->size - encoder->code_at == FULL) {
            close_block(encoder);
            open_block(encoder);
        }
        if (byte) {
            encoder->buffer[encoder->size++] = byte;
        } else {
            close_block(encoder);
            open_block(encoder);
        }
    }
}

size_t wire_cobs_encoder_finish(struct wire_cobs_encoder *encoder)
{
    close_block(encoder);
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
    decoder->code = 0;
    decoder->left = 0;
    decoder->overflow = 0;
}

/* A code byte: the zero that the block before it stood for is due now, and the new block must fit.
 */
static void begin_block(struct wire_cobs_decoder *decoder, uint8_t code)
{
    const size_t zero = decoder->code && decoder->code != FULL;
    const size_t length = code - 1u;
    if (zero + length > decoder->capacity - decoder->size) {
        decoder->overflow = 1;
        return;
    }
    if (zero)
        decoder->buffer[decoder->size++] = 0;
    decoder->code = code;
    decoder->left = (uint8_t)length;
}

enum wire_cobs_state wire_cobs_decoder_push(
    struct wire_cobs_decoder *decoder, const uint8_t *data, size_t size, size_t *ret_used)
{
    size_t i = 0;
    while (i < size) {
        const uint8_t byte = data[i++];
        if (!byte) {
            *ret_used = i;
            return decoder->overflow || decoder->left ? WIRE_COBS_BROKEN : WIRE_COBS_END;
        }
        if (decoder->overflow)
            continue;
        if (decoder->left) {
            decoder->buffer[decoder->size++] = byte;
            decoder->left--;
        } else {
            begin_block(decoder, byte);
        }
    }
    *ret_used = size;
    return WIRE_COBS_MORE;
}
