/* posix_spawn for the beginning, a pidfd for the end. */
#include "port/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

extern char **environ;

#define DEVICE_FD 3

enum { HANG_UP_MS = 100, TERMINATE_MS = 900 };

int vr_child_start(
    const char *name, const char *const *argv, int device_fd, pid_t *ret_child, struct vr_err *err)
{
    /* Out of the way of DEVICE_FD, which dup2 onto itself in the child would leave close-on-exec. */
    _cleanup_close_ int moved = fcntl(device_fd, F_DUPFD_CLOEXEC, DEVICE_FD + 1);
    if (moved < 0)
        return vr_err_set(
            err, VR_ERR_LINK, "%s: cannot start %s: %s", name, argv[0], strerror(errno));

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, moved, DEVICE_FD);
    /* A session of its own: Ctrl-C at the command line must not kill the device before its trial is closed. */
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);

    /* POSIX forgot a const: the strings are not changed. */
    union {
        const char *const *given;
        char *const *wanted;
    } words = {.given = argv};
    int error = posix_spawnp(ret_child, argv[0], &actions, &attributes, words.wanted, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
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
