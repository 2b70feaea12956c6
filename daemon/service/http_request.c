/* A request: its head, its body, and the reply. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "service/http_parts.h"
#include "service/say.h"

#define STREAM_BLOCK (16 * 1024)

/* Errors come by in one struct, whatever found them. */
struct refusal {
    int status; /* 0 = none */
    char allow[32];
    struct vr_err err;
};

struct request {
    char *target; /* as it stands in the request line; NULL = no memory */
    bool is_begun;
    struct vr_route route;
    struct refusal refusal;
    char *body;
    size_t size, room;
};

/* --- head ------------------------------------------------------------------------------------ */

struct field {
    const char *name;
    size_t offset; /* of a const char * in struct vr_head */
};

static const struct field fields[] = {
    {"Host", offsetof(struct vr_head, host)},
    {"Origin", offsetof(struct vr_head, origin)},
    {"Authorization", offsetof(struct vr_head, authorization)},
    {"X-VitalRig", offsetof(struct vr_head, vitalrig)},
    {"Content-Type", offsetof(struct vr_head, content_type)},
    {"Content-Length", offsetof(struct vr_head, content_length)},
    {"Transfer-Encoding", offsetof(struct vr_head, transfer_encoding)},
};

static enum MHD_Result note_field(
    void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    struct vr_head *head = context;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (strcasecmp(fields[i].name, name) != 0)
            continue;
        const char **place = (const char **)((char *)head + fields[i].offset);
        head->is_repeated |= *place != NULL;
        *place = value ? value : "";
    }
    return MHD_YES;
}

static int refuse(struct request *request, int status, const struct vr_err *err)
{
    request->refusal.status = status;
    request->refusal.err = *err;
    return -1;
}

static int busy(const struct vr_http_client *client, struct request *request, enum vr_err_code code)
{
    request->refusal.status = 503;
    return vr_err_set(
        &request->refusal.err, code,
        code == VR_ERR_NO_MEMORY  ? "request: no memory for it"
        : client->is_one_too_many ? "request: too many clients; come again"
                                  : "request: the daemon is ending; come again");
}

/* Who may come is settled before anything is told about what there is. */
static int check_head(
    struct vr_http_client *client, struct request *request, const struct vr_head *head)
{
    struct vr_http *http = client->http;
    struct vr_admit_refusal no;
    struct vr_route_refusal no_route;
    uint64_t size;
    if (!request->target)
        return busy(client, request, VR_ERR_NO_MEMORY);
    if (vr_admit(head, client->is_tcp ? &http->port : NULL, &no) < 0)
        return refuse(request, no.status, &no.err);
    if (client->is_one_too_many || http->is_draining)
        return busy(client, request, VR_ERR_DEVICE);
    if (vr_route_find(head->method, request->target, &request->route, &no_route) < 0) {
        memcpy(request->refusal.allow, no_route.allow, sizeof no_route.allow);
        return refuse(request, no_route.status, &no_route.err);
    }
    bool wanted = vr_api_takes_body(request->route.operation);
    if (vr_admit_body(head, wanted, &size, &no) < 0)
        return refuse(request, no.status, &no.err);
    request->room = (size_t)size;
    request->body = size ? malloc((size_t)size) : NULL;
    return size && !request->body ? busy(client, request, VR_ERR_NO_MEMORY) : 0;
}

/* A body that is short enough is read to its end, so that the client hears the answer; of any other not a byte is. */
static bool is_short(const struct vr_head *head)
{
    uint64_t size;
    struct vr_admit_refusal no;
    return vr_admit_body(head, true, &size, &no) == 0 || (no.status != 411 && no.status != 413);
}

/* --- reply ----------------------------------------------------------------------------------- */

static ssize_t stream_read(void *context, uint64_t position, char *buffer, size_t size)
{
    (void)position;
    struct vr_http_client *client = context;
    if (client->is_gone)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    ssize_t got = vr_stream_read(client->stream, buffer, size);
    if (got < 0)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (got == 0) {
        client->is_suspended = true;
        MHD_suspend_connection(client->connection);
    }
    return got;
}

static void stream_woken(void *context)
{
    struct vr_http_client *client = context;
    if (!client->is_suspended)
        return;
    client->is_suspended = false;
    MHD_resume_connection(client->connection);
    vr_http_kick(client->http);
}

static void stream_end(void *context)
{
    struct vr_http_client *client = context;
    client->hangup = sd_event_source_disable_unref(client->hangup);
    vr_stream_destroy(client->stream);
    client->stream = NULL;
}

/* libmicrohttpd does not look at a connection that is suspended, nor at one whose reader is slow. */
static int on_hangup(sd_event_source *source, int fd, uint32_t events, void *context)
{
    (void)fd, (void)events;
    struct vr_http_client *client = context;
    sd_event_source_set_enabled(source, SD_EVENT_OFF);
    client->is_gone = true;
    vr_http_cut(client);
    stream_woken(client);
    return 0;
}

