/* Frames in, frames out. */
#include "line_tap.h"

bool line_tap_push(struct line_tap *tap, int64_t now_ns)
{
    size_t left = tap->out_size - tap->out_at;
    if (left == 0)
        return false;
    size_t put = line_put(tap->line, now_ns, tap->out + tap->out_at, left);
    tap->out_at += put;
    if (tap->out_at == tap->out_size)
        tap->out_at = tap->out_size = 0;
    return put > 0;
}

void line_tap_clear(struct line_tap *tap)
{
    tap->frame_size = tap->out_at = tap->out_size = 0;
}

size_t line_tap_put(struct line_tap *tap, int64_t now_ns, const uint8_t *data, size_t size)
{
    if (!tap->change)
        return line_put(tap->line, now_ns, data, size);
    size_t taken = 0;
    for (; taken < size && tap->out_size == 0; taken++) {
        /* What is longer than a frame can be loses its end: no device library sends it. */
        if (tap->frame_size < sizeof tap->frame)
            tap->frame[tap->frame_size++] = data[taken];
        if (data[taken] != 0)
            continue;
        tap->out_size = tap->change(tap->context, now_ns, tap->frame, tap->frame_size, tap->out);
        tap->frame_size = 0;
        line_tap_push(tap, now_ns);
    }
    return taken;
}
