/* Results: which of these keys has nobody made yet, and what became of the others? */
#include "service/api_parts.h"

/* The keys in this state, as an array. */
static int list(
    struct vr_api *api, const struct vr_json *keys, enum vr_key_state wanted, const char *name,
    struct vr_json_writer *writer, struct vr_answer *answer)
{
    vr_json_write_array(writer, name);
    for (const struct vr_json *key = vr_json_first(keys); key; key = vr_json_next(key)) {
        enum vr_key_state state;
        int r = vr_daemon_key_state(api->daemon, vr_json_string(key), &state, answer);
        if (r < 0)
            return r;
        if (state == wanted)
            vr_json_write_string(writer, NULL, vr_json_string(key));
    }
    vr_json_write_end(writer);
    return 0;
}

void vr_api_results_missing(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    struct vr_answer answer = {0};
    struct vr_json_doc *doc = vr_api_body(call, "keys", vr_schema_missing, reply);
    if (!doc)
        return;
    const struct vr_json *keys = vr_json_get(vr_json_doc_root(doc), "keys");
    struct vr_json_writer *writer = vr_reply_json(reply);
    int r = writer ? list(api, keys, VR_KEY_MISSING, "missing", writer, &answer) : 0;
    if (writer && r == 0)
        r = list(api, keys, VR_KEY_PENDING, "pending", writer, &answer);
    if (r < 0)
        vr_reply_answer(reply, &answer);
    else if (writer)
        vr_reply_json_end(reply, 200);
    vr_json_doc_destroy(doc);
}

static int find(
    struct vr_api *api, const struct vr_json *keys, struct vr_json_writer *writer,
    struct vr_answer *answer)
{
    vr_json_write_array(writer, "results");
    for (const struct vr_json *key = vr_json_first(keys); key; key = vr_json_next(key)) {
        struct vr_result_row result;
        int r = vr_daemon_result(api->daemon, vr_json_string(key), &result, answer);
        if (r < 0)
            return r;
        if (!result.run[0])
            continue;
        vr_json_write_object(writer, NULL);
        vr_json_write_string(writer, "key", vr_json_string(key));
        vr_json_write_string(writer, "run", result.run);
        vr_json_write_string(writer, "verdict", result.verdict);
        if (result.exit_code < 0)
            vr_json_write_null(writer, "exit_code");
        else
            vr_json_write_int(writer, "exit_code", result.exit_code);
        vr_json_write_int(writer, "digests", result.digests);
        vr_json_write_end(writer);
    }
    vr_json_write_end(writer);
    return 0;
}

void vr_api_results_find(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    struct vr_answer answer = {0};
    struct vr_json_doc *doc = vr_api_body(call, "keys", vr_schema_missing, reply);
    if (!doc)
        return;
    struct vr_json_writer *writer = vr_reply_json(reply);
    int r = writer ? find(api, vr_json_get(vr_json_doc_root(doc), "keys"), writer, &answer) : 0;
    if (r < 0)
        vr_reply_answer(reply, &answer);
    else if (writer)
        vr_reply_json_end(reply, 200);
    vr_json_doc_destroy(doc);
}