/* A stream sends headers at once, so its client knows that it is served. */
static struct MHD_Response *stream_response(struct vr_http_client *client, struct vr_reply *reply)
{
    struct vr_http *http = client->http;
    if (sd_event_add_io(http->loop, &client->hangup, client->fd, EPOLLRDHUP, on_hangup, client) < 0)
        return NULL;
    client->is_gone = false;
    client->is_suspended = false;
    client->stream = reply->stream;
    reply->stream = NULL;
    client->stream->context = client;
    client->stream->woken = stream_woken;
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, STREAM_BLOCK, stream_read, client, stream_end);
    if (!response)
        stream_end(client);
    else
        MHD_set_connection_option(client->connection, MHD_CONNECTION_OPTION_TIMEOUT, 0u);
    return response;
}

static struct MHD_Response *response_of(struct vr_http_client *client, struct vr_reply *reply)
{
    static char nothing[] = "";
    struct MHD_Response *response;
    if (reply->stream)
        return stream_response(client, reply);
    if (reply->fd >= 0) {
        response = MHD_create_response_from_fd64(reply->size, reply->fd);
        if (response)
            reply->fd = -1;
        return response;
    }
    if (!reply->body)
        return MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
    response = MHD_create_response_from_buffer(reply->size, reply->body, MHD_RESPMEM_MUST_FREE);
    if (response)
        reply->body = NULL;
    return response;
}

static void add_headers(struct MHD_Response *response, const struct vr_reply *reply)
{
    char text[200];
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (reply->content_type)
        MHD_add_response_header(response, "Content-Type", reply->content_type);
    if (reply->allow[0])
        MHD_add_response_header(response, "Allow", reply->allow);
    if (reply->status == 401)
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
    if (reply->status == 503)
        MHD_add_response_header(response, "Connection", "close");
    if (reply->retry_after_s) {
        snprintf(text, sizeof text, "%d", reply->retry_after_s);
        MHD_add_response_header(response, "Retry-After", text);
    }
    if (reply->file_name[0]) {
        snprintf(text, sizeof text, "attachment; filename=\"%s\"", reply->file_name);
        MHD_add_response_header(response, "Content-Disposition", text);
    }
}

static enum MHD_Result send_reply(struct vr_http_client *client, struct vr_reply *reply)
{
    client->deadline_ns = VR_NEVER_NS;
    struct MHD_Response *response = response_of(client, reply);
    if (!response) {
        vr_say_of(VR_LOG_CLIENT, LOG_ERR, NULL, "a client gets no answer: no memory");
        vr_reply_finish(reply);
        return MHD_NO;
    }
    add_headers(response, reply);
    enum MHD_Result result =
        MHD_queue_response(client->connection, (unsigned)reply->status, response);
    MHD_destroy_response(response);
    if (result == MHD_YES)
        vr_daemon_count_answer(client->http->daemon, reply->status);
    vr_reply_finish(reply);
    return result;
}

static enum MHD_Result send_refusal(struct vr_http_client *client, const struct request *request)
{
    struct vr_reply reply = VR_REPLY_NONE;
    vr_reply_error(&reply, request->refusal.status, &request->refusal.err);
    snprintf(reply.allow, sizeof reply.allow, "%s", request->refusal.allow);
    return send_reply(client, &reply);
}

/* --- callbacks ------------------------------------------------------------------------------- */

static struct vr_http_client *client_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

void *vr_http_request_begin(void *context, const char *target, struct MHD_Connection *connection)
{
    (void)context, (void)connection;
    struct request *request = calloc(1, sizeof *request);
    if (request)
        request->target = strdup(target);
    return request;
}

static enum MHD_Result begin(
    struct vr_http_client *client, struct request *request, const char *method)
{
    struct vr_head head = {.method = method};
    request->is_begun = true;
    MHD_get_connection_values(client->connection, MHD_HEADER_KIND, note_field, &head);
    if (check_head(client, request, &head) < 0 && !is_short(&head))
        return send_refusal(client, request);
    return MHD_YES;
}

enum MHD_Result vr_http_request_go_on(
    void *context, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *data, size_t *size, void **request_place)
{
    (void)context, (void)url, (void)version;
    struct request *request = *request_place;
    struct vr_http_client *client = client_of(connection);
    if (!request || !client)
        return MHD_NO;
    if (!request->is_begun)
        return begin(client, request, method);
    if (*size > 0) {
        size_t left = request->room - request->size, count = *size < left ? *size : left;
        if (count > 0)
            memcpy(request->body + request->size, data, count);
        request->size += count;
        *size = 0;
        return MHD_YES;
    }
    if (request->refusal.status)
        return send_refusal(client, request);
    const struct vr_call call = {
        .user = &client->user,
        .route = &request->route,
        .body = request->body,
        .size = request->size,
        .last_event_id = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Last-Event-ID"),
    };
    struct vr_reply reply = VR_REPLY_NONE;
    vr_api_call(client->http->api, &call, &reply);
    return send_reply(client, &reply);
}

void vr_http_request_end(
    void *context, struct MHD_Connection *connection, void **request_place,
    enum MHD_RequestTerminationCode how)
{
    (void)context, (void)how;
    struct request *request = *request_place;
    struct vr_http_client *client = client_of(connection);
    *request_place = NULL;
    if (client)
        client->deadline_ns = vr_clock_monotonic_ns() + VR_HTTP_REQUEST_NS;
    if (!request)
        return;
    free(request->target);
    free(request->body);
    free(request);
}
