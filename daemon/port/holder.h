/* Who has a port: the process whose descriptor or lock it is, found in /proc.
 *
 * Descriptors of other users' processes are seen only by root; a lock on the port is seen by everybody.  Of a pty only the lock counts:
 * whoever made it may keep its other side open. */
#ifndef VR_PORT_HOLDER_H
#define VR_PORT_HOLDER_H

#include <stdbool.h>
#include <sys/types.h>

struct vr_port_holder {
    pid_t pid;
    char program[32]; /* "ModemManager"; "?" when it is gone already */
};

/* `path` is the port's real name, no link; `root` is "" but for tests, which keep a /proc and a /dev of their own below it.  `except`
 * is a process that does not count, 0 = none. */
bool vr_port_holder_find(
    const char *root, const char *path, pid_t except, struct vr_port_holder *ret_holder);

/* Whether a program of that name runs; the kernel keeps 15 letters of it. */
bool vr_port_holder_runs(const char *root, const char *program, pid_t *ret_pid);

#endif
