/* flock() on a file that stays: whoever waits keeps its descriptor, and no name ever leaves a lock behind. */
#include "port/dut_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/json_write.h"

#define SHARED_FOLDER "/run/lock/vitalrig"
#define STEP_MS 100    /* between two tries; whoever lets go is heard at once (inotify) */
#define TEXT_SIZE 8192 /* the longest, with every character escaped, is below 3,000 */

/* --- the file --- */

/* Users of one bench share the folder, as they share /tmp. */
static bool make_folder(const char *path)
{
    if (mkdir(path, 0777) == 0)
        return chmod(path, 01777) == 0;
    return errno == EEXIST;
}

/* Where locks lie; with `makes` the folder is there afterwards. */
static int find_folder(bool makes, char path[PATH_MAX], struct vr_err *err)
{
    const char *given = getenv("VITALRIG_LOCK_DIR"), *runtime = getenv("XDG_RUNTIME_DIR");
    if (given && *given) {
        snprintf(path, PATH_MAX, "%s", given);
        if (!makes || make_folder(path))
            return 0;
        return vr_err_set(
            err, VR_ERR_IO, "%s: cannot make the folder of locks (VITALRIG_LOCK_DIR): %s", path,
            strerror(errno));
    }
    snprintf(path, PATH_MAX, "%s", SHARED_FOLDER);
    if (makes)
        make_folder(path);
    if (access(path, W_OK | X_OK) == 0 || !runtime || runtime[0] != '/')
        return 0;
    snprintf(path, PATH_MAX, "%s/vitalrig", runtime);
    if (makes && !make_folder(path))
        return vr_err_set(
            err, VR_ERR_IO, "%s: cannot make the folder of locks: %s", path, strerror(errno));
    return 0;
}

static int find_file(
    const char *rig, const char *dut, bool makes, char path[PATH_MAX], struct vr_err *err)
{
    char folder[PATH_MAX];
    int r = find_folder(makes, folder, err);
    if (r == 0 &&
        snprintf(path, PATH_MAX, "%s/%s%s%s.lock", folder, rig, dut ? "," : "", dut ? dut : "") >=
            PATH_MAX)
        r = vr_err_set(err, VR_ERR_IO, "%s: the name of the folder of locks is too long", folder);
    return r;
}

/* Without O_CREAT first: in a shared folder the kernel refuses that for another user's file (fs.protected_regular). */
static int open_file(const char *path, int *ret_fd, struct vr_err *err)
{
    static const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
    int fd = open(path, flags);
    if (fd < 0 && errno == ENOENT) {
        fd = open(path, flags | O_CREAT | O_EXCL, 0666);
        if (fd >= 0)
            fchmod(fd, 0666);
        else if (errno == EEXIST)
            fd = open(path, flags);
    }
    if (fd < 0)
        return vr_err_set(
            err, VR_ERR_IO, "%s: cannot open the lock: %s; set VITALRIG_LOCK_DIR for another place",
            path, strerror(errno));
    *ret_fd = fd;
    return 0;
}

/* --- what stands in it --- */

static void write_time(struct vr_json_writer *writer, const char *key, int64_t utc_ns)
{
    char text[VR_CLOCK_ISO_SIZE];
    vr_json_write_string(writer, key, utc_ns ? vr_clock_iso(utc_ns, text) : NULL);
}

static void complete(struct vr_dut_holder *holder)
{
    const struct passwd *user = holder->user[0] ? NULL : getpwuid(geteuid());
    if (!holder->pid)
        holder->pid = getpid();
    if (!holder->since_utc_ns)
        holder->since_utc_ns = vr_clock_utc_ns();
    if (!holder->program[0])
        snprintf(holder->program, sizeof holder->program, "%s", program_invocation_short_name);
    if (user)
        snprintf(holder->user, sizeof holder->user, "%s", user->pw_name);
    else if (!holder->user[0])
        snprintf(holder->user, sizeof holder->user, "uid %u", (unsigned)geteuid());
}

/* One write, so that a reader sees the old text, the new one, or one that is no JSON; then it looks again. */
static int write_text(int fd, const char *text, size_t size, struct vr_err *err)
{
    if (pwrite(fd, text, size, 0) == (ssize_t)size && ftruncate(fd, (off_t)size) == 0)
        return 0;
    return vr_err_set(err, VR_ERR_IO, "cannot write into the lock: %s", strerror(errno));
}

