/* One side of a beat-by-beat comparison, read: which of its events are beats, and when it says that
 * there were none to be had (ventricular flutter or fibrillation, shutdown).
 *
 *     events   N   N   [  !  !  N  ]   N   N  ~(off)        ~(on)  N   N ~(off)  N
 *     beats    N   N                   N   N                       N   N         N
 *     vf               |-----------|
 *     shutdown                                |-------------|          |-------|
 *                                                                      + w   - w
 * VF: everything from VFON to the next VFOFF is passed over.  Without an end it lasts for ever.
 *
 * Shutdown: begins with NOISE whose subtype has the bits 0x30 (the subtype -1 has them too) and ends
 * with the next event, whatever that is:
 *   - NOISE without these bits: the shutdown lasts from the one to the other.
 *   - Any other (the habit of the AHA database, which marks a stretch as unreadable and not its
 *     ends): from the last beat or VF before + w to that event - w, w = the match window.  When that
 *     is less than nothing, it is empty, at that event - w.  The event itself is read as always.
 *   - None: it lasts for ever.
 *
 * RR is the time since the beat before.  The first beat has none, nor has a beat whose beat before
 * is followed by a VF or a shutdown. */
#ifndef VR_SCORE_ANNOTATOR_H
#define VR_SCORE_ANNOTATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "score/event.h"

struct vr_beat {
    int64_t sample_index;
    size_t event; /* its place among the events */
    enum vr_beat_class class;
    int64_t rr; /* ticks since the beat before; 0 = not valid */
};

struct vr_span {
    int64_t begin, end; /* both inside */
    int64_t reach;      /* latest end of this and all spans before */
};

#define VR_SPAN_FOREVER INT64_MAX

/* By begin; they may overlap. */
struct vr_spans {
    struct vr_span *items;
    size_t count, capacity;
};

struct vr_annotator {
    struct vr_beat *beats; /* by time */
    size_t beat_count;
    struct vr_spans vf, shutdown;
};

/* Read events that are sorted by time; `window` is w in ticks.  The caller finishes the annotator.
 * VR_ERR_INPUT when an event is outside VR_EVENT_TICK_MAX, VR_ERR_NO_MEMORY. */
int vr_annotator_read(
    const struct vr_event *events, size_t count, int64_t window, struct vr_annotator *ret_annotator,
    struct vr_err *err);
void vr_annotator_finish(struct vr_annotator *annotator);

/* Does the time lie in one of the spans? */
bool vr_spans_hold(const struct vr_spans *spans, int64_t sample_index);

/* How many ticks they cover before `until`, none of them twice. */
int64_t vr_spans_ticks(const struct vr_spans *spans, int64_t until);

#endif
