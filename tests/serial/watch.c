/* The real functions are the next ones of their names. */
#include "serial/watch.h"

#include <dlfcn.h>
#include <poll.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static _Thread_local bool watching;
static _Thread_local struct watch_counts counts;
static atomic_int held_fd = -1, hung_fd = -1;
static sem_t hung;

void watch_begin(void)
{
    counts = (struct watch_counts){0};
    watching = true;
}

struct watch_counts watch_end(void)
{
    watching = false;
    return counts;
}

void watch_hold_close(int fd)
{
    atomic_store(&held_fd, fd);
}

void watch_hang_close(int fd)
{
    sem_init(&hung, 0, 0);
    atomic_store(&hung_fd, fd);
}

void watch_let_go(void)
{
    sem_post(&hung);
}

static bool takes(atomic_int *of, int fd)
{
    return fd >= 0 && atomic_compare_exchange_strong(of, &(int){fd}, -1);
}

int close(int fd)
{
    static int (*real)(int);
    if (takes(&held_fd, fd))
        poll(NULL, 0, 30000);
    if (takes(&hung_fd, fd))
        while (sem_wait(&hung) < 0)
            ;
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "close");
    return real(fd);
}

int select(int count, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout)
{
    counts.selects += watching;
    return (int)syscall(SYS_select, count, in, out, except, timeout);
}

int tcdrain(int fd)
{
    static int (*real)(int);
    counts.drains += watching;
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "tcdrain");
    return real(fd);
}

int gettimeofday(struct timeval *now, void *zone)
{
    counts.wall_clocks += watching;
    return (int)syscall(SYS_gettimeofday, now, zone);
}

int clock_gettime(clockid_t id, struct timespec *now)
{
    counts.wall_clocks += watching && id == CLOCK_REALTIME;
    return (int)syscall(SYS_clock_gettime, id, now);
}
