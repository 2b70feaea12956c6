/* Where a daemon's socket is, and whether somebody listens there. */
#ifndef VR_CLI_CONNECT_H
#define VR_CLI_CONNECT_H

#include "cli/client.h"

/* The socket of the daemon that answers; the caller frees it.  *ret_path NULL = there is none at the usual places. */
int vr_connect_choose(const struct vr_client_choice *choice, char **ret_path, struct vr_err *err);

#endif
