/* A tap between a sender and its line: sees whole frames, and may change, drop, repeat or add some. */
#ifndef SIM_LINE_TAP_H
#define SIM_LINE_TAP_H

#include "faulty_line.h"
#include "wire/frame.h"
#include "wire/protocol.h"

#define LINE_TAP_FRAME (WIRE_ENCODED_MAX(WIRE_PAYLOAD_MAX) + 64)
#define LINE_TAP_OUT (16 * LINE_TAP_FRAME) /* most that one frame may become */

struct line_tap {
    struct faulty_line *line;
    /* Takes the bytes of a frame up to its zero, writes what goes on the line instead, and returns how much that is.  NULL = the
     * frame goes on as it is, in the pieces in which it was put. */
    size_t (*change)(
        void *context, int64_t now_ns, const uint8_t *frame, size_t size,
        uint8_t ret_out[LINE_TAP_OUT]);
    void *context;
    uint8_t frame[LINE_TAP_FRAME];
    size_t frame_size;
    uint8_t out[LINE_TAP_OUT];
    size_t out_at, out_size;
};

/* As line_put. */
size_t line_tap_put(struct line_tap *tap, int64_t now_ns, const uint8_t *data, size_t size);

/* Put what is held on the line as far as it takes it; returns whether anything moved. */
bool line_tap_push(struct line_tap *tap, int64_t now_ns);

/* Forget what is held: the line was pulled. */
void line_tap_clear(struct line_tap *tap);

#endif
