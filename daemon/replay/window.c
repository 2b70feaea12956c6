/* Go-back-N, sending side. */
#include "replay/window.h"

#include <assert.h>
#include <stdlib.h>

#include "wire/protocol.h"

_Static_assert((VR_WINDOW_FRAMES & (VR_WINDOW_FRAMES - 1)) == 0, "a power of two");

static size_t slot(int64_t sequence)
{
    return (size_t)sequence & (VR_WINDOW_FRAMES - 1);
}

int vr_window_init(struct vr_window *window, size_t payload_max, struct vr_err *err)
{
    *window = (struct vr_window){.payload_max = payload_max};
    window->payloads = malloc(VR_WINDOW_FRAMES * payload_max);
    if (!window->payloads)
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "no memory for a window of %d frames of %zu bytes",
            VR_WINDOW_FRAMES, payload_max);
    return 0;
}

void vr_window_finish(struct vr_window *window)
{
    free(window->payloads);
    window->payloads = NULL;
}

uint8_t *vr_window_claim(struct vr_window *window)
{
    if (window->next - window->acked >= VR_WINDOW_FRAMES)
        return NULL;
    return window->payloads + slot(window->next) * window->payload_max;
}

void vr_window_add(struct vr_window *window, const struct wire_header *header, size_t payload_size)
{
    assert(window->next - window->acked < VR_WINDOW_FRAMES);
    assert(payload_size <= window->payload_max);

    struct vr_window_frame *frame = &window->frames[slot(window->next)];
    *frame = (struct vr_window_frame){.header = *header, .payload_size = payload_size};
    frame->header.seq = (uint16_t)window->next;
    window->next++;
}

size_t vr_window_acknowledge(struct vr_window *window, uint16_t seq)
{
    size_t freed = (uint16_t)(seq - (uint16_t)window->acked);
    /* Only what was sent can be acknowledged; anything else is an old frame that was on its way. */
    if (freed > (size_t)(window->sent - window->acked))
        return 0;
    window->acked += (int64_t)freed;
    if (window->cursor < window->acked)
        window->cursor = window->acked;
    return freed;
}

int64_t vr_window_unacked_size(const struct vr_window *window)
{
    int64_t size = 0;
    for (int64_t i = window->acked; i < window->cursor; i++)
        size += (int64_t)window->frames[slot(i)].payload_size;
    return size;
}

void vr_window_rewind(struct vr_window *window)
{
    window->cursor = window->acked;
}

bool vr_window_has_next(const struct vr_window *window)
{
    return window->cursor < window->next;
}

size_t vr_window_encode_next(
    struct vr_window *window, uint8_t *buffer, size_t capacity, struct vr_window_frame *ret_frame)
{
    assert(vr_window_has_next(window));
    struct vr_window_frame *frame = &window->frames[slot(window->cursor)];
    struct wire_header header = frame->header;

    /* The first of a resent burst asks for an answer, so that a burst that is lost again is noticed
     * one round trip later. */
    if (frame->sent)
        header.flags |=
            (uint8_t)(WIRE_FLAG_RESENT | (window->cursor == window->acked ? WIRE_FLAG_POLL : 0));

    size_t size = wire_frame_encode(
        &header, window->payloads + slot(window->cursor) * window->payload_max, frame->payload_size,
        buffer, capacity);
    if (size == 0)
        return 0;
    *ret_frame = *frame;
    frame->sent = true;
    window->cursor++;
    if (window->sent < window->cursor)
        window->sent = window->cursor;
    return size;
}
