/* A worker from fork to reaping: its errand in, its lines out, and its end.
 *
 * The errand is written from the loop only, never from vr_worker_start: a caller that has noted the process in the meantime knows of every
 * worker that could have begun anything. */
#include "service/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define LINE_MAX_BYTES ((size_t)256 << 10)
#define READ_BYTES ((size_t)64 << 10) /* a pipe's room: one turn of the loop takes no more of it */
#define LAST_READS 16                 /* what is still taken of a worker that has ended */
#define CHILD_LOCK_FD 3
#define CHILD_FDS 4
#define REAP_MS 1000

struct stream {
    int fd;
    sd_event_source *source;
    char *line; /* what has come since the last break; room for LINE_MAX_BYTES and a terminator */
    size_t size;
};

struct vr_worker {
    sd_event *loop;
    struct vr_worker_setup setup; /* its strings are not the setup's */
    char *errand;
    size_t errand_size, errand_sent;
    pid_t pid;
    int64_t start_ticks;
    int process; /* pidfd */
    int input;
    struct stream output, words;
    sd_event_source *input_source, *end_source, *silence_timer, *kill_timer;
    int64_t killed_ns; /* 0 = not yet */
    bool is_garbled;   /* nothing that it says counts any more */
    char how[256];     /* why it was killed, "" = it was not, or was asked to stop */
};

/* --- the child ------------------------------------------------------------------------------ */

struct child_fds {
    int input, output, words, lock;
};

/* Between fork and exec in a program with threads: nothing but system calls. */
static void __attribute__((noreturn))
child_run(const char *program, const struct child_fds *fds, pid_t parent)
{
    static const char refused[] = ": the worker cannot be started\n", verb[] = "worker";
    sigset_t none;
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) /* it died before */
        _exit(128 + SIGTERM);
    bool is_set = dup2(fds->input, 0) >= 0 && dup2(fds->output, 1) >= 0 &&
                  dup2(fds->words, 2) >= 0 &&
                  (fds->lock < 0 || dup2(fds->lock, CHILD_LOCK_FD) >= 0);
    close_range(fds->lock < 0 ? CHILD_LOCK_FD : CHILD_FDS, ~0U, 0);
    if (is_set)
        execlp(program, program, verb, (char *)NULL);
    (void)!write(2, program, strlen(program));
    (void)!write(2, refused, sizeof refused - 1);
    _exit(127);
}

/* Out of the way of the numbers that the child gives them. */
static int move_up(int *fd)
{
    int moved = fcntl(*fd, F_DUPFD_CLOEXEC, CHILD_FDS);
    if (moved < 0)
        return -1;
    close(*fd);
    *fd = moved;
    return 0;
}

/* --- what it is ----------------------------------------------------------------------------- */

/* Field 22 of /proc/PID/stat; behind the last bracket, for a program's name may have any. -1 = there is no such process. */
static int64_t start_ticks_of(pid_t pid)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (size <= 0)
        return -1;
    text[size] = '\0';
    const char *field = strrchr(text, ')');
    for (int number = 2; field && number < 22; number++)
        field = strchr(field + 1, ' ');
    return field ? strtoll(field + 1, NULL, 10) : -1;
}

static void describe_end(const struct vr_worker *worker, int status, char *text, size_t size)
{
    if (worker->how[0])
        snprintf(text, size, "%s", worker->how);
    else if (WIFSIGNALED(status))
        snprintf(text, size, "killed by signal %d", WTERMSIG(status));
    else
        snprintf(text, size, "exit code %d", WEXITSTATUS(status));
}

static void kill_now(struct vr_worker *worker)
{
    kill(-worker->pid, SIGKILL);
    kill(worker->pid, SIGKILL); /* before its setpgid, the group is not there */
    if (!worker->killed_ns)
        worker->killed_ns = vr_clock_monotonic_ns();
}

/* The first reason is the one that counts. */
static void kill_for(struct vr_worker *worker, const char *how)
{
    if (!worker->how[0])
        snprintf(worker->how, sizeof worker->how, "%s", how);
    kill_now(worker);
}

/* --- timers --------------------------------------------------------------------------------- */

static uint64_t after_us(double seconds)
{
    return (uint64_t)(vr_clock_monotonic_ns() / VR_NS_PER_US) + (uint64_t)(seconds * 1e6);
}

