/* Streams of server-sent events: what a client that follows is told, without a word of how it gets there.
 *
 * Nothing is kept for a client but a position in the queue's events and the batch that it is reading, of at most 32 events and 64 KiB before the
 * last of them: one that reads slowly, or not at all, costs the daemon nothing more, and is told the same, later. */
#ifndef VR_SERVICE_STREAM_H
#define VR_SERVICE_STREAM_H

#include <sys/types.h>

#include "service/daemon.h"

struct vr_stream_board;

struct vr_stream {
    const struct vr_stream_kind *kind;
    struct vr_stream_board *board;
    struct vr_stream *next;
    /* What it has to say and was not read yet. */
    char *text;
    size_t size, sent;
    bool is_beat_due; /* it has said nothing for long */
    /* Set by who carries it: called when there may be something to read. */
    void (*woken)(void *context);
    void *context;
};

struct vr_stream_kind {
    /* Fill the text: 1 = there is something, 0 = nothing now, -1 = it has ended. */
    int (*fill)(struct vr_stream *stream);
    /* Whether there may be something behind what it has read. */
    bool (*has_news)(const struct vr_stream *stream);
    void (*finish)(struct vr_stream *stream);
    size_t state_size;
};

/* At most `size` bytes; 0 = nothing now, -1 = it has ended. */
ssize_t vr_stream_read(struct vr_stream *stream, char *buffer, size_t size);
void vr_stream_destroy(struct vr_stream *stream);

/* The board: hears of news once for all streams.  It outlives them. */
int vr_stream_board_create(
    struct vr_daemon *daemon, sd_event *loop, struct vr_stream_board **ret_board,
    struct vr_err *err);
void vr_stream_board_destroy(struct vr_stream_board *board);

struct vr_event_wish {
    int64_t job_id; /* 0 = everybody's */
    int64_t after;  /* -1 = not said */
    bool binds;
};
/* *ret_stream NULL = nothing will come any more. */
int vr_stream_events(
    struct vr_stream_board *board, const struct vr_user *user, const struct vr_event_wish *wish,
    struct vr_stream **ret_stream, struct vr_answer *answer);
/* The stream is the lease: it ends with it. */
int vr_stream_lease(
    struct vr_stream_board *board, const struct vr_user *user, const struct vr_lease_wish *wish,
    struct vr_stream **ret_stream, struct vr_answer *answer);

#endif
