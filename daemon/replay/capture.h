/* Capture: outputs, SYNC exchanges and marks of a trial, from the wire's 32-bit numbers to rows, handed on
 * in batches.
 *
 * The session has checked order, check sums and contract; capture only widens indexes and collects.
 */
#ifndef VR_REPLAY_CAPTURE_H
#define VR_REPLAY_CAPTURE_H

#include "replay/session.h"
#include "store/power.h"

/* Rows held before they are handed on: at 5 beats a second a batch is some 7 minutes of signal. */
#define VR_CAPTURE_OUTPUTS 2048
#define VR_CAPTURE_SYNCS 64
#define VR_CAPTURE_MARKS 64

struct vr_capture {
    /* Takes the rows; they are gone after it returns.  Returns 0 or a negative VR_ERR_*, which
     * capture keeps. */
    int (*flush)(void *context, const struct vr_capture *capture, struct vr_err *err);
    int (*log)(
        void *context, int64_t now_ns, int level, const char *source, const char *text,
        struct vr_err *err);
    void *context;

    struct vr_output_row outputs[VR_CAPTURE_OUTPUTS];
    size_t output_count;
    struct vr_sync_row syncs[VR_CAPTURE_SYNCS];
    size_t sync_count;
    struct vr_mark_row marks[VR_CAPTURE_MARKS];
    size_t mark_count;
    int64_t outputs_total;          /* handed on or held */
    int64_t near[WIRE_STREAMS_MAX]; /* at_index of the last output of each stream */
    int error;                      /* the first failure of flush or log, kept in err */
    struct vr_err err;
};

/* The callbacks and the context are set by the caller before this; everything else is reset. */
void vr_capture_start(struct vr_capture *capture);

/* The sink to put into the session's config. */
struct vr_session_sink vr_capture_sink(struct vr_capture *capture);

/* Hand on what is held.  Returns the first error since the start. */
int vr_capture_flush(struct vr_capture *capture, struct vr_err *err);

#endif
