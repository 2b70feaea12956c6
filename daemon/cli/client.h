/* A daemon's client: HTTP and JSON over its Unix socket (docs/reference-api.md). */
#ifndef VR_CLI_CLIENT_H
#define VR_CLI_CLIENT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/json.h"

struct vr_client;

/* Which daemon the command line asks for; zeroed = whichever is there. */
struct vr_client_choice {
    const char *socket; /* --socket, NULL = $VITALRIG_SOCKET, else the usual places */
    bool none;          /* --no-daemon */
    bool verbose;       /* say why there is none */
};

/* Connect.  *ret_client NULL = there is no daemon at the usual places.  One that was named and does not answer, and one that this user may not
 * speak to, is VR_ERR_LINK.  Close it in any case (NULL allowed). */
int vr_client_open(
    const struct vr_client_choice *choice, struct vr_client **ret_client, struct vr_err *err);
/* The same for a verb that cannot do without. */
int vr_client_need(
    const struct vr_client_choice *choice, struct vr_client **ret_client, struct vr_err *err);
void vr_client_close(struct vr_client *client);
void vr_client_closep(struct vr_client **client);

const char *vr_client_socket(const struct vr_client *client);

/* Ask: GET, POST or DELETE, `path` from "/v1" on, `body` (NULL allowed) one JSON object.  *ret_doc is the answer, and the caller's;
 * ret_doc NULL = nobody cares.  What the daemon refuses comes back with its own code and text.  A connection that fails, or an
 * answer that takes more than 10 s, is VR_ERR_LINK or VR_ERR_TIMEOUT. */
int vr_client_call(
    struct vr_client *client, const char *method, const char *path, const char *body,
    struct vr_json_doc **ret_doc, struct vr_err *err);

/* GET an object with a list in the member `key`; *ret_list lives as long as *ret_doc.  An answer without one is VR_ERR_LINK. */
int vr_client_list(
    struct vr_client *client, const char *path, const char *key, struct vr_json_doc **ret_doc,
    const struct vr_json **ret_list, struct vr_err *err);

/* GET something that is no JSON for us, byte for byte, into `out`, in 60 s.  What is refused leaves `out` alone. */
int vr_client_fetch(struct vr_client *client, const char *path, FILE *out, struct vr_err *err);

/* A word in a query or a path, escaped; the caller frees it.  NULL = no memory. */
char *vr_client_escape(struct vr_client *client, const char *word);

#endif
