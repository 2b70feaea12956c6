/* Locks of a bench between processes that hold them, pass them on and die. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "port/dut_lock.h"

static char folder[64], complaint[512];

#define REQUIRE(condition, ...) \
    do { \
        if (!complaint[0] && !(condition)) \
            snprintf(complaint, sizeof complaint, __VA_ARGS__); \
    } while (0)

static const struct vr_dut_holder alice = {
    .user = "alice",
    .program = "scope",
    .reason = "looks at \"SWO\"",
    .since_utc_ns = INT64_C(1764252000000000000),
    .until_utc_ns = INT64_C(1764255600000000000),
    .job_id = 12,
};

/* A child that does something, and tells a byte when it has the lock; then it waits to be killed. */
struct child {
    pid_t pid;
    int told;
};

static void take_and_tell(int tell)
{
    struct vr_dut_lock lock = VR_DUT_LOCK_NONE;
    struct vr_err err = {0};
    int r = vr_dut_lock_take("rig", "a", &alice, 0, NULL, NULL, NULL, &lock, NULL, &err);
    (void)!write(tell, r == 0 ? "+" : "-", 1);
}

static struct child start(void (*work)(int tell))
{
    int pipes[2];
    if (pipe2(pipes, O_CLOEXEC) < 0)
        exit(1);
    struct child child = {.pid = fork(), .told = pipes[0]};
    if (child.pid == 0) {
        close(pipes[0]);
        work(pipes[1]);
        for (;;)
            pause();
    }
    close(pipes[1]);
    return child;
}

static char next_word(const struct child *child)
{
    char byte = '?';
    return read(child->told, &byte, 1) == 1 ? byte : '?';
}

static void end(struct child *child)
{
    kill(child->pid, SIGKILL);
    waitpid(child->pid, NULL, 0);
    close(child->told);
}

static int take(double wait_s, struct vr_dut_lock *lock, struct vr_err *err)
{
    *err = (struct vr_err){0};
    *lock = VR_DUT_LOCK_NONE;
    return vr_dut_lock_take(
        "rig", "a", &(struct vr_dut_holder){0}, wait_s, NULL, NULL, NULL, lock, NULL, err);
}

static bool is_held(struct vr_dut_holder *holder)
{
    return vr_dut_lock_holder("rig", "a", holder);
}

/* --- tests --- */

static void refused_with_a_name(void)
{
    struct child child = start(take_and_tell);
    struct vr_dut_lock lock;
    struct vr_dut_holder holder;
    struct vr_err err;
    char expected[256];
    REQUIRE(next_word(&child) == '+', "the child has no lock");
    int r = take(0, &lock, &err);
    snprintf(
        expected, sizeof expected,
        "a is held by alice (scope, pid %ld, job 12) since 2025-11-27T14:00:00Z until "
        "2025-11-27T15:00:00Z: looks at \"SWO\"",
        (long)child.pid);
    REQUIRE(r == -VR_ERR_DEVICE && strcmp(err.text, expected) == 0, "%d %.300s", r, err.text);
    REQUIRE(is_held(&holder), "nobody has it, after a refusal");
    REQUIRE(
        holder.pid == child.pid && holder.since_utc_ns == alice.since_utc_ns &&
            holder.until_utc_ns == alice.until_utc_ns && holder.job_id == 12,
        "another holder");
    REQUIRE(
        vr_dut_lock_take("rig", NULL, &alice, 0, NULL, NULL, NULL, &lock, NULL, &err) == 0,
        "the rig is another lock: %.300s", err.text);
    vr_dut_lock_release(&lock);
    end(&child);
}

static void ends_with_its_holder(void)
{
    struct child child = start(take_and_tell);
    struct vr_dut_lock lock;
    struct vr_dut_holder holder;
    struct vr_err err;
    next_word(&child);
    end(&child);
    REQUIRE(!is_held(&holder), "a dead process holds it");
    REQUIRE(take(0, &lock, &err) == 0, "%.300s", err.text);
    REQUIRE(
        is_held(&holder) && holder.pid == getpid() && holder.user[0] && holder.program[0],
        "the holder is pid %ld", (long)holder.pid);
    vr_dut_lock_release(&lock);
    REQUIRE(!is_held(&holder) && lock.fd == -1, "released, and still held");
}

