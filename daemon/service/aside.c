/* A damaged file gets another name: nothing of it is thrown away. */
#include "service/aside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "service/say.h"

int vr_move_aside(const char *path, const struct vr_err *why, struct vr_err *err)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    int64_t now_s = vr_clock_utc_ns() / VR_NS_PER_S;
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        _cleanup_free_ char *from = NULL, *to = NULL;
        if (asprintf(&from, "%s%s", path, suffixes[i]) < 0 ||
            asprintf(&to, "%s.corrupt-%lld%s", path, (long long)now_s, suffixes[i]) < 0)
            return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a path");
        if (rename(from, to) < 0 && errno != ENOENT)
            return vr_err_set(
                err, VR_ERR_IO, "%s: it is corrupt (%s), and cannot be moved aside: %s", path,
                why->text, strerror(errno));
    }
    vr_say(
        SD_ERR, "%s is corrupt and was moved aside to %s.corrupt-%lld; a new one begins: %s", path,
        path, (long long)now_s, why->text);
    return 0;
}