static int on_silence(sd_event_source *source, uint64_t now_us, void *context)
{
    (void)source, (void)now_us;
    struct vr_worker *worker = context;
    char how[64];
    snprintf(how, sizeof how, "silent for %g s", worker->setup.silence_s);
    return kill_for(worker, how), 0;
}

static void note_life(struct vr_worker *worker)
{
    sd_event_source_set_time(worker->silence_timer, after_us(worker->setup.silence_s));
}

static int on_grace_over(sd_event_source *source, uint64_t now_us, void *context)
{
    return (void)source, (void)now_us, kill_now(context), 0;
}

/* --- lines ---------------------------------------------------------------------------------- */

static void garble(struct vr_worker *worker, const char *what)
{
    worker->is_garbled = true;
    kill_for(worker, what);
}

static void take_event(struct vr_worker *worker, const char *line, size_t size)
{
    struct vr_json_doc *doc = NULL;
    struct vr_err err = {0};
    char how[256];
    if (vr_json_doc_create(line, size, "its line", &doc, &err) < 0) {
        snprintf(how, sizeof how, "a line that is no event: %.200s", err.text);
        garble(worker, how);
        return;
    }
    const struct vr_json *root = vr_json_doc_root(doc), *kind = NULL;
    if (vr_json_kind(root) == VR_JSON_OBJECT)
        kind = vr_json_get(root, "event");
    if (kind && vr_json_kind(kind) == VR_JSON_STRING)
        worker->setup.event(worker->setup.context, vr_json_string(kind), root);
    else
        garble(worker, "a line that is no event: no object with an \"event\"");
    vr_json_doc_destroy(doc);
}

static void take_line(
    struct vr_worker *worker, const struct stream *stream, char *line, size_t size)
{
    line[size] = '\0';
    if (stream == &worker->words)
        worker->setup.said(worker->setup.context, line);
    else if (!worker->is_garbled)
        take_event(worker, line, size);
}

/* Whole lines go out, the rest stays.  Words that are too long are cut; an event must not be. */
static void split_lines(struct vr_worker *worker, struct stream *stream)
{
    char *begin = stream->line, *end = stream->line + stream->size, *line_end;
    while ((line_end = memchr(begin, '\n', (size_t)(end - begin)))) {
        take_line(worker, stream, begin, (size_t)(line_end - begin));
        begin = line_end + 1;
    }
    stream->size = (size_t)(end - begin);
    memmove(stream->line, begin, stream->size);
    if (stream->size < LINE_MAX_BYTES)
        return;
    if (stream == &worker->words)
        take_line(worker, stream, stream->line, stream->size);
    else
        garble(worker, "a line of more than 256 KiB");
    stream->size = 0;
}

/* false: nothing more is there now, or ever. */
static bool read_once(struct vr_worker *worker, struct stream *stream)
{
    size_t room = LINE_MAX_BYTES - stream->size;
    ssize_t got =
        read(stream->fd, stream->line + stream->size, room < READ_BYTES ? room : READ_BYTES);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (got <= 0) {
        sd_event_source_set_enabled(stream->source, SD_EVENT_OFF);
        return false;
    }
    note_life(worker);
    stream->size += (size_t)got;
    split_lines(worker, stream);
    return true;
}

static int on_output(sd_event_source *source, int fd, uint32_t events, void *context)
{
    (void)source, (void)fd, (void)events;
    struct vr_worker *worker = context;
    read_once(worker, &worker->output);
    return 0;
}

static int on_words(sd_event_source *source, int fd, uint32_t events, void *context)
{
    (void)source, (void)fd, (void)events;
    struct vr_worker *worker = context;
    read_once(worker, &worker->words);
    return 0;
}

/* A worker that does not take its errand has died or will be silent: both are seen elsewhere. */
static int on_input(sd_event_source *source, int fd, uint32_t events, void *context)
{
    (void)source, (void)events;
    struct vr_worker *worker = context;
    ssize_t sent =
        write(fd, worker->errand + worker->errand_sent, worker->errand_size - worker->errand_sent);
    if (sent > 0)
        worker->errand_sent += (size_t)sent;
    bool is_over = sent < 0 && errno != EAGAIN && errno != EINTR;
    if (is_over || worker->errand_sent == worker->errand_size)
        sd_event_source_set_enabled(worker->input_source, SD_EVENT_OFF);
    return 0;
}

