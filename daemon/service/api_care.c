/* The daemon itself: what it is, how it is, and what it keeps. */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "service/api_parts.h"

void vr_api_about(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    (void)call;
    const struct vr_rig *rig = vr_daemon_bench(api->daemon)->rig;
    char started[VR_CLOCK_ISO_SIZE];
    struct vr_json_writer *writer = vr_reply_json(reply);
    if (!writer)
        return;
    vr_json_write_int(writer, "api", 1);
    vr_json_write_string(writer, "version", VR_VERSION);
    vr_json_write_string(writer, "rig", rig->name);
    vr_json_write_string(writer, "rig_file", vr_daemon_rig_file(api->daemon));
    vr_json_write_int(writer, "pid", getpid());
    vr_json_write_string(
        writer, "started", vr_clock_iso(vr_daemon_started_utc_ns(api->daemon), started));
    vr_json_write_string(writer, "state", vr_daemon_state(api->daemon));
    vr_json_write_string(writer, "catalogue", vr_daemon_catalogue_path(api->daemon));
    vr_reply_json_end(reply, 200);
}

static void reply_word(int status, const char *why, struct vr_reply *reply)
{
    struct vr_json_writer *writer = vr_reply_json(reply);
    if (!writer)
        return;
    vr_json_write_bool(writer, "ok", !why[0]);
    if (why[0])
        vr_json_write_string(writer, "why", why);
    vr_reply_json_end(reply, status);
}

void vr_api_health(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    (void)api, (void)call;
    reply_word(200, "", reply);
}

void vr_api_ready(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    (void)call;
    char why[VR_ERR_TEXT_SIZE] = "";
    vr_daemon_readiness(api->daemon, why, sizeof why);
    reply_word(why[0] ? 503 : 200, why, reply);
}

void vr_api_metrics(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    (void)call;
    struct vr_err err = {0};
    FILE *out = open_memstream(&reply->body, &reply->size);
    int r = out ? vr_daemon_metrics(api->daemon, out) : -VR_ERR_NO_MEMORY;
    if (out && fclose(out) != 0)
        r = -VR_ERR_NO_MEMORY;
    if (r < 0) {
        vr_err_set(&err, (enum vr_err_code) - r, "the metrics cannot be told");
        vr_reply_err(reply, &err);
        return;
    }
    reply->status = 200;
    reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
}

void vr_api_backup(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    struct vr_answer answer = {0};
    if (vr_daemon_backup(api->daemon, call->user, &answer) < 0)
        vr_reply_answer(reply, &answer);
    else
        reply_word(202, "", reply);
}

void vr_api_run_take(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    struct vr_answer answer = {0};
    struct vr_json_doc *doc = vr_api_body(call, "run", vr_schema_take, reply);
    if (!doc)
        return;
    const char *run_file = vr_json_string(vr_json_get(vr_json_doc_root(doc), "run_file"));
    if (vr_daemon_take_run(api->daemon, call->user, run_file, &answer) < 0)
        vr_reply_answer(reply, &answer);
    else
        reply_word(202, "", reply);
    vr_json_doc_destroy(doc);
}

void vr_api_baseline_set(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    struct vr_answer answer = {0};
    struct vr_json_doc *doc = vr_api_body(call, "baseline", vr_schema_baseline, reply);
    if (!doc)
        return;
    const struct vr_json *root = vr_json_doc_root(doc), *reason = vr_json_get(root, "reason");
    const struct vr_baseline_row baseline = {
        .name = vr_json_string(vr_json_get(root, "name")),
        .run_uid = vr_json_string(vr_json_get(root, "run")),
        .set_utc_ns = vr_clock_utc_ns(),
        .reason = reason ? vr_json_string(reason) : "",
    };
    if (vr_daemon_set_baseline(api->daemon, call->user, &baseline, &answer) < 0)
        vr_reply_answer(reply, &answer);
    else
        reply_word(202, "", reply);
    vr_json_doc_destroy(doc);
}

void vr_api_baseline_remove(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    struct vr_answer answer = {0};
    if (vr_daemon_remove_baseline(api->daemon, call->user, call->route->name, &answer) < 0)
        vr_reply_answer(reply, &answer);
    else
        reply_word(202, "", reply);
}

void vr_api_snapshot(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    (void)call;
    struct vr_json_writer *writer;
    struct vr_err err = {0};
    const char *path = vr_daemon_snapshot_path(api->daemon);
    if (path && path[0] && access(path, R_OK) == 0) {
        writer = vr_reply_json(reply);
        if (!writer)
            return;
        vr_json_write_string(writer, "path", path);
        vr_reply_json_end(reply, 200);
        return;
    }
    vr_err_set(&err, VR_ERR_NOT_FOUND, "there is no snapshot yet: it follows the first run");
    vr_reply_err(reply, &err);
}
