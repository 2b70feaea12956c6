/* HTTP: libmicrohttpd in the daemon's loop, clients with their limits, and the API behind it.
 *
 * Clients never hold up a run, whatever they do: a request has 10 s to come in whole, a reply that nobody reads is given up after 60 s, at most
 * max_clients are served at a time (a few more are told 503, the rest waits in the listen queue), and a descriptor is kept in
 * reserve, so that one too many can be told so. */
#ifndef VR_SERVICE_HTTP_H
#define VR_SERVICE_HTTP_H

#include "service/daemon.h"

struct vr_http;

/* Opens the sockets of the daemon's file, or those that systemd passes, and serves them from the loop.  Borrowed: daemon, loop.  The
 * daemon has its rig's lock. */
int vr_http_create(
    struct vr_daemon *daemon, sd_event *loop, struct vr_http **ret_http, struct vr_err *err);
/* The daemon is ending: whoever asks is told 503; streams go on until the end. */
void vr_http_drain(struct vr_http *http);
/* Closes every connection; before vr_daemon_destroy. */
void vr_http_destroy(struct vr_http *http);
size_t vr_http_clients(const struct vr_http *http);

#endif
