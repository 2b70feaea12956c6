/* The failing machine.
 *
 * For the power cut, every change that is not yet synced is kept in a journal with what it replaced.  At the cut the journal is undone
 * from its end: data writes one by one at random, whole or from a 512-byte border on; names (creations and unlinks) only from some point
 * on, for a file system keeps those in their order.  A name that was given to another file gets that one back. */
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/rng.h"

#define UNDO_MAX 4096
#define PATH_SIZE 300

enum undo_kind { UNDO_WRITE, UNDO_TRUNCATE, UNDO_CREATE, UNDO_UNLINK, UNDO_RENAME };

struct undo {
    enum undo_kind kind;
    char path[PATH_SIZE];
    char from[PATH_SIZE];   /* of a rename; `path` is what it is called now */
    off_t offset, old_size; /* the file's size before */
    size_t size, old_data_size;
    char *old_data;
};

static struct fault_plan plan;
static long count;
static bool fired;
static struct undo undos[UNDO_MAX];
static size_t undo_count;
static bool undoing;

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_unlink)(const char *);
static int (*real_open)(const char *, int, int);
static sqlite3_mem_methods real_memory;

/* --- the journal of what is not synced ------------------------------------------------------- */

static void fd_path(int fd, char *ret_path)
{
    char link[40];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, ret_path, PATH_SIZE - 1);
    ret_path[size > 0 ? size : 0] = '\0';
}

/* Where an unlinked file waits until its folder is synced. */
static void limbo_path(size_t undo, const char *path, char *ret_path)
{
    snprintf(ret_path, PATH_SIZE + 16, "%s.limbo%zu", path, undo);
}

static struct undo *undo_add(enum undo_kind kind, const char *path)
{
    if (undo_count == UNDO_MAX) {
        fprintf(stderr, "faults: more than %d changes without a sync\n", UNDO_MAX);
        abort();
    }
    struct undo *undo = &undos[undo_count++];
    *undo = (struct undo){.kind = kind};
    snprintf(undo->path, sizeof undo->path, "%s", path);
    return undo;
}

static bool is_name(const struct undo *undo)
{
    return undo->kind == UNDO_CREATE || undo->kind == UNDO_UNLINK || undo->kind == UNDO_RENAME;
}

static int real_rename(const char *from, const char *to)
{
    return (int)syscall(SYS_rename, from, to);
}

/* What is not synced of a file follows it to its new name. */
static void undo_rename(const char *from, const char *to)
{
    char limbo[PATH_SIZE + 16];
    for (size_t i = 0; i < undo_count; i++)
        if (!is_name(&undos[i]) && strcmp(undos[i].path, from) == 0)
            snprintf(undos[i].path, sizeof undos[i].path, "%s", to);
    limbo_path(undo_count, to, limbo);
    if (access(to, F_OK) == 0 && link(to, limbo) < 0)
        abort();
    struct undo *undo = undo_add(UNDO_RENAME, to);
    snprintf(undo->from, sizeof undo->from, "%s", from);
}

static void undo_add_data(enum undo_kind kind, int fd, off_t offset, size_t size)
{
    struct stat info;
    char path[PATH_SIZE];
    fd_path(fd, path);
    fstat(fd, &info);
    struct undo *undo = undo_add(kind, path);
    undo->offset = offset;
    undo->old_size = info.st_size;
    undo->size = size;
    undo->old_data = malloc(size + 1);
    ssize_t got = pread(fd, undo->old_data, size, offset);
    undo->old_data_size = got > 0 ? (size_t)got : 0;
}

static void undo_remove(size_t index)
{
    free(undos[index].old_data);
    memmove(&undos[index], &undos[index + 1], (undo_count - index - 1) * sizeof *undos);
    undo_count--;
}

static void synced(int fd)
{
    struct stat info;
    char path[PATH_SIZE];
    fd_path(fd, path);
    bool folder = fstat(fd, &info) == 0 && S_ISDIR(info.st_mode);
    for (size_t i = undo_count; i-- > 0;) {
        if (folder ? is_name(&undos[i]) : !is_name(&undos[i]) && !strcmp(undos[i].path, path))
            undo_remove(i);
    }
}

/* --- the cut --------------------------------------------------------------------------------- */

static void data_undo(const struct undo *undo, struct vr_rng *rng)
{
    size_t keep = 0;
    uint32_t fate = vr_rng_below(rng, 4);
    if (fate == 0)
        return; /* it had reached the disk after all */
    if (fate == 1 && undo->kind == UNDO_WRITE && undo->size > 512)
        keep = 512 * (size_t)vr_rng_below(rng, (uint32_t)(undo->size / 512)); /* torn */
    int fd = real_open(undo->path, O_RDWR, 0);
    if (fd < 0)
        return;
    if (undo->old_data_size > keep)
        real_pwrite(
            fd, undo->old_data + keep, undo->old_data_size - keep, undo->offset + (off_t)keep);
    struct stat info;
    off_t end = undo->offset + (off_t)undo->size;
    if (keep == 0 && undo->kind == UNDO_WRITE && end > undo->old_size && fstat(fd, &info) == 0 &&
        info.st_size == end)
        real_ftruncate(fd, undo->old_size);
    close(fd);
}

static void name_undo(size_t index)
{
    const struct undo *undo = &undos[index];
    char limbo[PATH_SIZE + 16];
    limbo_path(index, undo->path, limbo);
    if (undo->kind == UNDO_CREATE) {
        real_unlink(undo->path);
    } else if (undo->kind == UNDO_UNLINK) {
        real_rename(limbo, undo->path);
    } else {
        real_rename(undo->path, undo->from);
        real_rename(limbo, undo->path); /* fails when the name was new */
    }
}

