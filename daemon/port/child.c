/* A program that is a device, and a pidfd for its end. */
#include "port/child.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "port/spawn.h"

enum { HANG_UP_MS = 100, TERMINATE_MS = 400 };

int vr_child_start(
    const char *name, const char *const *argv, int device_fd, pid_t *ret_child, struct vr_err *err)
{
    /* A session of its own: Ctrl-C at the command line must not kill the device before its trial is closed. */
    int error =
        vr_spawn(&(struct vr_spawn){.argv = argv, .output = -1, .device = device_fd}, ret_child);
    if (error)
        return vr_err_set(
            err, VR_ERR_LINK, "%s: cannot start %s: %s; build or install it, or correct argv", name,
            argv[0], strerror(error));
    return 0;
}

static bool has_ended(int process, int timeout_ms)
{
    struct pollfd ended = {.fd = process, .events = POLLIN};
    return process >= 0 && poll(&ended, 1, timeout_ms) > 0;
}

/* A device that sees the hang-up ends by itself, with its own exit checks (a sanitizer's leak report among them).  QEMU does not
 * care that its serial line has closed, and ends at the signal.  What does neither would be a zombie on the bench. */
void vr_child_end(pid_t child)
{
    _cleanup_close_ int process = pidfd_open(child, 0);
    if (!has_ended(process, HANG_UP_MS)) {
        kill(child, SIGTERM);
        if (!has_ended(process, TERMINATE_MS))
            kill(child, SIGKILL);
    }
    waitpid(child, NULL, 0);
}
