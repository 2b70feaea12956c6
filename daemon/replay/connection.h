/* The connection to a device: a link that can be lost in mid-trial and found again.
 *
 * The run owns it from trial to trial; the line opens it again while a session waits for its device to come back. */
#ifndef VR_REPLAY_CONNECTION_H
#define VR_REPLAY_CONNECTION_H

#include "link/link.h"

struct vr_connection {
    const struct vr_link_driver *driver;
    struct vr_link_config config; /* its strings outlive the connection */
    struct vr_link *link;         /* NULL = closed */
};

/* Open the link unless it is open.  VR_ERR_LINK and others say why not; the connection stays closed then. */
int vr_connection_open(struct vr_connection *connection, struct vr_err *err);
void vr_connection_close(struct vr_connection *connection); /* no effect on a closed one */

#endif
