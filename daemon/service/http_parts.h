/* What the two files of HTTP share: clients (http.c) and requests (http_request.c).  Only these include this. */
#ifndef VR_SERVICE_HTTP_PARTS_H
#define VR_SERVICE_HTTP_PARTS_H

#include <microhttpd.h>

#include "base/clock.h"
#include "service/admit.h"
#include "service/api.h"
#include "service/http.h"
#include "service/listen.h"
#include "service/stream.h"

/* A request has so long to come in whole, from the end of the one before. */
#define VR_HTTP_REQUEST_NS (10 * VR_NS_PER_S)

struct vr_http {
    struct vr_daemon *daemon;
    sd_event *loop;
    struct vr_api *api;
    struct vr_listen sockets;
    struct vr_admit_port port; /* of TCP */
    struct MHD_Daemon *mhd;
    struct vr_http_client *clients;
    size_t client_count;
    int reserve_fd;  /* given up to tell one too many that it is; -1 = it could not be had again */
    int64_t said_ns; /* when a lack of descriptors was last spoken of */
    bool is_draining;
    sd_event_source *accepts[VR_LISTEN_MAX], *io, *kick, *timer;
};

/* A connection. */
struct vr_http_client {
    struct vr_http *http;
    struct vr_http_client *next;
    struct MHD_Connection *connection;
    int fd; /* libmicrohttpd's */
    bool is_tcp, is_one_too_many;
    struct vr_user user;
    int64_t deadline_ns; /* of the request that it is to send; VR_NEVER_NS while it is answered */
    /* Its stream, NULL = none. */
    struct vr_stream *stream;
    sd_event_source *hangup;
    bool is_suspended, is_gone;
};

/* Run libmicrohttpd soon; never from within its callbacks. */
void vr_http_kick(struct vr_http *http);
/* Close it from outside of libmicrohttpd, which then sees its end. */
void vr_http_cut(struct vr_http_client *client);

/* Callbacks of libmicrohttpd, for requests. */
void *vr_http_request_begin(void *context, const char *target, struct MHD_Connection *connection);
enum MHD_Result vr_http_request_go_on(
    void *context, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *data, size_t *size, void **request);
void vr_http_request_end(
    void *context, struct MHD_Connection *connection, void **request,
    enum MHD_RequestTerminationCode how);

#endif
