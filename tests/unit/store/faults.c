/* The failing machine. */
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

static struct fault_plan plan;
static long count;
static bool fired;

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_unlink)(const char *);
static int (*real_open)(const char *, int, int);
static sqlite3_mem_methods real_memory;

/* True when this operation must fail; does not return when it is the last. */
static bool hit(bool memory)
{
    if (memory != (plan.kind == FAULT_MEMORY))
        return false;
    count++;
    if (plan.at == 0 || (plan.forever ? count < plan.at : count != plan.at))
        return false;
    fired = true;
    if (plan.kind == FAULT_KILL)
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
    return real_pwrite(fd, data, size, offset);
}

static int faulty_ftruncate(int fd, off_t size)
{
    if (hit(false))
        return fail(plan.error);
    return real_ftruncate(fd, size);
}

static int faulty_unlink(const char *path)
{
    if (hit(false))
        return fail(plan.error);
    return real_unlink(path);
}

static int faulty_open(const char *path, int flags, int mode)
{
    bool creates = (flags & O_CREAT) && access(path, F_OK) != 0;
    if (creates && hit(false))
        return fail(plan.error);
    return real_open(path, flags, mode);
}

static int faulty_sync(int fd)
{
    (void)fd;
    return hit(false) ? fail(EIO) : 0;
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
    return hit(false) ? fail(EIO) : (int)syscall(SYS_rename, from, to);
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
