/* Making the sockets that clients come to. */
#include "service/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/cleanup.h"

#define BACKLOG 128

/* --- systemd's ------------------------------------------------------------------------------- */

static void namesp(char ***names)
{
    for (char **name = *names; name && *name; name++)
        free(*name);
    free(*names);
}

/* 1 = there is one, 0 = none was passed. */
static int take_passed(struct vr_listen *listen, struct vr_err *err)
{
    _cleanup_(namesp) char **names = NULL;
    int count = sd_listen_fds_with_names(1, &names);
    for (int i = 0; i < count; i++) {
        int fd = SD_LISTEN_FDS_START + i;
        if (strcmp(names[i], "control") != 0 || listen->count > 0) {
            close(fd);
            continue;
        }
        if (sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) <= 0)
            return vr_err_set(
                err, VR_ERR_INPUT,
                "the socket \"control\" that systemd passes is no listening Unix stream socket");
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
        listen->fds[listen->count++] = fd;
    }
    return listen->count > 0;
}

/* --- ours ------------------------------------------------------------------------------------ */

static int lock_path(struct vr_listen *listen, const char *path, struct vr_err *err)
{
    _cleanup_free_ char *name = NULL;
    if (asprintf(&name, "%s.lock", path) < 0) {
        name = NULL;
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a socket's name");
    }
    listen->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (listen->lock_fd < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: cannot be made: %s", name, strerror(errno));
    if (flock(listen->lock_fd, LOCK_EX | LOCK_NB) < 0)
        return vr_err_set(
            err, VR_ERR_DEVICE,
            "%s: another daemon serves it; give this one a \"socket\" of its own", path);
    return 0;
}

/* Whoever held the lock before is gone; but a socket may have been made by something that takes no lock. */
static int remove_stale(const char *path, const struct sockaddr_un *address, struct vr_err *err)
{
    struct stat info;
    if (lstat(path, &info) < 0)
        return 0;
    if (!S_ISSOCK(info.st_mode))
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: there is something that is no socket: it stays as it is", path);
    _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", path, strerror(errno));
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ||
        errno != ECONNREFUSED)
        return vr_err_set(
            err, VR_ERR_DEVICE,
            "%s: somebody serves it already; give this daemon a \"socket\" of its own", path);
    if (unlink(path) < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: a stale socket stays: %s", path, strerror(errno));
    return 0;
}

static int bind_path(
    struct vr_listen *listen, const char *path, const struct sockaddr_un *address,
    struct vr_err *err)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", path, strerror(errno));
    listen->fds[listen->count++] = fd;
    mode_t before = umask(0117); /* it is never open to more, not for a moment */
    int r = bind(fd, (const struct sockaddr *)address, sizeof *address);
    int error = errno;
    umask(before);
    if (r < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: cannot be made: %s", path, strerror(error));
    listen->path = strdup(path);
    if (!listen->path)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a socket's name");
    if (chmod(path, 0660) < 0 || (listen)->count == 0)
        return vr_err_set(err, VR_ERR_IO, "%s: its mode: %s", path, strerror(errno));
    return 0;
}

static int open_path(struct vr_listen *listen, const char *path, struct vr_err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof address.sun_path)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: the name of a socket has 1 to %zu bytes", path,
            sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, size + 1);
    int r = lock_path(listen, path, err);
    if (r == 0)
        r = remove_stale(path, &address, err);
    return r < 0 ? r : bind_path(listen, path, &address, err);
}

/* --- TCP ------------------------------------------------------------------------------------- */

static int open_port(
    struct vr_listen *listen, const struct sockaddr *address, socklen_t size, int port,
    struct vr_err *err)
{
    static const int on = 1;
    const char *host = address->sa_family == AF_INET ? "127.0.0.1" : "[::1]";
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 && errno == EAFNOSUPPORT)
        return 0;
    if (fd < 0)
        return vr_err_set(err, VR_ERR_IO, "%s:%d: %s", host, port, strerror(errno));
    listen->fds[listen->count++] = fd;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address->sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, address, size) == 0)
        return 0;
    if (errno == EADDRNOTAVAIL && address->sa_family == AF_INET6) {
        close(listen->fds[--listen->count]);
        return 0;
    }
    return vr_err_set(
        err, VR_ERR_IO, "%s:%d: cannot be listened on: %s", host, port, strerror(errno));
}

static int open_ports(struct vr_listen *listen, int port, struct vr_err *err)
{
    const struct sockaddr_in four = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct sockaddr_in6 six = {
        .sin6_family = AF_INET6,
        .sin6_port = htons((uint16_t)port),
        .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int r = open_port(listen, (const struct sockaddr *)&four, sizeof four, port, err);
    return r < 0 ? r : open_port(listen, (const struct sockaddr *)&six, sizeof six, port, err);
}

/* --- all of them ----------------------------------------------------------------------------- */

static int open_all(const struct vr_config *config, struct vr_listen *sockets, struct vr_err *err)
{
    int r = take_passed(sockets, err);
    if (r == 0)
        r = open_path(sockets, config->socket, err);
    if (r >= 0 && config->tcp_port)
        r = open_ports(sockets, config->tcp_port, err);
    for (size_t i = 0; r >= 0 && i < sockets->count; i++)
        if (listen(sockets->fds[i], BACKLOG) < 0)
            r = vr_err_set(err, VR_ERR_IO, "sockets: cannot listen: %s", strerror(errno));
    return r < 0 ? r : 0;
}

int vr_listen_open(const struct vr_config *config, struct vr_listen *ret_listen, struct vr_err *err)
{
    *ret_listen = (struct vr_listen){.lock_fd = -1};
    int r = open_all(config, ret_listen, err);
    if (r < 0)
        vr_listen_close(ret_listen);
    return r;
}

/* While the lock is held nobody else who knows of it makes the file; one that was made in its place by hand is not ours to remove. */
static bool is_ours(const struct vr_listen *listen)
{
    struct sockaddr_un address = {0};
    struct stat info;
    return lstat(listen->path, &info) == 0 && S_ISSOCK(info.st_mode) && listen->count > 0 &&
           getsockname(listen->fds[0], (struct sockaddr *)&address, &(socklen_t){sizeof address}) ==
               0 &&
           strcmp(address.sun_path, listen->path) == 0;
}

void vr_listen_close(struct vr_listen *listen)
{
    if (listen->path && is_ours(listen))
        unlink(listen->path);
    for (size_t i = 0; i < listen->count; i++)
        close(listen->fds[i]);
    if (listen->lock_fd >= 0)
        close(listen->lock_fd);
    free(listen->path);
    *listen = (struct vr_listen){.lock_fd = -1};
}
