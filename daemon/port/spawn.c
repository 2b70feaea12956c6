#include "port/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

#define DEVICE_FD 3
#define FIRST_FREE_FD 4

/* dup2 onto itself would leave a descriptor close-on-exec. */
static bool put(int fd, int number)
{
    if (fd != number)
        return dup2(fd, number) >= 0;
    return fcntl(fd, F_SETFD, 0) >= 0;
}

static bool put_descriptors(const struct vr_spawn *spawn)
{
    if (spawn->output >= 0) {
        int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (nothing < 0 || !put(nothing, STDIN_FILENO) || !put(spawn->output, STDOUT_FILENO) ||
            !put(spawn->output, STDERR_FILENO))
            return false;
    }
    return spawn->device < 0 || put(spawn->device, DEVICE_FD);
}

/* Between fork and exec in a program with threads: nothing but system calls. */
static void __attribute__((noreturn))
run_child(const struct vr_spawn *spawn, const sigset_t *mask, int told, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; spawn->has_own_signals && number < NSIG; number++)
        signal(number, SIG_DFL);
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* who lives ends it in good order */
    if (getppid() == parent && put_descriptors(spawn)) {
        /* POSIX forgot a const: the strings are not changed. */
        union {
            const char *const *given;
            char *const *wanted;
        } words = {.given = spawn->argv};
        sigprocmask(SIG_SETMASK, spawn->has_own_signals ? &none : mask, NULL);
        execvp(spawn->argv[0], words.wanted);
    }
    int error = errno;
    (void)!write(told, &error, sizeof error);
    _exit(127);
}

/* What keeps the program from starting comes over a pipe that closes when it has. */
static int hear(int told, pid_t child)
{
    int error = 0;
    ssize_t got;
    do
        got = read(told, &error, sizeof error);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return 0;
    waitpid(child, NULL, 0);
    return error;
}

int vr_spawn(const struct vr_spawn *spawn, pid_t *ret_pid)
{
    int ends[2];
    sigset_t all, mask;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return errno;
    _cleanup_close_ int heard = ends[0];
    /* Out of the way of the numbers that the child gets. */
    _cleanup_close_ int told = fcntl(ends[1], F_DUPFD_CLOEXEC, FIRST_FREE_FD);
    close(ends[1]);
    if (told < 0)
        return errno;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &mask); /* no handler of ours runs in the child */
    pid_t parent = getpid(), child = fork();
    int error = errno;
    if (child == 0)
        run_child(spawn, &mask, told, parent);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    if (child < 0)
        return error;
    close(told);
    told = -1;
    *ret_pid = child;
    return hear(heard, child);
}
