#include "cli/site.h"

#include "base/cleanup.h"
#include "cli/say.h"

void vr_site_say_made(const char *path)
{
    vr_say(
        "%s: made, the key of this site: subjects are known by pseudonyms that only it leads to; "
        "keep it secret, and keep a copy",
        path);
}

int vr_site_pseudonym(
    struct vr_site *site, const char *id, char ret_pseudonym[VR_PSEUDONYM_SIZE], struct vr_err *err)
{
    _cleanup_free_ char *made = NULL;
    if (!site->has_key && !vr_pseudonym_is(id)) {
        int r = vr_site_key_load(&site->key, &made, err);
        if (r < 0)
            return r;
        site->has_key = true;
        if (made)
            vr_site_say_made(made);
    }
    vr_pseudonym(&site->key, id, ret_pseudonym);
    return 0;
}
