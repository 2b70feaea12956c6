/* The daemon that owns a bench. */
#ifndef VR_CLI_OWNER_H
#define VR_CLI_OWNER_H

#include "cli/client.h"

/* The daemon whose rig file is `rig` (NULL = any daemon's).  *ret_client NULL = there is none; errors as of vr_client_open. */
int vr_owner_find(
    const struct vr_client_choice *choice, const char *rig, struct vr_client **ret_client,
    struct vr_err *err);

#endif
