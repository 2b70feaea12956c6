/* posix_openpt, and raw mode before anybody writes. */
#include "port/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "port/tty.h"

/* A pty starts as a terminal that echoes and rewrites line ends. */
static int make_raw(int fd, const char *what, struct vr_err *err)
{
    int r = vr_tty_set_raw(fd, false);
    return r < 0 ? vr_err_set(err, VR_ERR_LINK, "%s: raw mode: %s", what, strerror(-r)) : 0;
}

int vr_pty_open(const char *name, int *ret_host_fd, int *ret_device_fd, struct vr_err *err)
{
    _cleanup_close_ int host = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    char path[64];
    if (host < 0 || grantpt(host) < 0 || unlockpt(host) < 0 ||
        ptsname_r(host, path, sizeof path) != 0)
        return vr_err_set(err, VR_ERR_LINK, "%s: cannot create a pty: %s", name, strerror(errno));

    _cleanup_close_ int device = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (device < 0)
        return vr_err_set(err, VR_ERR_LINK, "%s: %s: %s", name, path, strerror(errno));
    int r = make_raw(device, path, err);
    if (r < 0)
        return r;

    *ret_device_fd = device;
    device = -1;
    *ret_host_fd = host;
    host = -1;
    return 0;
}