/* --- the end -------------------------------------------------------------------------------- */

static void stream_finish(struct stream *stream)
{
    sd_event_source_unref(stream->source);
    vr_closep(&stream->fd);
    free(stream->line);
}

static void worker_free(struct vr_worker *worker)
{
    sd_event_source_unref(worker->input_source);
    sd_event_source_unref(worker->end_source);
    sd_event_source_unref(worker->silence_timer);
    sd_event_source_unref(worker->kill_timer);
    stream_finish(&worker->output);
    stream_finish(&worker->words);
    vr_closep(&worker->input);
    vr_closep(&worker->process);
    free(worker->errand);
    free(worker);
}

/* Its pid is its own until it is reaped, and so is its group. */
static int reap(struct vr_worker *worker)
{
    int status = 0;
    kill(-worker->pid, SIGKILL);
    while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

static void drain(struct vr_worker *worker, struct stream *stream)
{
    for (int i = 0; i < LAST_READS && read_once(worker, stream); i++)
        ;
    /* Words without a break at their end are words; half an event is none. */
    if (stream == &worker->words && stream->size > 0)
        take_line(worker, stream, stream->line, stream->size);
}

static int on_end(sd_event_source *source, int fd, uint32_t events, void *context)
{
    (void)source, (void)fd, (void)events;
    struct vr_worker *worker = context;
    char how[sizeof worker->how];
    drain(worker, &worker->output);
    drain(worker, &worker->words);
    int status = reap(worker);
    describe_end(worker, status, how, sizeof how);
    sd_event_source_set_enabled(worker->end_source, SD_EVENT_OFF);
    worker->setup.ended(worker->setup.context, status, how);
    worker_free(worker);
    return 0;
}

void vr_worker_destroy(struct vr_worker *worker)
{
    if (!worker)
        return;
    kill(worker->pid, SIGKILL);
    reap(worker);
    worker_free(worker);
}

/* --- the beginning -------------------------------------------------------------------------- */

static int stream_open(struct stream *stream, int *ret_far_end)
{
    int ends[2];
    stream->line = malloc(LINE_MAX_BYTES + 1);
    if (!stream->line || pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    stream->fd = ends[0];
    *ret_far_end = ends[1];
    return fcntl(stream->fd, F_SETFL, O_NONBLOCK) < 0 ? -1 : move_up(ret_far_end);
}

static int input_open(struct vr_worker *worker, int *ret_far_end)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    *ret_far_end = ends[0];
    worker->input = ends[1];
    return fcntl(worker->input, F_SETFL, O_NONBLOCK) < 0 ? -1 : move_up(ret_far_end);
}

static int spawn(struct vr_worker *worker)
{
    int result = -1;
    struct child_fds fds = {-1, -1, -1, -1};
    if (worker->setup.lock_fd >= 0)
        fds.lock = fcntl(worker->setup.lock_fd, F_DUPFD_CLOEXEC, CHILD_FDS);
    bool is_open = (worker->setup.lock_fd < 0 || fds.lock >= 0) &&
                   input_open(worker, &fds.input) == 0 &&
                   stream_open(&worker->output, &fds.output) == 0 &&
                   stream_open(&worker->words, &fds.words) == 0;
    pid_t self = getpid(), pid = is_open ? fork() : -1;
    if (pid == 0)
        child_run(worker->setup.program, &fds, self);
    if (pid > 0) {
        setpgid(pid, pid); /* whoever comes first: the group is there before anybody kills it */
        worker->pid = pid;
        worker->start_ticks = start_ticks_of(pid);
        worker->process = pidfd_open(pid, 0);
        result = worker->process < 0 || worker->start_ticks < 0 ? -1 : 0;
    }
    int error = errno;
    vr_closep(&fds.input);
    vr_closep(&fds.output);
    vr_closep(&fds.words);
    vr_closep(&fds.lock);
    errno = error;
    return result;
}

static int watch_stream(
    struct vr_worker *worker, struct stream *stream, sd_event_io_handler_t handler)
{
    int r = sd_event_add_io(worker->loop, &stream->source, stream->fd, EPOLLIN, handler, worker);
    return r < 0 ? r : sd_event_source_set_priority(stream->source, SD_EVENT_PRIORITY_NORMAL + 15);
}

/* What it said is heard before its end, and its end before the timers: a loop that was stopped for a while blames nobody.  It talks in turns with what stores it. */
static int watch(struct vr_worker *worker)
{
    uint64_t silence_us = after_us(worker->setup.silence_s);
    int r = watch_stream(worker, &worker->output, on_output);
    if (r >= 0)
        r = watch_stream(worker, &worker->words, on_words);
    if (r >= 0)
        r = sd_event_add_io(
            worker->loop, &worker->input_source, worker->input, EPOLLOUT, on_input, worker);
    if (r >= 0)
        r = sd_event_add_io(
            worker->loop, &worker->end_source, worker->process, EPOLLIN, on_end, worker);
    if (r >= 0)
        r = sd_event_add_time(
            worker->loop, &worker->silence_timer, CLOCK_MONOTONIC, silence_us, 1, on_silence,
            worker);
    if (r < 0)
        return r;
    sd_event_source_set_priority(worker->end_source, SD_EVENT_PRIORITY_NORMAL + 16);
    sd_event_source_set_priority(worker->silence_timer, SD_EVENT_PRIORITY_NORMAL + 20);
    return 0;
}

int vr_worker_start(
    sd_event *loop, const struct vr_worker_setup *setup, struct vr_worker **ret_worker,
    struct vr_err *err)
{
    struct vr_worker *worker = calloc(1, sizeof *worker);
    char *errand = strdup(setup->errand);
    if (!worker || !errand) {
        free(worker);
        free(errand);
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a worker");
    }
    *worker = (struct vr_worker){
        .loop = loop,
        .setup = *setup,
        .errand = errand,
        .errand_size = strlen(errand),
        .process = -1,
        .input = -1,
        .output.fd = -1,
        .words.fd = -1,
    };
    int r = spawn(worker) < 0 ? -errno : watch(worker);
    if (r < 0) {
        if (worker->pid > 0)
            vr_worker_destroy(worker);
        else
            worker_free(worker);
        return vr_err_set(
            err, VR_ERR_IO, "%s: no worker can be started: %s", setup->program, strerror(-r));
    }
    *ret_worker = worker;
    return 0;
}

pid_t vr_worker_pid(const struct vr_worker *worker)
{
    return worker->pid;
}

int64_t vr_worker_start_ticks(const struct vr_worker *worker)
{
    return worker->start_ticks;
}

void vr_worker_stop(struct vr_worker *worker, double grace_s)
{
    kill(worker->pid, SIGTERM);
    if (worker->kill_timer) {
        sd_event_source_set_time(worker->kill_timer, after_us(grace_s));
        sd_event_source_set_enabled(worker->kill_timer, SD_EVENT_ONESHOT);
    } else if (
        sd_event_add_time(
            worker->loop, &worker->kill_timer, CLOCK_MONOTONIC, after_us(grace_s), 1, on_grace_over,
            worker) < 0) {
        on_grace_over(NULL, 0, worker);
    }
}

int64_t vr_worker_deadline_ns(const struct vr_worker *worker)
{
    uint64_t silence_us = 0;
    if (worker->killed_ns)
        return worker->killed_ns;
    sd_event_source_get_time(worker->silence_timer, &silence_us);
    return (int64_t)silence_us * VR_NS_PER_US;
}

/* --- what another daemon left behind -------------------------------------------------------- */

void vr_worker_kill_orphan(pid_t pid, int64_t start_ticks)
{
    _cleanup_close_ int process = pid > 1 ? pidfd_open(pid, 0) : -1;
    /* Asked behind pidfd_open: the process that started then is the one that the descriptor stands for. */
    if (process < 0 || start_ticks_of(pid) != start_ticks)
        return;
    if (getpgid(pid) == pid)
        kill(-pid, SIGKILL);
    pidfd_send_signal(process, SIGKILL, NULL, 0);
    struct pollfd end = {.fd = process, .events = POLLIN};
    while (poll(&end, 1, REAP_MS) < 0 && errno == EINTR)
        ;
}
