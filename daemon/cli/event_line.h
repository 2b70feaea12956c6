/* Events as lines: one JSON object a line, written whole and at once (docs/reference-api.md, "Events").
 *
 * Several threads may write. */
#ifndef VR_CLI_EVENT_LINE_H
#define VR_CLI_EVENT_LINE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/json_text.h"

struct vr_event_lines {
    int fd;
    pthread_mutex_t mutex; /* of one line that is being written */
    atomic_bool is_broken; /* a line could not be written: nobody listens any more */
};
#define VR_EVENT_LINES(descriptor) \
    { \
        .fd = (descriptor), .mutex = PTHREAD_MUTEX_INITIALIZER \
    }

struct vr_event_line {
    struct vr_json_text json; /* its writer for the members */

    /* Private. */
    struct vr_event_lines *lines;
    bool is_open;
};

/* An open object with its member "event".  End it in any case; without memory it writes nothing and is broken. */
bool vr_event_line_begin(
    struct vr_event_lines *lines, struct vr_event_line *line, const char *event);
void vr_event_line_end(struct vr_event_line *line);

#endif
