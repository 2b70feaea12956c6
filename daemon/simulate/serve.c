/* ppoll until something can be read, written, or is due. */
#include "simulate/serve.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

enum { BUFFER_SIZE = 16 * 1024, COMMANDS_SIZE = 512 };

struct server {
    const struct vr_serve *serve;
    uint8_t buffer[BUFFER_SIZE]; /* what the line has not taken yet: from head to tail */
    size_t head, tail;
};

/* A pty whose other side has closed says EIO, a socket EPIPE or ECONNRESET. */
static bool is_hang_up(int error)
{
    return error == EIO || error == EPIPE || error == ECONNRESET;
}

static int fail(const char *what, int error, struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_LINK, "the meter's line: %s: %s", what, strerror(error));
}

/* Returns 0, or 1 when the other side has hung up. */
static int take_commands(struct server *server, struct vr_err *err)
{
    const struct vr_serve *serve = server->serve;
    uint8_t commands[COMMANDS_SIZE];
    const ssize_t size = read(serve->line_fd, commands, sizeof commands);
    if (size == 0)
        return 1;
    if (size < 0) {
        if (errno == EAGAIN || errno == EINTR)
            return 0;
        return is_hang_up(errno) ? 1 : fail("read", errno, err);
    }
    serve->driver->receive(
        vr_sim_state(serve->meter), vr_clock_monotonic_ns(), commands, (size_t)size);
    return 0;
}

static int send_samples(struct server *server, struct vr_err *err)
{
    const struct vr_serve *serve = server->serve;
    for (;;) {
        if (server->head == server->tail) {
            server->head = 0;
            server->tail = serve->driver->transmit(
                vr_sim_state(serve->meter), vr_clock_monotonic_ns() - serve->lag_ns, server->buffer,
                sizeof server->buffer);
            if (server->tail == 0)
                return 0;
        }
        const ssize_t sent =
            write(serve->line_fd, server->buffer + server->head, server->tail - server->head);
        if (sent < 0) {
            if (errno == EAGAIN || errno == EINTR)
                return 0;
            return is_hang_up(errno) ? 1 : fail("write", errno, err);
        }
        server->head += (size_t)sent;
    }
}

/* Until the meter has something to say; for ever when only the others can wake it. */
static void wait_for_event(struct server *server, struct pollfd fds[3])
{
    const struct vr_serve *serve = server->serve;
    const bool is_full = server->head < server->tail;
    const int64_t next_ns = serve->driver->next_ns(vr_sim_state(serve->meter));
    const bool has_deadline = !is_full && next_ns != VR_NEVER_NS;
    struct timespec timeout = {0};
    if (has_deadline) {
        const int64_t wait_ns = next_ns + serve->lag_ns - vr_clock_monotonic_ns();
        if (wait_ns > 0)
            timeout = (struct timespec){wait_ns / VR_NS_PER_S, wait_ns % VR_NS_PER_S};
    }
    fds[0] = (struct pollfd){serve->line_fd, (short)(is_full ? POLLIN | POLLOUT : POLLIN), 0};
    fds[1] = (struct pollfd){serve->activity->fd, POLLIN, 0};
    fds[2] = (struct pollfd){serve->stop_fd, POLLIN, 0};
    if (ppoll(fds, 3, has_deadline ? &timeout : NULL, NULL) < 0)
        fds[0].revents = fds[1].revents = fds[2].revents = 0;
}

int vr_serve(const struct vr_serve *serve, enum vr_serve_end *ret_end, struct vr_err *err)
{
    struct server server = {.serve = serve};
    struct pollfd fds[3];
    for (;;) {
        wait_for_event(&server, fds);
        if (fds[2].revents) {
            *ret_end = VR_SERVE_STOPPED;
            return 0;
        }
        if (serve->activity->fd >= 0)
            vr_activity_take(serve->activity);
        int r = fds[0].revents & POLLIN ? take_commands(&server, err) : 0;
        if (r == 0 && fds[0].revents & (POLLHUP | POLLERR) && !(fds[0].revents & POLLIN))
            r = 1;
        if (r == 0)
            r = send_samples(&server, err);
        if (r < 0)
            return r;
        *ret_end = r ? VR_SERVE_HANG_UP : VR_SERVE_UNPLUGGED;
        if (r ||
            (server.head == server.tail && serve->driver->is_unplugged(vr_sim_state(serve->meter))))
            return 0;
    }
}
