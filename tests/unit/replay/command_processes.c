/* Commands of the bench: real processes, so no test framework that forks. */
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "replay/command.h"

#define SHELL(script) ((const char *const[]){"sh", "-c", (script), NULL})

static int failures;
static atomic_int stop;

static void expect(bool condition, const char *what, const char *said)
{
    if (condition)
        return;
    printf("failed: %s (%s)\n", what, said);
    failures++;
}

static void expect_words(
    const char *what, const char *const *argv, double timeout_s, enum vr_err_code code,
    const char *words)
{
    struct vr_err err = {0};
    int r = vr_command_run("flash", argv, timeout_s, &stop, &err);
    expect(r == -(int)code && strstr(err.text, words), what, err.text);
}

static void test_success(void)
{
    struct vr_err err = {0};
    expect(vr_command_run("flash", SHELL("exit 0"), 10, &stop, &err) == 0, "success", err.text);
    expect(
        vr_command_run(
            "flash", SHELL("yes | head -c 3000000; read line; test -z \"$line\""), 10, NULL,
            &err) == 0,
        "much output and no input", err.text);
    expect(
        vr_command_run(
            "flash", (const char *const[]){"test", "$HOME", "=", "$HOME", NULL}, 10, NULL, &err) ==
                0 &&
            vr_command_run("flash", (const char *const[]){"test", "-n", "", NULL}, 10, NULL, &err) <
                0,
        "arguments are not expanded", err.text);
}

static void test_failures(void)
{
    expect_words(
        "no program", (const char *const[]){"/nonexistent/openocd", NULL}, 10, VR_ERR_DEVICE,
        "flash: cannot start /nonexistent/openocd: No such file");
    expect_words(
        "exit code and last words",
        SHELL("echo one; printf 'Error:\\tno probe\\033[1m\\n\\n' >&2; exit 7"), 10, VR_ERR_DEVICE,
        "flash: sh exited with 7; its last words: one Error: no probe?[1m");
    expect_words(
        "a signal", SHELL("kill -9 $$"), 10, VR_ERR_DEVICE,
        "was ended by signal 9; its last words: nothing");
    expect_words(
        "only the end is kept", SHELL("yes | head -c 100000; echo the end; exit 1"), 10,
        VR_ERR_DEVICE, " y the end");
}

/* Whether the process of that number is gone within 5 s; SIGKILL takes its time. */
static bool is_gone(const char *pid_file)
{
    int pid = 0;
    FILE *file = fopen(pid_file, "r");
    if (!file || fscanf(file, "%d", &pid) != 1)
        return false;
    fclose(file);
    struct pollfd process = {.fd = pidfd_open(pid, 0), .events = POLLIN};
    if (process.fd < 0)
        return true;
    bool gone = poll(&process, 1, 5000) > 0;
    close(process.fd);
    return gone;
}

static void test_timeout(void)
{
    char folder[] = "/tmp/vitalrig-command-XXXXXX", script[256], pid_file[64];
    if (!mkdtemp(folder))
        abort();
    snprintf(pid_file, sizeof pid_file, "%s/pid", folder);
    snprintf(
        script, sizeof script,
        "trap '' TERM; sleep 1000 & echo $! > %s; echo waiting; wait; sleep 1000", pid_file);
    int64_t start_ns = vr_clock_monotonic_ns();
    expect_words(
        "a time-out", SHELL(script), 0.5, VR_ERR_TIMEOUT,
        "was not done after 0.5 s and was ended; its last words: waiting");
    int64_t took_ns = vr_clock_monotonic_ns() - start_ns;
    expect(took_ns < 10 * VR_NS_PER_S, "it ends soon after", "took more than 10 s, not 1.5 s");
    expect(is_gone(pid_file), "what it started is ended too", pid_file);
    unlink(pid_file);
    rmdir(folder);
}

static void on_alarm(int number)
{
    atomic_store(&stop, number);
}

static void test_stop(void)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval soon = {.it_value.tv_usec = 100000};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    expect_words("the user", SHELL("sleep 1000"), 60, VR_ERR_INTERRUPTED, "flash: stopped");
    atomic_store(&stop, 0);
}

/* Somebody who stays in the background keeps the pipe open; that must not be waited for. */
static void test_background(void)
{
    struct vr_err err = {0};
    int64_t start_ns = vr_clock_monotonic_ns();
    expect(
        vr_command_run("flash", SHELL("sleep 20 & exit 0"), 60, &stop, &err) == 0, "a server stays",
        err.text);
    expect(
        vr_clock_monotonic_ns() - start_ns < 10 * VR_NS_PER_S, "it is not waited for", "took 10 s");
}

int main(void)
{
    test_success();
    test_failures();
    test_timeout();
    test_stop();
    test_background();
    return failures > 0;
}
