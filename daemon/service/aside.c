/* A damaged file gets another name: nothing of it is thrown away. */
#include "service/aside.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "service/say.h"
#include "store/care.h"

int vr_move_aside_damaged(const char *path, struct vr_err *err)
{
    bool is_damaged = false;
    struct vr_err damage = {0};
    _cleanup_free_ char *aside = NULL;
    int r = vr_store_is_damaged(path, &is_damaged, &damage, err);
    if (r < 0 || !is_damaged)
        return r;
    r = vr_store_move_aside(path, &aside, err);
    if (r == 0)
        vr_say_of(
            VR_LOG_STORE, LOG_ERR, NULL,
            "%s is damaged and was moved aside to %s; a new one begins: %s", path, aside,
            damage.text);
    return r < 0 ? r : 1;
}
