/* Starting, watching and ending a program. */
#include "replay/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "port/spawn.h"

#define LAST_WORDS_SIZE 400 /* of a message; what was printed before is forgotten */
/* From SIGTERM to SIGKILL: a debugger lets go of its probe; a daemon that cancels kills us after 0.7 s. */
#define GRACE_NS (500 * VR_NS_PER_MS)
#define LOOK_NS (100 * VR_NS_PER_MS) /* how often the stop flag is looked at */

struct command {
    const char *what;
    const char *program;
    pid_t pid;
    int output, process; /* read end of its pipe, its pidfd */
    char words[LAST_WORDS_SIZE + 1];
    size_t words_size;
};

/* --- its words --- */

static void keep_words(struct command *command, const char *text, size_t size)
{
    if (size > LAST_WORDS_SIZE) {
        text += size - LAST_WORDS_SIZE;
        size = LAST_WORDS_SIZE;
    }
    size_t kept = command->words_size;
    if (kept + size > LAST_WORDS_SIZE)
        kept = LAST_WORDS_SIZE - size;
    memmove(command->words, command->words + command->words_size - kept, kept);
    memcpy(command->words + kept, text, size);
    command->words_size = kept + size;
}

/* Take what it has printed, as far as it is there; false at the end. */
static bool read_words(struct command *command)
{
    char text[4096];
    ssize_t got;
    while ((got = read(command->output, text, sizeof text)) > 0)
        keep_words(command, text, (size_t)got);
    return got < 0 && (errno == EAGAIN || errno == EINTR);
}

/* One line of printable characters, for a message. */
static const char *last_words(struct command *command)
{
    char *end = command->words;
    for (size_t i = 0; i < command->words_size; i++) {
        unsigned char c = (unsigned char)command->words[i];
        bool is_break = c == '\n' || c == '\r' || c == '\t' || c == ' ';
        if (is_break && (end == command->words || end[-1] == ' '))
            continue;
        *end++ = is_break ? ' ' : c < 0x20 || c == 0x7f ? '?' : (char)c;
    }
    while (end > command->words && end[-1] == ' ')
        end--;
    *end = '\0';
    return command->words[0] ? command->words : "nothing";
}

/* --- starting --- */

static int start(struct command *command, const char *const *argv, struct vr_err *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: a pipe: %s", command->what, strerror(errno));
    command->output = ends[0];
    int error = vr_spawn(
        &(struct vr_spawn){.argv = argv, .output = ends[1], .device = -1, .has_own_signals = true},
        &command->pid);
    close(ends[1]);
    if (error) {
        command->pid = 0;
        return vr_err_set(
            err, VR_ERR_DEVICE,
            "%s: cannot start %s: %s; install it, or correct %s in the rig file", command->what,
            argv[0], strerror(error), command->what);
    }
    command->process = pidfd_open(command->pid, 0);
    if (command->process < 0 || fcntl(command->output, F_SETFL, O_NONBLOCK) < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", command->what, strerror(errno));
    return 0;
}

/* --- watching --- */

static bool is_stopped(const atomic_int *stop)
{
    return stop && atomic_load(stop);
}

/* Until it has ended (true), the time is up, or the user stops. */
static bool wait_for_end(struct command *command, int64_t deadline_ns, const atomic_int *stop)
{
    struct pollfd fds[2] = {
        {.fd = command->process, .events = POLLIN}, {.fd = command->output, .events = POLLIN}};
    for (;;) {
        int64_t left_ns = deadline_ns - vr_clock_monotonic_ns();
        if (left_ns <= 0 || is_stopped(stop))
            return false;
        int64_t wait_ns = left_ns < LOOK_NS ? left_ns : LOOK_NS;
        poll(fds, 2, (int)(wait_ns / VR_NS_PER_MS) + 1);
        if (!read_words(command))
            fds[1].fd = -1;
        if (fds[0].revents)
            return true;
    }
}

/* Everything in its session's first group, politely and then not. */
static void end(struct command *command)
{
    kill(-command->pid, SIGTERM);
    wait_for_end(command, vr_clock_monotonic_ns() + GRACE_NS, NULL);
    kill(-command->pid, SIGKILL);
}

static int judge(struct command *command, int status, struct vr_err *err)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    bool exited = WIFEXITED(status);
    return vr_err_set(
        err, VR_ERR_DEVICE, "%s: %s %s %d; its last words: %s", command->what, command->program,
        exited ? "exited with" : "was ended by signal",
        exited ? WEXITSTATUS(status) : WTERMSIG(status), last_words(command));
}

static int watch(
    struct command *command, double timeout_s, const atomic_int *stop, struct vr_err *err)
{
    int status = 0;
    int64_t timeout_ns = (int64_t)(timeout_s * (double)VR_NS_PER_S);
    bool ended = wait_for_end(command, vr_clock_monotonic_ns() + timeout_ns, stop);
    if (!ended)
        end(command);
    waitpid(command->pid, &status, 0);
    command->pid = 0;
    if (ended)
        return judge(command, status, err);
    if (is_stopped(stop))
        return vr_err_set(err, VR_ERR_INTERRUPTED, "%s: stopped", command->what);
    return vr_err_set(
        err, VR_ERR_TIMEOUT,
        "%s: %s was not done after %.3g s and was ended; its last words: %s; see command_timeout_s",
        command->what, command->program, timeout_s, last_words(command));
}

static void command_finish(struct command *command)
{
    if (command->pid) { /* started, but it cannot be watched */
        kill(-command->pid, SIGKILL);
        waitpid(command->pid, NULL, 0);
    }
    if (command->output >= 0)
        close(command->output);
    if (command->process >= 0)
        close(command->process);
}

int vr_command_run(
    const char *what, const char *const *argv, double timeout_s, const atomic_int *stop,
    struct vr_err *err)
{
    _cleanup_(command_finish) struct command command = {
        .what = what, .program = argv[0], .output = -1, .process = -1};
    int r = start(&command, argv, err);
    return r < 0 ? r : watch(&command, timeout_s, stop, err);
}
