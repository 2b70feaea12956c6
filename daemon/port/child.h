/* The process that is a device or a meter: started with its end of the line, ended with the line.
 *
 * It finds that end as descriptor 3, the number that follows the standard three; the words that say so (`--fd 3`) belong to the
 * argv in the rig.  It gets no other descriptor of ours. */
#ifndef VR_PORT_CHILD_H
#define VR_PORT_CHILD_H

#include <sys/types.h>

#include "base/err.h"

/* Start argv (NULL-terminated, never through a shell) in a session of its own.  `name` is its, for messages; device_fd stays
 * the caller's, to close. */
int vr_child_start(
    const char *name, const char *const *argv, int device_fd, pid_t *ret_child, struct vr_err *err);

/* Wait until it has ended, after the caller has closed the line.  One that does not end at the hang-up is asked to (SIGTERM) after
 * 100 ms and ended after a second. */
void vr_child_end(pid_t child);

#endif