int vr_dut_lock_describe(
    struct vr_dut_lock *lock, const struct vr_dut_holder *self, struct vr_err *err)
{
    char text[TEXT_SIZE] = "";
    struct vr_json_writer writer;
    struct vr_dut_holder holder = *self;
    complete(&holder);
    FILE *file = fmemopen(text, sizeof text, "w");
    if (!file)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a lock");
    vr_json_write_init(&writer, file);
    vr_json_write_object(&writer, NULL);
    vr_json_write_int(&writer, "pid", holder.pid);
    vr_json_write_string(&writer, "user", holder.user);
    vr_json_write_string(&writer, "program", holder.program);
    write_time(&writer, "since", holder.since_utc_ns);
    vr_json_write_string(&writer, "reason", holder.reason);
    vr_json_write_int(&writer, "job", holder.job_id);
    write_time(&writer, "until", holder.until_utc_ns);
    vr_json_write_end(&writer);
    int r = vr_json_write_finish(&writer, err);
    fclose(file);
    return r < 0 ? r : write_text(lock->fd, text, strlen(text), err);
}

static void copy_text(const struct vr_json *object, const char *key, char *text, size_t size)
{
    const struct vr_json *node = vr_json_get(object, key);
    bool is_text = node && vr_json_kind(node) == VR_JSON_STRING;
    snprintf(text, size, "%s", is_text ? vr_json_string(node) : "");
}

static int64_t get_number(const struct vr_json *object, const char *key)
{
    const struct vr_json *node = vr_json_get(object, key);
    int64_t value = 0;
    if (node && vr_json_kind(node) == VR_JSON_NUMBER)
        vr_json_integer(node, &value);
    return value;
}

static int64_t get_time(const struct vr_json *object, const char *key)
{
    char text[VR_CLOCK_ISO_SIZE];
    struct tm tm = {0};
    copy_text(object, key, text, sizeof text);
    return strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm) ? timegm(&tm) * VR_NS_PER_S : 0;
}

static bool read_text(int fd, struct vr_dut_holder *holder)
{
    char text[TEXT_SIZE];
    struct vr_json_doc *doc;
    ssize_t size = pread(fd, text, sizeof text, 0);
    if (size <= 0 || vr_json_doc_create(text, (size_t)size, "lock", &doc, NULL) < 0)
        return false;
    const struct vr_json *root = vr_json_doc_root(doc);
    bool is_object = vr_json_kind(root) == VR_JSON_OBJECT;
    if (is_object) {
        holder->pid = (pid_t)get_number(root, "pid");
        copy_text(root, "user", holder->user, sizeof holder->user);
        copy_text(root, "program", holder->program, sizeof holder->program);
        copy_text(root, "reason", holder->reason, sizeof holder->reason);
        holder->since_utc_ns = get_time(root, "since");
        holder->until_utc_ns = get_time(root, "until");
        holder->job_id = get_number(root, "job");
    }
    vr_json_doc_destroy(doc);
    return is_object;
}

