/* Replies in memory. */
#include "service/reply.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "service/stream.h"

#define RETRY_AFTER_S 5

static void body_drop(struct vr_reply *reply)
{
    if (reply->file)
        fclose(reply->file);
    free(reply->body);
    reply->file = NULL;
    reply->body = NULL;
    reply->size = 0;
}

void vr_reply_finish(struct vr_reply *reply)
{
    body_drop(reply);
    if (reply->fd >= 0)
        close(reply->fd);
    if (reply->stream)
        vr_stream_destroy(reply->stream);
    *reply = VR_REPLY_NONE;
}

static void no_memory(struct vr_reply *reply)
{
    static const char text[] =
        "{\"error\": {\"code\": \"NO_MEMORY\", \"text\": \"no memory for the answer\"}}\n";
    body_drop(reply);
    reply->body = strdup(text);
    reply->size = reply->body ? sizeof text - 1 : 0;
    reply->content_type = "application/json";
    reply->status = 503;
    reply->retry_after_s = RETRY_AFTER_S;
}

struct vr_json_writer *vr_reply_json(struct vr_reply *reply)
{
    body_drop(reply);
    reply->file = open_memstream(&reply->body, &reply->size);
    if (!reply->file) {
        no_memory(reply);
        return NULL;
    }
    vr_json_write_init(&reply->writer, reply->file);
    vr_json_write_object(&reply->writer, NULL);
    return &reply->writer;
}

void vr_reply_json_end(struct vr_reply *reply, int status)
{
    vr_json_write_end(&reply->writer);
    int r = vr_json_write_finish(&reply->writer, NULL);
    bool is_lost = fclose(reply->file) != 0 || r < 0;
    reply->file = NULL;
    reply->status = status;
    reply->content_type = "application/json";
    if (is_lost)
        no_memory(reply);
}

void vr_reply_error(struct vr_reply *reply, int status, const struct vr_err *err)
{
    struct vr_json_writer *writer = vr_reply_json(reply);
    if (!writer)
        return;
    vr_json_write_object(writer, "error");
    vr_json_write_string(writer, "code", vr_err_name(err->code));
    vr_json_write_string(writer, "text", err->text);
    vr_json_write_end(writer);
    vr_reply_json_end(reply, status);
    if (status == 503)
        reply->retry_after_s = RETRY_AFTER_S;
}

void vr_reply_answer(struct vr_reply *reply, const struct vr_answer *answer)
{
    static const int statuses[] = {
        [VR_REFUSED_NOT] = 500,       [VR_REFUSED_INPUT] = 400, [VR_REFUSED_FORBIDDEN] = 403,
        [VR_REFUSED_NOT_FOUND] = 404, [VR_REFUSED_STATE] = 409, [VR_REFUSED_BUSY] = 503,
        [VR_REFUSED_INTERNAL] = 500,
    };
    vr_reply_error(reply, statuses[answer->refusal], &answer->err);
}

void vr_reply_err(struct vr_reply *reply, const struct vr_err *err)
{
    struct vr_answer answer = {0};
    vr_refuse_err(&answer, err);
    vr_reply_answer(reply, &answer);
}
