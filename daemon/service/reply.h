/* Replies: what an operation of the API answers, before it is put on a wire. */
#ifndef VR_SERVICE_REPLY_H
#define VR_SERVICE_REPLY_H

#include "base/json_write.h"
#include "service/answer.h"

struct vr_stream;

/* One of body, file and stream, or none of them. */
struct vr_reply {
    int status;
    const char *content_type;
    char *body; /* owned */
    size_t size;
    int fd;                   /* a file to be sent, owned; -1 = none */
    char file_name[128];      /* of it, for who saves it */
    struct vr_stream *stream; /* owned */
    char allow[32];           /* of 405 */
    int retry_after_s;        /* 0 = not said */

    /* Private: the JSON that is being written. */
    FILE *file;
    struct vr_json_writer writer;
};
#define VR_REPLY_NONE ((struct vr_reply){.fd = -1})

void vr_reply_finish(struct vr_reply *reply);

/* Begin an object; its members go to the writer that is returned, and vr_reply_json_end ends it with this status.  Without memory the reply is
 * 503, and NULL is returned. */
struct vr_json_writer *vr_reply_json(struct vr_reply *reply);
void vr_reply_json_end(struct vr_reply *reply, int status);

/* {"error": {"code", "text"}}, in place of what was begun. */
void vr_reply_error(struct vr_reply *reply, int status, const struct vr_err *err);
void vr_reply_answer(struct vr_reply *reply, const struct vr_answer *answer);
/* Of an error that came up from below. */
void vr_reply_err(struct vr_reply *reply, const struct vr_err *err);

#endif