static bool is_alive(pid_t pid)
{
    return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

/* Whoever has just taken the lock has not written yet, and the text may be that of a holder who died: look a few times. */
static void read_holder(int fd, struct vr_dut_holder *holder)
{
    for (int tries = 0; tries < 5; tries++) {
        *holder = (struct vr_dut_holder){0};
        if (read_text(fd, holder) && is_alive(holder->pid))
            return;
        poll(NULL, 0, 2);
    }
}

/* -- words -- */

const char *vr_dut_holder_text(const struct vr_dut_holder *holder, char *text, size_t size)
{
    char iso[VR_CLOCK_ISO_SIZE], until[VR_CLOCK_ISO_SIZE + 8] = "", job[32] = "";
    if (!holder->pid) {
        snprintf(text, size, "a process that does not say who it is");
        return text;
    }
    if (holder->until_utc_ns)
        snprintf(until, sizeof until, " until %s", vr_clock_iso(holder->until_utc_ns, iso));
    if (holder->job_id)
        snprintf(job, sizeof job, ", job %lld", (long long)holder->job_id);
    snprintf(
        text, size, "%s (%s, pid %ld%s) since %s%s%s%s", holder->user, holder->program,
        (long)holder->pid, job, vr_clock_iso(holder->since_utc_ns, iso), until,
        holder->reason[0] ? ": " : "", holder->reason);
    return text;
}

static int refuse(
    const char *rig, const char *dut, const struct vr_dut_holder *holder, double wait_s,
    struct vr_err *err)
{
    char text[512], waited[48] = "";
    if (wait_s > 0)
        snprintf(waited, sizeof waited, " (waited %g s)", wait_s);
    return vr_err_set(
        err, VR_ERR_DEVICE, "%s%s is held by %s%s", dut ? "" : "rig ", dut ? dut : rig,
        vr_dut_holder_text(holder, text, sizeof text), waited);
}

/* --- waiting --- */

struct wait {
    int fd, watch; /* watch: of inotify, -1 = none */
    int64_t until_ns;
    int step_ms;
};

/* Sleep until the file is closed by somebody, the step is over, or a signal comes.  The kernel tells of a close before it lets the lock
 * go, so behind one the steps begin at 1 ms. */
static void sleep_step(struct wait *wait, int64_t now_ns)
{
    char events[4096] __attribute__((aligned(8)));
    struct pollfd poll_fd = {.fd = wait->watch, .events = POLLIN};
    int64_t left_ms = (wait->until_ns - now_ns) / VR_NS_PER_MS + 1;
    int step_ms = left_ms < wait->step_ms ? (int)left_ms : wait->step_ms;
    if (poll(&poll_fd, 1, step_ms) > 0) {
        while (read(wait->watch, events, sizeof events) > 0)
            ;
        wait->step_ms = 1;
    } else {
        wait->step_ms = wait->step_ms * 4 < STEP_MS ? wait->step_ms * 4 : STEP_MS;
    }
}

/* 0 = it is ours, 1 = it stays somebody else's. */
static int wait_for_lock(struct wait *wait, const atomic_int *stop, struct vr_err *err)
{
    while (flock(wait->fd, LOCK_EX | LOCK_NB) < 0) {
        int64_t now_ns = vr_clock_monotonic_ns();
        if (errno != EWOULDBLOCK && errno != EINTR)
            return vr_err_set(err, VR_ERR_IO, "cannot lock: %s", strerror(errno));
        if (stop && atomic_load(stop))
            return vr_err_set(err, VR_ERR_INTERRUPTED, "stopped while waiting");
        if (now_ns >= wait->until_ns)
            return 1;
        sleep_step(wait, now_ns);
    }
    return 0;
}

static int64_t deadline_ns(double wait_s)
{
    int64_t now_ns = vr_clock_monotonic_ns();
    return wait_s > 1e9 ? VR_NEVER_NS : now_ns + (int64_t)(wait_s * (double)VR_NS_PER_S);
}

/* --- the lock --- */

int vr_dut_lock_take(
    const char *rig, const char *dut, const struct vr_dut_holder *self, double wait_s,
    const atomic_int *stop, void (*waiting)(void *context, const struct vr_dut_holder *holder),
    void *context, struct vr_dut_lock *ret_lock, struct vr_dut_holder *ret_holder,
    struct vr_err *err)
{
    char path[PATH_MAX];
    struct vr_dut_holder holder = {0};
    _cleanup_close_ int fd = -1;
    _cleanup_close_ int watch = -1;
    int r = find_file(rig, dut, true, path, err);
    if (r == 0)
        r = open_file(path, &fd, err);
    if (r < 0)
        return r;

    struct wait wait = {.fd = fd, .watch = -1, .step_ms = STEP_MS};
    r = wait_for_lock(&wait, stop, err);
    if (r > 0)
        read_holder(fd, &holder);
    if (r > 0 && wait_s > 0) {
        if (waiting)
            waiting(context, &holder);
        wait.watch = watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (watch >= 0)
            inotify_add_watch(watch, path, IN_CLOSE_WRITE);
        wait.until_ns = deadline_ns(wait_s);
        r = wait_for_lock(&wait, stop, err);
        if (r > 0)
            read_holder(fd, &holder);
    }
    if (ret_holder)
        *ret_holder = holder;
    if (r > 0)
        return refuse(rig, dut, &holder, wait_s, err);
    struct vr_dut_lock lock = {.fd = fd};
    if (r == 0)
        r = vr_dut_lock_describe(&lock, self, err);
    if (r < 0)
        return r;
    *ret_lock = lock;
    fd = -1;
    return 0;
}

void vr_dut_lock_release(struct vr_dut_lock *lock)
{
    if (lock->fd >= 0) {
        (void)!ftruncate(
            lock->fd, 0); /* while it is held: the next one is not taken for this one */
        close(lock->fd);
    }
    *lock = VR_DUT_LOCK_NONE;
}

/* --- looking --- */

/* "1: FLOCK  ADVISORY  WRITE 9621 fe:00:10952768 0 EOF"; the pid is of whoever took it.  Some file systems show other numbers of their
 * device there than stat() does; then inode and pid tell. */
static bool is_locked(const struct stat *file, pid_t pid)
{
    char line[256];
    _cleanup_fclose_ FILE *locks = fopen("/proc/locks", "re");
    while (locks && fgets(line, sizeof line, locks)) {
        long by;
        unsigned high, low;
        unsigned long long inode;
        if (sscanf(line, "%*d: FLOCK %*s %*s %ld %x:%x:%llu", &by, &high, &low, &inode) == 4 &&
            inode == file->st_ino &&
            (by == pid || (high == major(file->st_dev) && low == minor(file->st_dev))))
            return true;
    }
    return false;
}

bool vr_dut_lock_holder(const char *rig, const char *dut, struct vr_dut_holder *ret_holder)
{
    char path[PATH_MAX];
    struct stat status;
    *ret_holder = (struct vr_dut_holder){0};
    if (find_file(rig, dut, false, path, NULL) < 0)
        return false;
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &status) < 0)
        return false;
    read_text(fd, ret_holder);
    bool is_held = is_locked(&status, ret_holder->pid);
    *ret_holder = (struct vr_dut_holder){0};
    if (is_held)
        read_holder(fd, ret_holder); /* again: the first text may be older than the lock */
    return is_held;
}
