/* Frames: header, payload, CRC-32C over both, COBS encoded, ended by a zero byte.
 *
 *     byte 0     type      enum wire_type
 *          1     session   0 outside any session, else 1..255
 *          2..3  seq       little-endian; what it counts depends on the type
 *          4     stream    index of the stream, 0 where there is none
 *          5     flags     enum wire_flag
 *          6..   payload   0..4096 B
 *          last 4          CRC-32C of all bytes before it
 *
 * The decoder finds: cut or joined frames and frames longer than the buffer or shorter than 10 B
 * (frame_errors), and damage inside a frame (crc_errors).  It does not look at type, session or
 * payload. */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "wire/cobs.h"

#define WIRE_HEADER_SIZE 6
#define WIRE_CRC_SIZE 4
#define WIRE_OVERHEAD (WIRE_HEADER_SIZE + WIRE_CRC_SIZE)

/* Most bytes on the line for a payload of that size, delimiter included. */
#define WIRE_ENCODED_MAX(payload_size) (WIRE_COBS_MAX((payload_size) + WIRE_OVERHEAD) + 1)

/* Decoder buffer for payloads up to payload_max. */
#define WIRE_DECODER_SIZE(payload_max) ((payload_max) + WIRE_OVERHEAD)

struct wire_header {
    uint8_t type;
    uint8_t session;
    uint16_t seq;
    uint8_t stream;
    uint8_t flags;
};

/* Encode one frame with its delimiter.  Returns its size, or 0 when capacity is below
 * WIRE_ENCODED_MAX(payload_size).  The payload may lie inside buffer, at or behind
 * WIRE_ENCODED_MAX(payload_size) - payload_size: then no second buffer is needed. */
size_t wire_frame_encode(
    const struct wire_header *header, const uint8_t *payload, size_t payload_size, uint8_t *buffer,
    size_t capacity);

enum wire_event {
    WIRE_EVENT_NONE,  /* all data taken, no frame complete */
    WIRE_EVENT_FRAME, /* header, payload and payload_size hold a frame until the next push */
};

struct wire_decoder {
    struct wire_header header;
    const uint8_t *payload; /* in the caller's buffer */
    size_t payload_size;
    uint32_t frames;               /* good ones; all counters wrap */
    uint32_t crc_errors;           /* whole frames whose check failed */
    uint32_t frame_errors;         /* cut, too short or too long */
    uint32_t noise_bytes;          /* bytes on the line that belonged to no good frame */
    uint32_t line_size;            /* private: bytes since the last delimiter */
    struct wire_cobs_decoder cobs; /* private */
};

/* The buffer stays the caller's and must outlive the decoder: WIRE_DECODER_SIZE(largest payload)
 * bytes. */
void wire_decoder_init(struct wire_decoder *decoder, uint8_t *buffer, size_t capacity);

/* Take bytes until a frame is complete or data ends; *ret_used says how many.  Call again with the
 * rest after WIRE_EVENT_FRAME. Damaged frames are counted and skipped; empty ones (a lone zero) are
 * skipped. */
enum wire_event wire_decoder_push(
    struct wire_decoder *decoder, const uint8_t *data, size_t size, size_t *ret_used);

#endif
