/* One answer of a daemon that is a stream of events, told as they come. */
#ifndef VR_CLI_EVENT_STREAM_H
#define VR_CLI_EVENT_STREAM_H

#include <poll.h>

#include "cli/client.h"
#include "cli/sse.h"

struct vr_event_stream;

struct vr_event_stream_setup {
    struct vr_client *client; /* outlives the stream, and may be asked other things meanwhile */
    const char *method, *path, *body;
    const char *last_id; /* of the last event that was seen before, NULL or "" = none */
    bool is_only;        /* the connection carries nothing behind it, and ends with the stream */
    /* As vr_sse's; runs inside of vr_event_stream_turn. */
    int (*event)(void *context, const struct vr_sse_event *event, struct vr_err *err);
    void *context;
};

int vr_event_stream_open(
    const struct vr_event_stream_setup *setup, struct vr_event_stream **ret_stream,
    struct vr_err *err);
void vr_event_stream_close(struct vr_event_stream *stream);
void vr_event_stream_closep(struct vr_event_stream **stream);

/* Wait until something comes, one of `others` is ready, a signal, or the time is over (-1 = never), and tell what came.  1 = it goes on, 0 = the daemon
 * has ended it; a refusal has the daemon's code and text.  The head of the answer must come within 10 s: VR_ERR_TIMEOUT. */
int vr_event_stream_turn(
    struct vr_event_stream *stream, struct pollfd *others, size_t count, int timeout_ms,
    struct vr_err *err);

/* Behind an error: it was the connection that failed, and another one may do better. */
bool vr_event_stream_is_cut(const struct vr_event_stream *stream);

/* Behind its end: there is nothing more to come (204), now or later. */
bool vr_event_stream_is_over(const struct vr_event_stream *stream);

/* The connection's descriptor; -1 = none. */
int vr_event_stream_fd(const struct vr_event_stream *stream);

#endif
