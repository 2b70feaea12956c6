/* The thread and the caller share one small block; whoever leaves last frees it. */
#include "port/closer.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"

struct closing {
    int fd;
    int done; /* eventfd */
    atomic_int owners;
};

static void leave(struct closing *closing)
{
    if (atomic_fetch_sub(&closing->owners, 1) > 1)
        return;
    close(closing->done);
    free(closing);
}

static void *close_port(void *context)
{
    struct closing *closing = context;
    close(closing->fd);
    eventfd_write(closing->done, 1);
    leave(closing);
    return NULL;
}

static bool wait_until(int fd, int64_t deadline_ns)
{
    struct pollfd done = {.fd = fd, .events = POLLIN};
    for (;;) {
        int64_t left_ns = deadline_ns - vr_clock_monotonic_ns();
        int r = poll(&done, 1, left_ns > 0 ? (int)((left_ns - 1) / VR_NS_PER_MS) + 1 : 0);
        if (r > 0 || left_ns <= 0)
            return r > 0;
    }
}

static bool start(struct closing *closing)
{
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int error = pthread_create(&thread, &attributes, close_port, closing);
    pthread_attr_destroy(&attributes);
    return error == 0;
}

bool vr_closer_close(int fd, int64_t deadline_ns)
{
    struct closing *closing = malloc(sizeof *closing);
    int done = closing ? eventfd(0, EFD_CLOEXEC) : -1;
    if (done < 0) {
        free(closing);
        close(fd); /* late at worst */
        return true;
    }
    closing->fd = fd;
    closing->done = done;
    atomic_init(&closing->owners, 2);
    if (!start(closing)) {
        atomic_store(&closing->owners, 1);
        close_port(closing);
        return true;
    }
    bool is_closed = wait_until(done, deadline_ns);
    leave(closing);
    return is_closed;
}
