/* Who may speak to the daemon at all: the head of a request, held against how it came.  Pure.
 *
 * A Unix socket is guarded by its mode, and its peer is known.  A port on the loopback can be reached by every program of the machine, and by every
 * page in its browser: so a token (a secret of programs), a Host that is ours (a name that somebody lets point here is not: DNS
 * rebinding), no foreign Origin, and for all but GET a header that a page cannot send without asking first (cross-site request forgery). */
#ifndef VR_SERVICE_ADMIT_H
#define VR_SERVICE_ADMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"

#define VR_ADMIT_BODY_MAX ((uint64_t)256 * 1024)

/* The fields of a head that matter here; NULL = not there.  `is_repeated`: one of them, or of those that say where the body ends, stands there twice. */
struct vr_head {
    const char *method;
    const char *host, *origin, *authorization, *vitalrig;
    const char *content_type, *content_length, *transfer_encoding;
    bool is_repeated;
};

/* What guards the port. */
struct vr_admit_port {
    int port;
    char token[VR_DIGEST_HEX_SIZE]; /* SHA-256 of it */
};

struct vr_admit_refusal {
    int status; /* 400, 401, 403, 411, 413, 415 */
    struct vr_err err;
};

/* The token in a file of at least 16 visible ASCII characters that nobody but its owner may read. */
int vr_admit_token_load(const char *path, char ret_digest[VR_DIGEST_HEX_SIZE], struct vr_err *err);

/* Whether such a request may come; `port` NULL = over the Unix socket.  0, or negative with the refusal filled. */
int vr_admit(
    const struct vr_head *head, const struct vr_admit_port *port, struct vr_admit_refusal *refusal);
/* Whether its body may, and how long it is.  `wanted`: the operation takes one. */
int vr_admit_body(
    const struct vr_head *head, bool wanted, uint64_t *ret_size, struct vr_admit_refusal *refusal);

#endif
