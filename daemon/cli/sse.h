/* Server-sent events: a stream of bytes, cut anywhere, becomes events.
 *
 * As the HTML standard has it (https://html.spec.whatwg.org/multipage/server-sent-events.html): lines end with CR, LF or both; `event`, `data` and
 * `id` count, every other field and comments do not; an empty line ends an event, and one without data is none.  What is not ended when the stream
 * ends never was.  Pure: no clock, no descriptor. */
#ifndef VR_CLI_SSE_H
#define VR_CLI_SSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define VR_SSE_SIZE_MAX ((size_t)1 << 20) /* of a line, and of an event's data */
#define VR_SSE_WORD_SIZE 64

struct vr_sse_event {
    const char *id;   /* of this event; "" = it has none */
    const char *kind; /* "message" when it says nothing */
    const char *data; /* terminated, but may hold zero bytes, too */
    size_t size;
};

struct vr_sse_text {
    char *bytes;
    size_t size, room;
};

struct vr_sse {
    /* Told of each event; a negative value ends the feeding. */
    int (*event)(void *context, const struct vr_sse_event *event, struct vr_err *err);
    void *context;

    /* Private. */
    struct vr_sse_text line, data;
    bool has_data, is_begun, after_cr;
    char id[VR_SSE_WORD_SIZE], kind[VR_SSE_WORD_SIZE];
};

void vr_sse_init(
    struct vr_sse *sse,
    int (*event)(void *context, const struct vr_sse_event *event, struct vr_err *err),
    void *context);
void vr_sse_finish(struct vr_sse *sse);

/* VR_ERR_INPUT when a line, an event, an id or a kind is too long; what comes behind an error is not read: finish it. */
int vr_sse_feed(struct vr_sse *sse, const char *bytes, size_t size, struct vr_err *err);

#endif
