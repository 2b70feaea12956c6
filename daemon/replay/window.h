/* The sending window of go-back-N: reliable frames that the device has not acknowledged yet, ready
 * to be sent again.
 *
 *     acked            cursor            next
 *       |  on the line   |  to be sent     |  free
 *     --+----------------+-----------------+-------->  absolute sequence numbers
 *
 * On the wire are their low 16 bits.  Frames are kept as header and payload and encoded when they
 * are sent, because a frame that is sent again says so in its flags. */
#ifndef VR_REPLAY_WINDOW_H
#define VR_REPLAY_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/frame.h"

/* Frames in flight at most; a power of two.  64 frames of 1 KiB fill 64 KiB, more than any device's
 * ring. */
#define VR_WINDOW_FRAMES 64

struct vr_window_frame {
    struct wire_header header;
    size_t payload_size;
    bool sent; /* at least once */
};

struct vr_window {
    int64_t acked, cursor, next;
    int64_t sent; /* behind the last frame that was ever sent */
    size_t payload_max;
    uint8_t *payloads; /* VR_WINDOW_FRAMES of payload_max bytes */
    struct vr_window_frame frames[VR_WINDOW_FRAMES];
};

int vr_window_init(struct vr_window *window, size_t payload_max, struct vr_err *err);
void vr_window_finish(struct vr_window *window);

/* Where to write the next frame's payload (payload_max bytes), or NULL while the window is full. */
uint8_t *vr_window_claim(struct vr_window *window);

/* Add the claimed frame; its sequence number is put into the header. */
void vr_window_add(struct vr_window *window, const struct wire_header *header, size_t payload_size);

/* Cumulative acknowledgement: the device expects `seq` next.  Returns how many frames that frees;
 * numbers outside the window are stale and free none. */
size_t vr_window_acknowledge(struct vr_window *window, uint16_t seq);

/* Bytes of payload that were sent and are not acknowledged. */
int64_t vr_window_unacked_size(const struct vr_window *window);

/* Send again from the first frame that is not acknowledged. */
void vr_window_rewind(struct vr_window *window);

/* Is there a frame to be sent now? */
bool vr_window_has_next(const struct vr_window *window);

/* Encode the frame at the cursor and move on; 0 when it does not fit into capacity.  *ret_frame
 * says which frame it was, with `sent` as it was before: false = the first time. */
size_t vr_window_encode_next(
    struct vr_window *window, uint8_t *buffer, size_t capacity, struct vr_window_frame *ret_frame);

#endif
