#include "cli/states.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json_member.h"
#include "cli/owner.h"

static int load_rig_file(struct vr_states *states, struct vr_err *err)
{
    struct vr_json_doc *doc = NULL;
    int r = vr_client_call(states->client, "GET", "/v1", NULL, &doc, err);
    if (r < 0)
        return r;
    const char *path = vr_member_text(vr_json_doc_root(doc), "rig_file");
    states->rig_file = path[0] ? strdup(path) : NULL;
    vr_json_doc_destroy(doc);
    return 0;
}

int vr_states_load(
    struct vr_states *states, const struct vr_client_choice *choice, const char *rig,
    struct vr_err *err)
{
    int r = vr_owner_find(choice, rig, &states->client, err);
    if (r < 0 || !states->client)
        return r;
    r = load_rig_file(states, err);
    return r < 0 ? r
                 : vr_client_list(
                       states->client, "/v1/duts", "duts", &states->doc, &states->duts, err);
}

void vr_states_finish(struct vr_states *states)
{
    vr_json_doc_destroy(states->doc);
    vr_client_close(states->client);
    free(states->rig_file);
}

const struct vr_json *vr_states_of(const struct vr_states *states, const char *dut)
{
    const struct vr_json *node = states->duts ? vr_json_first(states->duts) : NULL;
    while (node && strcmp(vr_member_text(node, "name"), dut) != 0)
        node = vr_json_next(node);
    return node;
}

int vr_states_release(struct vr_states *states, const char *dut, struct vr_err *err)
{
    _cleanup_free_ char *word = vr_client_escape(states->client, dut), *path = NULL;
    if (!word || asprintf(&path, "/v1/duts/%s/release", word) < 0)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a request");
    return vr_client_call(states->client, "POST", path, NULL, NULL, err);
}
