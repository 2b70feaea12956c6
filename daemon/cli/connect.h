/* Where a daemon's socket is, and a connection to it. */
#ifndef VR_CLI_CONNECT_H
#define VR_CLI_CONNECT_H

#include "cli/client.h"

/* The socket that answers, and the connection.  *ret_fd -1 = there is no daemon at the usual places.  *ret_path is the caller's. */
int vr_connect_choose(
    const struct vr_client_choice *choice, char **ret_path, int *ret_fd, struct vr_err *err);

/* A descriptor, close-on-exec, or a negative errno; waits 2 s at most for a daemon that is too busy to take it. */
int vr_connect_socket(const char *path);

#endif
