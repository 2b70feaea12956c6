/* A lease of a device: it is a connection to the daemon, and ends with it. */
#ifndef VR_CLI_LEASE_H
#define VR_CLI_LEASE_H

#include <poll.h>
#include <sys/types.h>

#include "cli/client.h"

struct vr_lease_wish {
    const char *dut, *reason;
    double for_s;  /* INFINITY = as long as the daemon allows */
    double wait_s; /* 0 = not at all, INFINITY = for ever */
    pid_t pid;     /* whose lease it is */
};

struct vr_lease;

/* Returns when the device is ours, having said on stderr whom it waits for.  VR_ERR_DEVICE: held by another, who is named.  The client outlives it. */
int vr_lease_take(
    struct vr_client *client, const struct vr_lease_wish *wish, struct vr_lease **ret_lease,
    struct vr_err *err);
void vr_lease_release(struct vr_lease *lease);
void vr_lease_releasep(struct vr_lease **lease);

const char *vr_lease_until(const struct vr_lease *lease); /* UTC, as the daemon says it */

/* Wait until `other` is ready (0), or the lease has ended: VR_ERR_DEVICE says why. */
int vr_lease_keep(struct vr_lease *lease, struct pollfd *other, struct vr_err *err);

/* Hold it from now on in a process of its own, with no terminal and no other descriptor, until `caller_fd` (a pidfd) is ready, `limit_s` is over, or the
 * daemon ends it.  The lease here is that process's, and is to be released.  Both descriptors may be anything but standard ones. */
int vr_lease_leave(const struct vr_lease *lease, int caller_fd, double limit_s, struct vr_err *err);

#endif