static int passed_fd;

static void keep_descriptor(int tell)
{
    (void)!write(tell, fcntl(passed_fd, F_GETFD) >= 0 ? "+" : "-", 1);
}

static void is_passed_on(void)
{
    struct vr_dut_lock lock;
    struct vr_err err;
    REQUIRE(take(0, &lock, &err) == 0, "%.300s", err.text);
    passed_fd = lock.fd;
    struct child child = start(keep_descriptor);
    REQUIRE(next_word(&child) == '+', "the child has no descriptor");
    vr_dut_lock_release(&lock);
    REQUIRE(take(0, &lock, &err) == -VR_ERR_DEVICE, "a child's lock was lost");
    end(&child);
    REQUIRE(take(0, &lock, &err) == 0, "%.300s", err.text);
    vr_dut_lock_release(&lock);
}

static int calls;

static void kill_it(void *context, const struct vr_dut_holder *holder)
{
    struct child *child = context;
    calls++;
    REQUIRE(holder->pid == child->pid, "waits for pid %ld", (long)holder->pid);
    kill(child->pid, SIGKILL);
}

static void waits_until_it_is_free(void)
{
    struct child child = start(take_and_tell);
    struct vr_dut_lock lock = VR_DUT_LOCK_NONE;
    struct vr_err err = {0};
    next_word(&child);
    calls = 0;
    int r = vr_dut_lock_take("rig", "a", &alice, 60, NULL, kill_it, &child, &lock, NULL, &err);
    REQUIRE(r == 0 && calls == 1, "%d, told %d times: %.300s", r, calls, err.text);
    vr_dut_lock_release(&lock);
    end(&child);
}

static atomic_int stop;

static void on_alarm(int number)
{
    (void)number;
    atomic_store(&stop, 1);
}

static void waiting_ends(void)
{
    struct child child = start(take_and_tell);
    struct vr_dut_lock lock = VR_DUT_LOCK_NONE;
    struct vr_err err = {0};
    struct rusage before, after;
    next_word(&child);
    getrusage(RUSAGE_SELF, &before);
    REQUIRE(take(0.5, &lock, &err) == -VR_ERR_DEVICE, "got what is held");
    getrusage(RUSAGE_SELF, &after);
    REQUIRE(strstr(err.text, "(waited 0.5 s)"), "%.300s", err.text);
    REQUIRE(
        after.ru_nvcsw - before.ru_nvcsw <= 20, "slept %ld times in 0.5 s",
        after.ru_nvcsw - before.ru_nvcsw);
    struct sigaction action = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &action, NULL);
    ualarm(20000, 0);
    int r = vr_dut_lock_take("rig", "a", &alice, 1.0 / 0.0, &stop, NULL, NULL, &lock, NULL, &err);
    REQUIRE(r == -VR_ERR_INTERRUPTED, "%d %.300s", r, err.text);
    end(&child);
}

/* Takes it again and again, and tells of each time that it was refused: nobody but a reader is there. */
static void take_often(int tell)
{
    struct vr_dut_lock lock;
    struct vr_err err;
    for (int i = 0; i < 20000; i++) {
        if (take(0, &lock, &err) < 0)
            (void)!write(tell, "-", 1);
        vr_dut_lock_release(&lock);
    }
    (void)!write(tell, "+", 1);
    close(tell);
}

static void looking_takes_no_lock(void)
{
    struct child child = start(take_often);
    struct vr_dut_holder holder;
    fcntl(child.told, F_SETFL, O_NONBLOCK);
    char word = '?';
    while (read(child.told, &word, 1) < 0)
        if (is_held(&holder))
            REQUIRE(
                holder.pid == child.pid || holder.pid == 0 || kill(holder.pid, 0) < 0, "pid %ld",
                (long)holder.pid);
    REQUIRE(word == '+', "a look kept the lock from its taker");
    end(&child);
}

