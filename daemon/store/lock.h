/* A lock beside a file: "<path>.lock" with an exclusive flock, held while the file is written.
 *
 * SQLite locks pages and seconds; this locks a whole writing session, so that a file has one writer and one checkpointer.  The lock is
 * the kernel's and dies with its holder; the file's text (the holder's pid) is only for messages, and the file goes away on release. */
#ifndef VR_STORE_LOCK_H
#define VR_STORE_LOCK_H

#include "base/err.h"

struct vr_lock {
    int fd;     /* -1 = not held */
    char *path; /* of the lock's own file */
};

#define VR_LOCK_NONE ((struct vr_lock){.fd = -1})

/* Take the lock of the file `path`, waiting at most wait_ms (0 = not at all) for another process.  A lock that this process holds is
 * never waited for.  VR_ERR_STORE names the holder; VR_ERR_NOT_FOUND when the folder does not exist. */
int vr_lock_take(const char *path, int wait_ms, struct vr_lock *ret_lock, struct vr_err *err);
void vr_lock_release(struct vr_lock *lock);

#endif
