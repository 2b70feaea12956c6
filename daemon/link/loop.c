/* Link to a device inside this process: the real device code in a thread of its own, over a socket pair.
 *
 * The do-nothing link: no process, no tty, the whole line on any machine. */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link/link.h"
#include "port/byte_fd.h"
#include "targets/host/host_dut.h"

struct loop {
    char name[64];
    int fd;        /* ours */
    int device_fd; /* the thread's */
    pthread_t thread;
};

static void *serve(void *context)
{
    const struct loop *loop = context;
    struct host_dut_options options;
    host_dut_options_init(&options);
    host_dut_serve(loop->device_fd, -1, &options);
    return NULL;
}

static int loop_open(void *state, const struct vr_link_config *config, struct vr_err *err)
{
    struct loop *loop = state;
    int pair[2];
    snprintf(loop->name, sizeof loop->name, "%s", config->name);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
        return vr_err_set(
            err, VR_ERR_LINK, "%s: cannot create a socket pair: %s", loop->name, strerror(errno));
    loop->fd = pair[0];
    loop->device_fd = pair[1];

    int error = pthread_create(&loop->thread, NULL, serve, loop);
    if (error) {
        close(pair[0]);
        close(pair[1]);
        return vr_err_set(
            err, VR_ERR_LINK, "%s: cannot start the device's thread: %s", loop->name,
            strerror(error));
    }
    return 0;
}

static int loop_send(
    void *state, const uint8_t *data, size_t size, size_t *ret_sent, struct vr_err *err)
{
    const struct loop *loop = state;
    return vr_byte_fd_send(loop->fd, loop->name, data, size, ret_sent, err);
}

static int loop_receive(
    void *state, uint8_t *buffer, size_t capacity, size_t *ret_size, struct vr_err *err)
{
    const struct loop *loop = state;
    return vr_byte_fd_receive(loop->fd, loop->name, buffer, capacity, ret_size, err);
}

static size_t loop_poll_fds(void *state, bool want_send, struct pollfd *fds, size_t capacity)
{
    const struct loop *loop = state;
    assert(capacity >= 1);
    return vr_byte_fd_poll(loop->fd, want_send, fds);
}

static void loop_close(void *state)
{
    struct loop *loop = state;
    shutdown(loop->fd, SHUT_RDWR); /* the device sees the hang-up and its thread returns */
    pthread_join(loop->thread, NULL);
    close(loop->fd);
    close(loop->device_fd);
}

const struct vr_link_driver vr_link_loop = {
    .name = "loop",
    .summary = "the simulated device inside this process",
    .state_size = sizeof(struct loop),
    .open = loop_open,
    .send = loop_send,
    .receive = loop_receive,
    .poll_fds = loop_poll_fds,
    .close = loop_close,
};