/* Whoever is refused leaves the holder's text alone. */
static void refuse_often(int tell)
{
    struct vr_dut_lock lock;
    struct vr_err err;
    for (int i = 0; i < 500; i++)
        if (take(0, &lock, &err) == 0)
            (void)!write(tell, "-", 1);
    (void)!write(tell, "+", 1);
}

static void text_stays_whole(void)
{
    char path[128], text[8192];
    struct vr_dut_lock lock = VR_DUT_LOCK_NONE;
    struct vr_err err = {0};
    vr_dut_lock_take("rig", "a", &alice, 0, NULL, NULL, NULL, &lock, NULL, &err);
    struct child child = start(refuse_often);
    snprintf(path, sizeof path, "%s/rig,a.lock", folder);
    fcntl(child.told, F_SETFL, O_NONBLOCK);
    char word = '?';
    while (read(child.told, &word, 1) < 0) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t size = read(fd, text, sizeof text);
        close(fd);
        REQUIRE(size > 0 && memmem(text, (size_t)size, "alice", 5), "%zd bytes", size);
    }
    REQUIRE(word == '+', "two have it");
    end(&child);
    vr_dut_lock_release(&lock);
}

#define CHILDREN 6
#define TURNS 40

/* A number in a file, read and written again while the lock is held: none of the turns may be lost. */
static void take_turns(int tell)
{
    char path[128], text[16] = "";
    snprintf(path, sizeof path, "%s/turns", folder);
    for (int i = 0; i < TURNS; i++) {
        struct vr_dut_lock lock;
        struct vr_err err;
        if (take(60, &lock, &err) < 0) {
            (void)!write(tell, "-", 1);
            return;
        }
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        (void)!pread(fd, text, sizeof text - 1, 0);
        snprintf(text, sizeof text, "%d", atoi(text) + 1);
        usleep(100);
        (void)!pwrite(fd, text, strlen(text) + 1, 0);
        close(fd);
        vr_dut_lock_release(&lock);
    }
    (void)!write(tell, "+", 1);
}

static void one_at_a_time(void)
{
    struct child children[CHILDREN];
    char path[128], text[16] = "";
    for (int i = 0; i < CHILDREN; i++)
        children[i] = start(take_turns);
    for (int i = 0; i < CHILDREN; i++) {
        REQUIRE(next_word(&children[i]) == '+', "child %d waited in vain", i);
        end(&children[i]);
    }
    snprintf(path, sizeof path, "%s/turns", folder);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    (void)!read(fd, text, sizeof text - 1);
    close(fd);
    REQUIRE(atoi(text) == CHILDREN * TURNS, "%s turns of %d", text, CHILDREN * TURNS);
    unlink(path);
}

static void no_folder(void)
{
    struct vr_dut_lock lock;
    struct vr_dut_holder holder;
    struct vr_err err;
    setenv("VITALRIG_LOCK_DIR", "/proc/nowhere", 1);
    REQUIRE(take(0, &lock, &err) == -VR_ERR_IO, "a lock in /proc");
    REQUIRE(strstr(err.text, "/proc/nowhere") && lock.fd == -1, "%.300s", err.text);
    REQUIRE(!is_held(&holder), "held in /proc");
    setenv("VITALRIG_LOCK_DIR", folder, 1);
}

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {
    {"who is refused is told who has it", refused_with_a_name},
    {"a lock ends with its holder, however that dies", ends_with_its_holder},
    {"a descriptor that was passed on is the same lock", is_passed_on},
    {"who waits is told once for whom, and has it when it is free", waits_until_it_is_free},
    {"waiting ends with its time and with a signal, and seldom wakes", waiting_ends},
    {"looking takes no lock", looking_takes_no_lock},
    {"who is refused leaves the text alone", text_stays_whole},
    {"one at a time", one_at_a_time},
    {"no place for locks", no_folder},
};

int main(void)
{
    int failures = 0;
    const char *root = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/vitalrig-lock-XXXXXX", root ? root : "/tmp");
    if (!mkdtemp(folder))
        return 1;
    setenv("VITALRIG_LOCK_DIR", folder, 1);
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
    char path[128];
    snprintf(path, sizeof path, "%s/rig,a.lock", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/rig.lock", folder);
    unlink(path);
    rmdir(folder);
    return failures > 0;
}