static void power_cut(void)
{
    struct vr_rng rng;
    size_t names = 0;
    undoing = true;
    vr_rng_init(&rng, plan.seed + (uint64_t)plan.at * 7919);
    for (size_t i = 0; i < undo_count; i++)
        names += is_name(&undos[i]);
    size_t survivors = vr_rng_below(&rng, (uint32_t)names + 1);
    for (size_t i = undo_count; i-- > 0;) {
        if (!is_name(&undos[i]))
            data_undo(&undos[i], &rng);
        else if (names-- > survivors)
            name_undo(i);
    }
}

/* True when this operation must fail; does not return when it is the last. */
static bool hit(bool memory)
{
    if (memory != (plan.kind == FAULT_MEMORY))
        return false;
    count++;
    if (undoing || plan.at == 0 || (plan.forever ? count < plan.at : count != plan.at))
        return false;
    fired = true;
    if (plan.kind == FAULT_POWER)
        power_cut();
    if (plan.kind == FAULT_POWER || plan.kind == FAULT_KILL)
        kill(getpid(), SIGKILL);
    return plan.kind == FAULT_ERROR || plan.kind == FAULT_MEMORY;
}

/* --- the calls ------------------------------------------------------------------------------- */

static int fail(int error)
{
    errno = error;
    return -1;
}

static ssize_t faulty_pwrite(int fd, const void *data, size_t size, off_t offset)
{
    if (hit(false))
        return fail(plan.error);
    if (plan.kind == FAULT_POWER)
        undo_add_data(UNDO_WRITE, fd, offset, size);
    return real_pwrite(fd, data, size, offset);
}

static int faulty_ftruncate(int fd, off_t size)
{
    struct stat info;
    if (hit(false))
        return fail(plan.error);
    if (plan.kind == FAULT_POWER && fstat(fd, &info) == 0 && info.st_size > size)
        undo_add_data(UNDO_TRUNCATE, fd, size, (size_t)(info.st_size - size));
    return real_ftruncate(fd, size);
}

static int faulty_unlink(const char *path)
{
    char limbo[PATH_SIZE + 16];
    if (hit(false))
        return fail(plan.error);
    if (plan.kind != FAULT_POWER || access(path, F_OK) != 0)
        return real_unlink(path);
    limbo_path(undo_count, path, limbo);
    undo_add(UNDO_UNLINK, path);
    return real_rename(path, limbo);
}

static int faulty_open(const char *path, int flags, int mode)
{
    bool creates = (flags & O_CREAT) && access(path, F_OK) != 0;
    if (creates && hit(false))
        return fail(plan.error);
    if (creates && plan.kind == FAULT_POWER)
        undo_add(UNDO_CREATE, path);
    return real_open(path, flags, mode);
}

static int faulty_sync(int fd)
{
    if (hit(false))
        return fail(EIO);
    if (plan.kind == FAULT_POWER)
        synced(fd);
    return 0;
}

int fsync(int fd)
{
    return faulty_sync(fd);
}

int fdatasync(int fd)
{
    return faulty_sync(fd);
}

static int faulty_rename(const char *from, const char *to)
{
    if (hit(false))
        return fail(plan.error);
    if (plan.kind == FAULT_POWER && access(from, F_OK) == 0)
        undo_rename(from, to);
    return real_rename(from, to);
}

int rename(const char *from, const char *to)
{
    return faulty_rename(from, to);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    (void)from_folder;
    (void)to_folder;
    if ((flags & RENAME_NOREPLACE) && access(to, F_OK) == 0)
        return fail(EEXIST);
    return faulty_rename(from, to);
}

static void *faulty_malloc(int size)
{
    return hit(true) ? NULL : real_memory.xMalloc(size);
}

static void *faulty_realloc(void *data, int size)
{
    return hit(true) ? NULL : real_memory.xRealloc(data, size);
}

/* --- the controls ---------------------------------------------------------------------------- */

static void memory_install(void)
{
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory);
    sqlite3_mem_methods faulty = real_memory;
    faulty.xMalloc = faulty_malloc;
    faulty.xRealloc = faulty_realloc;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &faulty);
}

void faults_install(void)
{
    memory_install(); /* before SQLite is first used */
    sqlite3_vfs *vfs = sqlite3_vfs_find("unix");
    const struct {
        const char *name;
        void *real;
        sqlite3_syscall_ptr faulty;
    } calls[] = {
        {"pwrite", &real_pwrite, (sqlite3_syscall_ptr)faulty_pwrite},
        {"pwrite64", &real_pwrite, (sqlite3_syscall_ptr)faulty_pwrite},
        {"ftruncate", &real_ftruncate, (sqlite3_syscall_ptr)faulty_ftruncate},
        {"unlink", &real_unlink, (sqlite3_syscall_ptr)faulty_unlink},
        {"open", &real_open, (sqlite3_syscall_ptr)faulty_open},
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        sqlite3_syscall_ptr real = vfs->xGetSystemCall(vfs, calls[i].name);
        if (real)
            memcpy(calls[i].real, &real, sizeof real);
        vfs->xSetSystemCall(vfs, calls[i].name, calls[i].faulty);
    }
}

void faults_plan(struct fault_plan new_plan)
{
    plan = new_plan;
    count = 0;
    fired = false;
}

long faults_count(void)
{
    return count;
}

bool faults_fired(void)
{
    return fired;
}
