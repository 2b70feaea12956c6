/* Devices and leases. */
#include <string.h>

#include "service/api_parts.h"
#include "service/compose.h"

/* --- devices --------------------------------------------------------------------------------- */

void vr_api_duts(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    (void)call;
    const struct vr_bench *bench = vr_daemon_bench(api->daemon);
    vr_daemon_look_at_locks(api->daemon);
    struct vr_json_writer *writer = vr_reply_json(reply);
    if (!writer)
        return;
    vr_json_write_array(writer, "duts");
    for (size_t i = 0; i < bench->count; i++) {
        vr_json_write_object(writer, NULL);
        vr_describe_dut(writer, &bench->duts[i]);
        vr_json_write_end(writer);
    }
    vr_json_write_end(writer);
    vr_reply_json_end(reply, 200);
}

static void reply_dut(struct vr_api *api, const char *name, int status, struct vr_reply *reply)
{
    struct vr_err err = {0};
    vr_daemon_look_at_locks(api->daemon);
    const struct vr_bench_dut *dut = vr_bench_find(vr_daemon_bench(api->daemon), name);
    struct vr_json_writer *writer = dut ? vr_reply_json(reply) : NULL;
    if (!dut) {
        vr_err_set(
            &err, VR_ERR_NOT_FOUND, "request: there is no device \"%s\"; /v1/duts lists them",
            name);
        vr_reply_err(reply, &err);
    } else if (writer) {
        vr_describe_dut(writer, dut);
        vr_reply_json_end(reply, status);
    }
}

void vr_api_dut(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    reply_dut(api, call->route->name, 200, reply);
}

void vr_api_dut_release(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    struct vr_answer answer = {0};
    if (vr_daemon_release(api->daemon, call->user, call->route->name, &answer) < 0)
        vr_reply_answer(reply, &answer);
    else
        reply_dut(api, call->route->name, 200, reply);
}

void vr_api_dut_check(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    struct vr_answer answer = {0};
    if (vr_daemon_check(api->daemon, call->user, call->route->name, &answer) < 0)
        vr_reply_answer(reply, &answer);
    else
        reply_dut(api, call->route->name, 202, reply);
}

/* --- leases ---------------------------------------------------------------------------------- */

void vr_api_leases(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    (void)call;
    const struct vr_lease *lease;
    struct vr_json_writer *writer = vr_reply_json(reply);
    if (!writer)
        return;
    vr_json_write_array(writer, "leases");
    for (size_t i = 0; (lease = vr_daemon_lease_at(api->daemon, i)); i++) {
        vr_json_write_object(writer, NULL);
        vr_describe_lease(writer, lease);
        vr_json_write_end(writer);
    }
    vr_json_write_end(writer);
    vr_reply_json_end(reply, 200);
}

static void reply_stream(struct vr_stream *stream, struct vr_reply *reply)
{
    reply->status = 200;
    reply->content_type = "text/event-stream";
    reply->stream = stream;
}

void vr_api_lease_take(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    struct vr_answer answer = {0};
    struct vr_stream *stream = NULL;
    struct vr_json_doc *doc = vr_api_body(call, "lease", vr_schema_lease, reply);
    if (!doc)
        return;
    const struct vr_json *root = vr_json_doc_root(doc);
    const struct vr_json *for_s = vr_json_get(root, "for_s"), *reason = vr_json_get(root, "reason");
    const struct vr_json *wait = vr_json_get(root, "wait"), *pid = vr_json_get(root, "pid");
    const struct vr_lease_wish wish = {
        .dut = vr_json_string(vr_json_get(root, "dut")),
        .reason = reason ? vr_json_string(reason) : "",
        .for_s = for_s ? vr_json_number(for_s) : vr_daemon_config(api->daemon)->lease_max_s,
        .waits = !wait || vr_json_bool(wait),
    };
    /* Whoever holds the connection may do so for another of its user's processes: who looks at the lease wants to know of that one. */
    struct vr_user user = *call->user;
    if (pid)
        user.pid = (pid_t)vr_json_number(pid);
    if (vr_stream_lease(api->board, &user, &wish, &stream, &answer) < 0)
        vr_reply_answer(reply, &answer);
    else
        reply_stream(stream, reply);
    vr_json_doc_destroy(doc);
}

void vr_api_lease_end(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    struct vr_answer answer = {0};
    if (vr_daemon_lease_end(api->daemon, call->user, call->route->number, &answer) < 0)
        vr_reply_answer(reply, &answer);
    else
        reply->status = 204;
}

/* --- events ---------------------------------------------------------------------------------- */

/* `after`, else Last-Event-ID, which browsers send by themselves when they come back. */
static int after_read(const struct vr_call *call, int64_t *ret_after, struct vr_err *err)
{
    int r = vr_route_number(call->route, "after", 0, INT64_MAX, -1, ret_after, err);
    if (r < 0 || *ret_after >= 0 || !call->last_event_id)
        return r;
    if (!vr_route_digits(call->last_event_id, ret_after))
        return vr_err_set(err, VR_ERR_USAGE, "request: Last-Event-ID is not an id of our events");
    return 0;
}

static int wish_read(const struct vr_call *call, struct vr_event_wish *wish, struct vr_err *err)
{
    int64_t binds = 0;
    int r = vr_route_number(call->route, "job", 1, INT64_MAX, 0, &wish->job_id, err);
    if (r == 0)
        r = vr_route_number(call->route, "bind", 0, 1, 0, &binds, err);
    if (r == 0)
        r = after_read(call, &wish->after, err);
    wish->binds = binds;
    if (r == 0 && binds && !wish->job_id)
        return vr_err_set(err, VR_ERR_USAGE, "request: bind=1 needs job=ID");
    return r;
}

void vr_api_events(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    struct vr_answer answer = {0};
    struct vr_event_wish wish = {0};
    struct vr_stream *stream = NULL;
    if (wish_read(call, &wish, &answer.err) < 0)
        vr_reply_err(reply, &answer.err);
    else if (vr_stream_events(api->board, call->user, &wish, &stream, &answer) < 0)
        vr_reply_answer(reply, &answer);
    else if (stream)
        reply_stream(stream, reply);
    else
        reply->status = 204; /* a browser does not come again */
}
