/* Events of a daemon, followed over its restarts: what was missed comes again (Last-Event-ID). */
#ifndef VR_CLI_EVENTS_H
#define VR_CLI_EVENTS_H

#include "cli/event_stream.h"

struct vr_events;

struct vr_events_setup {
    struct vr_client *client; /* outlives it */
    const char *path;
    /* As vr_sse's, but 1 = nothing more is wanted; runs inside of vr_events_turn. */
    int (*event)(void *context, const struct vr_sse_event *event, struct vr_err *err);
    /* The connection has gone, and it is tried again; once until something comes again, and not for an end in good order that lasts for one try. */
    void (*gone)(void *context, const char *why);
    void *context;
};

int vr_events_open(
    const struct vr_events_setup *setup, struct vr_events **ret_events, struct vr_err *err);
void vr_events_close(struct vr_events *events);
void vr_events_closep(struct vr_events **events);

/* As vr_event_stream_turn, but a stream that has ended, was cut, or is refused because the daemon is ending is asked for again behind 0.1, 0.2 ..
 * 2 s.  0 = go on, 1 = nothing more is
 * wanted; an error when the daemon refuses it, or has been away for 60 s. */
int vr_events_turn(
    struct vr_events *events, struct pollfd *others, size_t count, int timeout_ms,
    struct vr_err *err);

#endif
