/* The operations of the API (docs/reference-api.md), without the wire: a call comes in, a reply goes out. */
#ifndef VR_SERVICE_API_H
#define VR_SERVICE_API_H

#include "service/daemon.h"
#include "service/reply.h"
#include "service/route.h"

struct vr_api;

/* One request that was admitted and has its whole body. */
struct vr_call {
    const struct vr_user *user;
    const struct vr_route *route;
    const char *body; /* `size` bytes */
    size_t size;
    const char *last_event_id; /* header, NULL = none */
};

/* Borrowed: daemon, loop; both outlive it. */
int vr_api_create(
    struct vr_daemon *daemon, sd_event *loop, struct vr_api **ret_api, struct vr_err *err);
/* Every stream has been destroyed before. */
void vr_api_destroy(struct vr_api *api);

/* Whether the operation takes a body. */
bool vr_api_takes_body(enum vr_operation operation);
/* Fills the reply in any case; the caller finishes it. */
void vr_api_call(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply);

#endif
