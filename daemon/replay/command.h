/* A command of the bench: a program of somebody else's that flashes, resets or powers a device.
 *
 * It is started as it is written, never through a shell, in a session of its own (Ctrl-C is ours to handle), without input.  What it
 * prints is not shown unless it fails: then its last words are in the message.  When its time is up it and everything that it started
 * in its session is ended. */
#ifndef VR_REPLAY_COMMAND_H
#define VR_REPLAY_COMMAND_H

#include <stdatomic.h>

#include "base/err.h"

/* `what` stands for it in messages: "flash".  `argv` ends with NULL.  `stop`, set from a signal handler, ends it; NULL = cannot be
 * stopped.  VR_ERR_DEVICE: it cannot be started, or failed; VR_ERR_TIMEOUT; VR_ERR_INTERRUPTED. */
int vr_command_run(
    const char *what, const char *const *argv, double timeout_s, const atomic_int *stop,
    struct vr_err *err);

#endif
