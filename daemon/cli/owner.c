#include "cli/owner.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/json_member.h"
#include "cli/say.h"

/* Two names of one file; what cannot be looked at is compared by its name. */
static bool is_same_file(const char *a, const char *b)
{
    struct stat x, y;
    if (stat(a, &x) == 0 && stat(b, &y) == 0)
        return x.st_dev == y.st_dev && x.st_ino == y.st_ino;
    _cleanup_free_ char *real = realpath(a, NULL);
    return strcmp(real ? real : a, b) == 0;
}

int vr_owner_find(
    const struct vr_client_choice *choice, const char *rig, struct vr_client **ret_client,
    struct vr_err *err)
{
    struct vr_json_doc *doc = NULL;
    int r = vr_client_open(choice, ret_client, err);
    if (r < 0 || !*ret_client || !rig)
        return r;
    r = vr_client_call(*ret_client, "GET", "/v1", NULL, &doc, err);
    if (r < 0)
        return r;
    const char *its_rig = vr_member_text(vr_json_doc_root(doc), "rig_file");
    if (!is_same_file(rig, its_rig)) {
        if (choice->verbose)
            vr_say(
                "%s is not the bench of the daemon at %s, which has %s", rig,
                vr_client_socket(*ret_client), its_rig);
        vr_client_close(*ret_client);
        *ret_client = NULL;
    }
    vr_json_doc_destroy(doc);
    return 0;
}
