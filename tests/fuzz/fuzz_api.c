/* service/api: any request that has a route is answered as docs/reference-api.md says, whatever its body is.
 *
 * The input: a byte (role, and whether the disk is full), the request line without its version, a line for Last-Event-ID ("" = none), and the body. */
#include <string.h>

#include "fake_daemon.h"
#include "fuzz.h"
#include "service/api.h"
#include "service/stream.h"

static struct vr_daemon *daemon_;
static sd_event *loop;
static struct vr_api *api;

static void finish(void)
{
    vr_api_destroy(api);
    sd_event_unref(loop);
    fake_daemon_destroy(daemon_);
}

static void begin(void)
{
    struct vr_err err = {0};
    daemon_ = fake_daemon_create();
    FUZZ_ASSERT(sd_event_new(&loop) >= 0);
    FUZZ_ASSERT(vr_api_create(daemon_, loop, &api, &err) == 0);
    fake_daemon_tell(daemon_, 0, "dut", 3);
    fake_daemon_tell(daemon_, 1, "job_started", 40);
    fake_daemon_tell(daemon_, 2, "job_ended", 1);
    atexit(finish);
}

static void check_json(const struct vr_reply *reply)
{
    struct vr_json_doc *doc = NULL;
    struct vr_err err = {0};
    FUZZ_ASSERT(vr_json_doc_create(reply->body, reply->size, "reply", &doc, &err) == 0);
    const struct vr_json *root = vr_json_doc_root(doc);
    FUZZ_ASSERT(vr_json_kind(root) == VR_JSON_OBJECT);
    const struct vr_json *error = vr_json_get(root, "error");
    bool is_readiness = vr_json_get(root, "ok") != NULL;
    FUZZ_ASSERT(
        (reply->status >= 400) == (error != NULL || (is_readiness && reply->status == 503)));
    if (error)
        FUZZ_ASSERT(vr_json_get(error, "code") && vr_json_string(vr_json_get(error, "text"))[0]);
    vr_json_doc_destroy(doc);
}

static void check_stream(struct vr_stream *stream)
{
    char buffer[64];
    ssize_t got;
    int turns = 0;
    while ((got = vr_stream_read(stream, buffer, sizeof buffer)) > 0 && turns++ < 2000)
        FUZZ_ASSERT(got <= (ssize_t)sizeof buffer);
    sd_event_run(loop, 0);
}

static void check_reply(const struct vr_reply *reply)
{
    static const int statuses[] = {200, 201, 202, 204, 400, 403, 404, 409, 503};
    bool is_known = false;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        is_known |= statuses[i] == reply->status;
    FUZZ_ASSERT(is_known);
    FUZZ_ASSERT((reply->status == 204) == !reply->content_type);
    if (reply->stream)
        check_stream(reply->stream);
    else if (reply->content_type && strcmp(reply->content_type, "application/json") == 0)
        check_json(reply);
}

static void call(
    uint8_t flags, char *line, const char *last_event_id, const uint8_t *body, size_t size)
{
    struct vr_route route;
    struct vr_route_refusal refusal;
    char *target = strchr(line, ' ');
    if (!target)
        return;
    *target++ = '\0';
    if (vr_route_find(line, target, &route, &refusal) < 0)
        return;
    if (!vr_api_takes_body(route.operation))
        size = 0;
    else if (size == 0)
        return; /* service/admit.h sees to it */
    const struct vr_user user = {
        .uid = 5001, .name = "alice", .pid = 1, .role = (enum vr_role)(flags & 3)};
    const struct vr_call request = {
        .user = &user,
        .route = &route,
        .body = (const char *)body,
        .size = size,
        .last_event_id = last_event_id[0] ? last_event_id : NULL};
    struct vr_reply reply = VR_REPLY_NONE;
    daemon_->is_broken = flags & 4;
    vr_api_call(api, &request, &reply);
    check_reply(&reply);
    vr_reply_finish(&reply);
    FUZZ_ASSERT(daemon_->binds == 0 && !vr_daemon_lease_at(daemon_, 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!daemon_)
        begin();
    const uint8_t *line = data + 1, *id, *body, *end = data + size;
    if (size < 2 || !(id = memchr(line, '\n', size - 1)))
        return 0;
    id++;
    if (!(body = memchr(id, '\n', (size_t)(end - id))))
        return 0;
    char *request = strndup((const char *)line, (size_t)(id - 1 - line));
    char *last_event_id = strndup((const char *)id, (size_t)(body - id));
    /* A block of its own, so that one byte too far is seen. */
    size_t body_size = (size_t)(end - body - 1);
    uint8_t *copy = malloc(body_size ? body_size : 1);
    if (request && last_event_id && copy) {
        memcpy(copy, body + 1, body_size);
        call(data[0], request, last_event_id, copy, body_size);
    }
    free(request);
    free(last_event_id);
    free(copy);
    return 0;
}
