/* The line: drives one session over one link in real time.
 *
 * The only loop that waits.  It owns the connection and the session while it runs, feeds samples by
 * credit, and sleeps in ppoll until the device speaks or the session's next deadline.  A link that is
 * lost is closed at once and looked for again as long as the session waits for it. */
#ifndef VR_REPLAY_LINE_H
#define VR_REPLAY_LINE_H

#include <stdatomic.h>

#include "replay/connection.h"
#include "replay/sample_source.h"
#include "replay/schedule.h"
#include "replay/session.h"

struct vr_line {
    struct vr_connection *connection; /* open; afterwards closed if it was lost */
    struct vr_session *session;
    struct vr_schedule *schedule; /* of the streams as opened */
    const struct vr_sample_source *source;
    /* Called at most every 100 ms, and at the end; NULL = nobody listens. */
    void (*progress)(void *context, int64_t now_ns, const struct vr_session *session);
    void *context;
    /* Set from a signal handler: the trial ends as cancelled.  NULL = cannot be stopped. */
    const atomic_int *stop;
};

/* Run until the session has ended: its outcome says how.  Returns a negative VR_ERR_* only for what
 * is nobody's trial: no memory. */
int vr_line_run(struct vr_line *line, struct vr_err *err);

#endif
