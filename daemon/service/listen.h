/* Sockets that clients come to: a Unix socket of our own or of systemd's, and optionally a port of the loopback. */
#ifndef VR_SERVICE_LISTEN_H
#define VR_SERVICE_LISTEN_H

#include "service/config.h"

#define VR_LISTEN_MAX 3

struct vr_listen {
    int fds[VR_LISTEN_MAX]; /* non-blocking, close-on-exec */
    size_t count;
    char *path;  /* of the Unix socket that we made, NULL = it is systemd's */
    int lock_fd; /* of PATH.lock, held as long as the socket is ours; -1 = none */
};

/* The socket that systemd passes under the name "control", else config->socket, mode 0660.  A socket file that nobody serves is replaced,
 * one that is served is refused (VR_ERR_DEVICE); which of them it is is decided under PATH.lock.  With config->tcp_port 127.0.0.1 and
 * [::1], too; a machine without IPv6 goes without. */
int vr_listen_open(
    const struct vr_config *config, struct vr_listen *ret_listen, struct vr_err *err);
/* No more clients; the socket's file goes, if it is still ours. */
void vr_listen_close(struct vr_listen *listen);

#endif
