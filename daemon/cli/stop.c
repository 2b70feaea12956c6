#include "cli/stop.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <unistd.h>

static atomic_int stop_signal;
static int stop_fd = -1;

/* What was acknowledged is safe, whenever it quits. */
static void on_stop(int number)
{
    int error = errno;
    if (atomic_exchange(&stop_signal, number))
        _exit(128 + number);
    eventfd_write(stop_fd, 1);
    errno = error;
}

const atomic_int *vr_stop_catch(void)
{
    struct sigaction action = {.sa_handler = on_stop};
    stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return &stop_signal;
}

int vr_stop_fd(void)
{
    return stop_fd;
}

int vr_stop_exit(int exit_code)
{
    int number = atomic_load(&stop_signal);
    return number ? 128 + number : exit_code;
}
