/* Not pthread_cancel: it loads a library by name the first time, and aborts the process where that is missing. */
#include "port/closer.h"

#include <pthread.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

static void do_nothing(int number)
{
    (void)number;
}

/* No SA_RESTART: the signal is there to interrupt. */
static void handle_signal(void)
{
    const struct sigaction action = {.sa_handler = do_nothing};
    sigaction(VR_CLOSER_SIGNAL, &action, NULL);
}

static void *close_port(void *context)
{
    close((int)(intptr_t)context);
    return NULL;
}

/* A thread that hears this signal alone: those of the process are for others. */
static bool start(int fd, pthread_t *ret_thread)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    sigset_t others, before;
    pthread_once(&once, handle_signal);
    sigfillset(&others);
    sigdelset(&others, VR_CLOSER_SIGNAL);
    pthread_sigmask(SIG_SETMASK, &others, &before);
    int error = pthread_create(ret_thread, NULL, close_port, (void *)(intptr_t)fd);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error == 0;
}

static bool is_joined(pthread_t thread, int64_t deadline_ns)
{
    const struct timespec deadline = {
        .tv_sec = deadline_ns / VR_NS_PER_S, .tv_nsec = deadline_ns % VR_NS_PER_S};
    return pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &deadline) == 0;
}

bool vr_closer_close(int fd, int64_t deadline_ns)
{
    pthread_t thread;
    if (!start(fd, &thread)) {
        close(fd); /* late at worst */
        return true;
    }
    for (;;) {
        int64_t now_ns = vr_clock_monotonic_ns();
        int64_t until_ns = now_ns + VR_CLOSER_PATIENCE_MS * VR_NS_PER_MS;
        if (is_joined(thread, until_ns < deadline_ns ? until_ns : deadline_ns))
            return true;
        if (now_ns >= deadline_ns)
            break;
        pthread_kill(
            thread, VR_CLOSER_SIGNAL); /* ends the wait; the kernel then closes to the end */
    }
    pthread_detach(thread);
    return false;
}
