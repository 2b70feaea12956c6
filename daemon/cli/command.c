#include "cli/command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/say.h"

#define EXIT_NOT_RUN 126
#define EXIT_NOT_FOUND 127

static volatile pid_t running;

static void pass_on(int number)
{
    int error = errno;
    if (running > 0)
        kill(running, number);
    errno = error;
}

static void set_signals(void (*interrupt)(int), void (*end)(int))
{
    signal(SIGINT, interrupt);
    signal(SIGQUIT, interrupt);
    signal(SIGTERM, end);
    signal(SIGHUP, end);
}

static _Noreturn void run(char *const *argv, pid_t parent)
{
    set_signals(SIG_DFL, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(128 + SIGTERM);
    execvp(argv[0], argv);
    int error = errno;
    vr_say("%s: cannot be run: %s", argv[0], strerror(error));
    _exit(error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUN);
}

int vr_command_start(char *const *argv, struct vr_command *ret_command, struct vr_err *err)
{
    sigset_t ends, old;
    pid_t parent = getpid();
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    sigprocmask(SIG_BLOCK, &ends, &old); /* until there is a command to pass them on to */
    set_signals(SIG_IGN, pass_on);
    pid_t pid = fork();
    if (pid == 0) {
        set_signals(SIG_DFL, SIG_DFL);
        sigprocmask(SIG_SETMASK, &old, NULL);
        run(argv, parent);
    }
    int error = errno;
    running = pid;
    sigprocmask(SIG_SETMASK, &old, NULL);
    ret_command->pid = pid;
    ret_command->fd = pid > 0 ? pidfd_open(pid, 0) : -1;
    if (pid > 0 && ret_command->fd >= 0)
        return 0;
    if (pid > 0)
        error = errno;
    if (pid > 0)
        vr_command_stop(ret_command);
    return vr_err_set(err, VR_ERR_IO, "%s: cannot be run: %s", argv[0], strerror(error));
}

int vr_command_finish(struct vr_command *command)
{
    int status = 0;
    while (waitpid(command->pid, &status, 0) < 0 && errno == EINTR)
        ;
    running = 0;
    close(command->fd);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void vr_command_stop(const struct vr_command *command)
{
    kill(command->pid, SIGTERM);
}
