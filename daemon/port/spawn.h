/* Programs of the bench: devices, meters, commands.  Each gets a session of its own, and nothing of ours but what is said here.
 *
 * Not posix_spawn(): they must not outlive us.  When the thread that started one ends, however that happens, it gets SIGTERM
 * (PR_SET_PDEATHSIG), so that a killed worker leaves no debugger behind that flashes against its successor's. */
#ifndef VR_PORT_SPAWN_H
#define VR_PORT_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

struct vr_spawn {
    const char *const *argv; /* NULL-terminated, never through a shell */
    int output;              /* its stdout and stderr, and /dev/null its stdin; -1 = as ours */
    int device;              /* its descriptor 3; -1 = none */
    bool has_own_signals;    /* every signal at its default, none blocked; else as ours */
};

/* 0, or the errno that kept it from starting. */
int vr_spawn(const struct vr_spawn *spawn, pid_t *ret_pid);

#endif
