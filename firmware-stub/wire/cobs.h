/* Consistent Overhead Byte Stuffing: bytes without a zero among them, so that a zero can end a
 * frame.
 *
 * The text is cut behind every zero and after every 254 bytes without one; each piece is sent as a
 * code byte (its length + 1) and its bytes, without the zero.  It costs one byte, and one more for
 * every 254. */
#ifndef WIRE_COBS_H
#define WIRE_COBS_H

#include <stddef.h>
#include <stdint.h>

/* Most bytes that `size` bytes become, without a delimiter; an integer constant expression when
 * size is one. */
#define WIRE_COBS_MAX(size) ((size) + (size) / 254 + 1)

/* Writes straight into the caller's buffer, in as many pieces as the caller likes. */
struct wire_cobs_encoder {
    uint8_t *buffer; /* of at least WIRE_COBS_MAX(all bytes put) */
    size_t size;     /* written so far */
    size_t code_at;  /* where the code byte of the open block goes */
};

static inline void wire_cobs_encoder_init(struct wire_cobs_encoder *encoder, uint8_t *buffer)
{
    encoder->buffer = buffer;
    encoder->code_at = 0;
    encoder->size = 1;
}

/* Append data.  It may lie in the same buffer when it starts at least WIRE_COBS_MAX(all) - all
 * bytes ahead of where it goes. */
void wire_cobs_encoder_put(struct wire_cobs_encoder *encoder, const uint8_t *data, size_t size);

/* Close the last block; returns the encoded size, without a delimiter. */
size_t wire_cobs_encoder_finish(struct wire_cobs_encoder *encoder);

enum wire_cobs_state {
    WIRE_COBS_MORE,   /* all data used, no delimiter met */
    WIRE_COBS_END,    /* delimiter met: `size` bytes are in the buffer */
    WIRE_COBS_BROKEN, /* delimiter met, but the text before it was cut or too long for the buffer */
};

struct wire_cobs_decoder {
    uint8_t *buffer;
    size_t capacity;
    size_t size;      /* bytes decoded */
    uint8_t zero;     /* one stands behind the block being read, unless it is the last */
    uint8_t left;     /* bytes of that block still to come */
    uint8_t overflow; /* the text does not fit: skip up to the delimiter */
};

void wire_cobs_decoder_init(struct wire_cobs_decoder *decoder, uint8_t *buffer, size_t capacity);

/* Decode up to and including the next delimiter.  *ret_used is how many bytes of data were taken.
 * After END or BROKEN call wire_cobs_decoder_restart before the next push. */
enum wire_cobs_state wire_cobs_decoder_push(
    struct wire_cobs_decoder *decoder, const uint8_t *data, size_t size, size_t *ret_used);

void wire_cobs_decoder_restart(struct wire_cobs_decoder *decoder);

#endif
