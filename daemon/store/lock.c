/* The lock file of a writing session. */
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK_STEP_MS 20

/* The last holder removes the file, so what we locked may be a file without a name: then the lock guards nothing. */
static bool lock_is_current(int fd, const char *path)
{
    struct stat held, named;
    return fstat(fd, &held) == 0 && lstat(path, &named) == 0 && held.st_dev == named.st_dev &&
           held.st_ino == named.st_ino;
}

static long lock_holder(int fd)
{
    char text[24] = "";
    ssize_t size = pread(fd, text, sizeof text - 1, 0);
    return size > 0 ? strtol(text, NULL, 10) : 0;
}

static int lock_refuse(const char *path, long holder, struct vr_err *err)
{
    if (holder == (long)getpid())
        return vr_err_set(
            err, VR_ERR_STORE, "%s: this process has it open for writing already", path);
    return vr_err_set(
        err, VR_ERR_STORE,
        "%s: another process (pid %ld) has it open for writing; wait until it ends", path, holder);
}

static int lock_open(const char *path, const char *lock_path, int *ret_fd, struct vr_err *err)
{
    int fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return vr_err_set(
            err, VR_ERR_NOT_FOUND, "%s: its folder does not exist; make it first", path);
    if (fd < 0)
        return vr_err_set(
            err, VR_ERR_IO, "%s: cannot make the lock file: %s", lock_path, strerror(errno));
    *ret_fd = fd;
    return 0;
}

/* One try.  Returns 1 when the lock is ours, 0 when somebody else has it (*ret_holder), or an error. */
static int lock_try(
    const char *path, const char *lock_path, int *ret_fd, long *ret_holder, struct vr_err *err)
{
    int fd = -1;
    int result = lock_open(path, lock_path, &fd, err);
    if (result < 0)
        return result;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        if (lock_is_current(fd, lock_path)) {
            *ret_fd = fd;
            return 1;
        }
    } else if (errno == EWOULDBLOCK) {
        *ret_holder = lock_holder(fd);
    } else {
        result = vr_err_set(err, VR_ERR_IO, "%s: cannot lock: %s", lock_path, strerror(errno));
    }
    close(fd);
    return result;
}

int vr_lock_take(const char *path, int wait_ms, struct vr_lock *ret_lock, struct vr_err *err)
{
    char *lock_path;
    if (asprintf(&lock_path, "%s.lock", path) < 0)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", path);

    int fd = -1, waited_ms = 0, result;
    long holder = 0;
    while ((result = lock_try(path, lock_path, &fd, &holder, err)) == 0) {
        if (holder == (long)getpid() || waited_ms >= wait_ms) {
            result = lock_refuse(path, holder, err);
            break;
        }
        nanosleep(&(struct timespec){.tv_nsec = LOCK_STEP_MS * 1000000L}, NULL);
        waited_ms += LOCK_STEP_MS;
    }
    if (result < 0) {
        free(lock_path);
        return result;
    }
    if (ftruncate(fd, 0) == 0)
        dprintf(fd, "%ld\n", (long)getpid());
    *ret_lock = (struct vr_lock){.fd = fd, .path = lock_path};
    return 0;
}

void vr_lock_release(struct vr_lock *lock)
{
    if (lock->fd >= 0) {
        unlink(lock->path); /* while it is held: a waiter sees that its file has lost its name */
        close(lock->fd);
    }
    free(lock->path);
    *lock = VR_LOCK_NONE;
}
