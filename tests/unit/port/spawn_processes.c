/* Programs that are started, and what becomes of them when whoever started them dies. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "port/spawn.h"

static char complaint[512];

#define REQUIRE(condition, ...) \
    do { \
        if (!complaint[0] && !(condition)) \
            snprintf(complaint, sizeof complaint, __VA_ARGS__); \
    } while (0)

/* Everything until its end, of a shell's script. */
static void run_script(const char *script, int device, bool has_own_signals, char text[256])
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    int ends[2], status = 0;
    pid_t pid;
    size_t size = 0;
    if (pipe2(ends, O_CLOEXEC) < 0)
        exit(1);
    int error = vr_spawn(
        &(struct vr_spawn){
            .argv = argv, .output = ends[1], .device = device, .has_own_signals = has_own_signals},
        &pid);
    close(ends[1]);
    REQUIRE(error == 0, "errno %d", error);
    for (ssize_t got = 1; error == 0 && got > 0; size += (size_t)(got > 0 ? got : 0))
        got = read(ends[0], text + size, 255 - size);
    text[size] = '\0';
    close(ends[0]);
    if (error == 0)
        waitpid(pid, &status, 0);
}

static void says_and_hears(void)
{
    char text[256];
    int device = open("/dev/null", O_RDWR | O_CLOEXEC);
    run_script("echo out; echo err >&2; cat; readlink /proc/self/fd/3", device, true, text);
    REQUIRE(strcmp(text, "out\nerr\n/dev/null\n") == 0, "%s", text);
    run_script("ls /proc/self/fd", -1, true, text);
    REQUIRE(
        strcmp(text, "0\n1\n2\n3\n") == 0, "it has descriptors of ours: %s", text); /* 3: of ls */
    close(device);
    device = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    run_script("test -e /proc/self/fd/3 && echo there", device, true, text);
    REQUIRE(device == 3 && strcmp(text, "there\n") == 0, "%d: %s", device, text);
    close(device);
}

/* Lines of /proc/self/status as "SigIgn SigBlk", without leading zeros. */
static void signals_as_asked(void)
{
    static const char script[] = "while read k v; do case $k in SigIgn:|SigBlk:) echo $k "
                                 "${v##*[!0]0000};; esac; done </proc/self/status";
    char text[256];
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    signal(SIGPIPE, SIG_IGN);
    run_script(script, -1, true, text);
    REQUIRE(strcmp(text, "SigBlk: 0000000000000000\nSigIgn: 0000000000000000\n") == 0, "%s", text);
    run_script(script, -1, false, text);
    REQUIRE(strstr(text, "0200") && strstr(text, "1000"), "%s", text);
    sigprocmask(SIG_SETMASK, &before, NULL);
    signal(SIGPIPE, SIG_DFL);
}

static void what_is_not_there(void)
{
    static const char *const argv[] = {"/nowhere/program", NULL};
    pid_t pid = 0;
    int error = vr_spawn(&(struct vr_spawn){.argv = argv, .output = -1, .device = -1}, &pid);
    REQUIRE(error == ENOENT, "errno %d", error);
    REQUIRE(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "a child is left");
}

/* A process that starts a program, tells its number, and waits to be killed. */
static void dies_with_whoever_started_it(void)
{
    static const char *const argv[] = {"sleep", "1000", NULL};
    int ends[2];
    pid_t grandchild = 0;
    if (pipe2(ends, O_CLOEXEC) < 0)
        exit(1);
    pid_t child = fork();
    if (child == 0) {
        vr_spawn(&(struct vr_spawn){.argv = argv, .output = -1, .device = -1}, &grandchild);
        (void)!write(ends[1], &grandchild, sizeof grandchild);
        for (;;)
            pause();
    }
    close(ends[1]);
    REQUIRE(read(ends[0], &grandchild, sizeof grandchild) == sizeof grandchild, "nothing told");
    struct pollfd ended = {.fd = pidfd_open(grandchild, 0), .events = POLLIN};
    REQUIRE(ended.fd >= 0 && poll(&ended, 1, 0) == 0, "it does not run");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    REQUIRE(poll(&ended, 1, 20000) == 1, "it outlived the one that started it");
    if (complaint[0])
        kill(grandchild, SIGKILL);
    close(ended.fd);
    close(ends[0]);
}

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {
    {"a program has what it was given, and nothing else", says_and_hears},
    {"its signals are as they were asked for", signals_as_asked},
    {"a program that is not there is said at once", what_is_not_there},
    {"a program dies with the process that started it", dies_with_whoever_started_it},
};

int main(void)
{
    int failures = 0;
    close_range(3, ~0U, 0); /* what we were given ourselves */
    printf("TAP version 13\n1..%zu\n", sizeof tests / sizeof *tests);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        complaint[0] = '\0';
        fflush(stdout);
        tests[i].run();
        if (complaint[0])
            printf("# %s\n", complaint);
        printf("%sok %zu - %s\n", complaint[0] ? "not " : "", i + 1, tests[i].name);
        failures += complaint[0] != '\0';
    }
    return failures > 0;
}
