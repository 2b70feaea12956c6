/* What streams share.  Only daemon/service/stream*.c include this. */
#ifndef VR_SERVICE_STREAM_BOARD_H
#define VR_SERVICE_STREAM_BOARD_H

#include "service/stream.h"

/* Progress of a job that runs. */
struct vr_stream_progress {
    int64_t job_id;
    uint64_t number; /* the daemon's */
    double fraction;
    uint64_t mark; /* the board's, when it last changed */
};

struct vr_stream_board {
    struct vr_daemon *daemon;
    sd_event *loop;
    struct vr_listener listener;
    struct vr_stream *streams;
    sd_event_source *look, *progress_timer, *beat;
    int64_t newest; /* event that is stored */
    struct vr_stream_progress *progress;
    size_t progress_count;
    uint64_t mark;
    int64_t progress_ns; /* when it was last looked at */
};

/* Allocated, zeroed, on the board; NULL = no memory. */
struct vr_stream *vr_stream_create(
    struct vr_stream_board *board, const struct vr_stream_kind *kind);
/* Look for the newest event now. */
int vr_stream_board_look(struct vr_stream_board *board, struct vr_err *err);
void vr_stream_wake(struct vr_stream *stream);

/* Begin the text anew, and end it: a comment is put in when it would be empty and a beat is due.  1 = it is not empty. */
FILE *vr_stream_text(struct vr_stream *stream);
int vr_stream_text_end(struct vr_stream *stream, FILE *file);
/* One event; `id` 0 = none. */
void vr_stream_write_event(FILE *file, int64_t id, const char *kind, const char *data);

#endif
