/* The socket is tried before anything of HTTP is set up: most of the time there is no daemon. */
#include "cli/connect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/say.h"

#define CONNECT_TIMEOUT_S 2
#define SYSTEM_SOCKET "/run/vitalrig/vitalrig.sock"

/* Whether somebody takes a connection: 0, or an errno. */
static int try_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval limit = {.tv_sec = CONNECT_TIMEOUT_S};
    if (strlen(path) >= sizeof address.sun_path)
        return ENAMETOOLONG;
    strcpy(address.sun_path, path);

    _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    /* unix(7): connect waits for room in the queue of a listener, and no longer than a send may. */
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0)
        return errno == EAGAIN ? ETIMEDOUT : errno;
    return 0;
}

static int refuse(const char *path, int error, const char *named_by, struct vr_err *err)
{
    if (error == EACCES || error == EPERM)
        return vr_err_set(
            err, VR_ERR_LINK,
            "%s: there is a daemon that this user may not speak to: %s; ask for its group, or "
            "go without it: --no-daemon",
            path, strerror(error));
    if (error == ETIMEDOUT)
        return vr_err_set(
            err, VR_ERR_LINK,
            "%s: the daemon has not taken the connection for %d s; is it stopped? To go without "
            "it: --no-daemon",
            path, CONNECT_TIMEOUT_S);
    return vr_err_set(
        err, VR_ERR_LINK,
        "%s: no daemon answers (%s)%s%s; start vitalrigd, or go without it: "
        "--no-daemon",
        path, strerror(error), named_by ? ", and it is named by " : "", named_by ? named_by : "");
}

static int keep(const char *path, char **ret_path, struct vr_err *err)
{
    *ret_path = strdup(path);
    return *ret_path ? 0 : vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a path");
}

static int try_named(const char *path, const char *named_by, char **ret_path, struct vr_err *err)
{
    int error = try_socket(path);
    return error ? refuse(path, error, named_by, err) : keep(path, ret_path, err);
}

/* 0 with *ret_path NULL = nobody is there. */
static int try_usual(const char *path, bool verbose, char **ret_path, struct vr_err *err)
{
    int error = try_socket(path);
    if (error == ENOENT || error == ENOTDIR || error == ENAMETOOLONG)
        return 0;
    if (error == ECONNREFUSED) {
        if (verbose)
            vr_say("%s: a socket that nobody listens on", path);
        return 0;
    }
    return error ? refuse(path, error, NULL, err) : keep(path, ret_path, err);
}

int vr_connect_choose(const struct vr_client_choice *choice, char **ret_path, struct vr_err *err)
{
    const char *variable = getenv("VITALRIG_SOCKET"), *runtime = getenv("XDG_RUNTIME_DIR");
    _cleanup_free_ char *own = NULL;
    *ret_path = NULL;
    if (choice->none)
        return 0;
    if (choice->socket)
        return try_named(choice->socket, "--socket", ret_path, err);
    if (variable && variable[0])
        return try_named(variable, "VITALRIG_SOCKET", ret_path, err);

    int r = 0;
    if (runtime && runtime[0] == '/') {
        if (asprintf(&own, "%s/vitalrig.sock", runtime) < 0)
            return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a path");
        r = try_usual(own, choice->verbose, ret_path, err);
    }
    if (r == 0 && !*ret_path)
        r = try_usual(SYSTEM_SOCKET, choice->verbose, ret_path, err);
    if (r == 0 && !*ret_path && choice->verbose)
        vr_say("there is no daemon here");
    return r;
}
