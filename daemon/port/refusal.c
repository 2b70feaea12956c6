/* One remedy for each errno. */
#include "port/refusal.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/holder.h"

static int refuse_busy(const char *name, const char *path, struct vr_err *err)
{
    struct vr_port_holder holder;
    /* This process has the port open too while it is being refused. */
    if (vr_port_holder_find("", path, getpid(), &holder) ||
        vr_port_holder_find("", path, 0, &holder))
        return vr_err_set(
            err, VR_ERR_LINK, "%s: %s is in use by %s (pid %d); end that, then try again", name,
            path, holder.program, (int)holder.pid);
    return vr_err_set(
        err, VR_ERR_LINK, "%s: %s is in use by another user's program; `sudo fuser -v %s` names it",
        name, path, path);
}

static int refuse_permission(const char *name, const char *path, struct vr_err *err)
{
    struct stat node;
    if (stat(path, &node) < 0)
        return vr_err_set(err, VR_ERR_LINK, "%s: %s: permission denied", name, path);
    const struct group *group = getgrgid(node.st_gid);
    const struct passwd *user = getpwuid(geteuid());
    const char *group_name = group ? group->gr_name : "?";
    if (node.st_gid == 0 || (node.st_mode & 0060) != 0060)
        return vr_err_set(
            err, VR_ERR_LINK,
            "%s: %s: permission denied (group %s, mode %04o); install the rules of `vitalrig "
            "doctor "
            "--emit-udev`",
            name, path, group_name, (unsigned)node.st_mode & 07777);
    return vr_err_set(
        err, VR_ERR_LINK,
        "%s: %s: permission denied: it belongs to the group %s; `sudo usermod -aG %s %s`, then log "
        "in "
        "again",
        name, path, group_name, group_name, user ? user->pw_name : "USER");
}

int vr_port_refusal(const char *name, const char *path, int error, struct vr_err *err)
{
    switch (error) {
    case EBUSY:
        return refuse_busy(name, path, err);
    case EACCES:
    case EPERM:
        return refuse_permission(name, path, err);
    case ENOENT:
    case ENODEV:
    case ENXIO:
        return vr_err_set(
            err, VR_ERR_NOT_FOUND, "%s: %s: %s; is it plugged in, and is it switched on?", name,
            path, strerror(error));
    case ENOTTY:
        return vr_err_set(
            err, VR_ERR_LINK, "%s: %s: not a terminal; name a serial port", name, path);
    case EIO:
        return vr_err_set(
            err, VR_ERR_LINK, "%s: %s: the port is there, but no hardware answers behind it", name,
            path);
    default:
        return vr_err_set(err, VR_ERR_LINK, "%s: cannot open %s: %s", name, path, strerror(error));
    }
}
