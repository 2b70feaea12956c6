/* LD_PRELOAD: a disk that fails for SQLite, in the unmodified programs.
 *
 * $FAULTY_VFS names a file with one line, which is read again whenever it changes:
 *
 *     OPERATION ERROR FIRST COUNT PATTERN      such as "write ENOSPC 1 -1 /runs/"
 *
 * Of the operations (open, write, sync, truncate, delete, or "any") on files whose path holds PATTERN, the FIRST-th of this process since the line was
 * read (from 1), and COUNT of them (-1 = all that follow), fail with EIO or ENOSPC.  With HANG all of them do not come back
 * while the line stands there.  Nothing fails while the file is empty or not there.
 * Each failure is told in a line of $FAULTY_VFS.log. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct faulty_file {
    sqlite3_file base;
    char path[512];
    sqlite3_file *real; /* behind this */
};

static sqlite3_vfs *unix_vfs;
static const char *order_path;

static struct {
    pthread_mutex_t mutex;
    struct timespec changed;
    ino_t inode;
    char operation[16], error[16], pattern[256];
    long first, count, seen;
} order = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void order_read(void)
{
    struct stat info;
    if (stat(order_path, &info) < 0) {
        order.operation[0] = '\0';
        order.inode = 0;
        return;
    }
    if (info.st_ino == order.inode && info.st_mtim.tv_sec == order.changed.tv_sec &&
        info.st_mtim.tv_nsec == order.changed.tv_nsec)
        return;
    order.inode = info.st_ino;
    order.changed = info.st_mtim;
    order.seen = 0;
    FILE *file = fopen(order_path, "re");
    if (!file || fscanf(
                     file, "%15s %15s %ld %ld %255s", order.operation, order.error, &order.first,
                     &order.count, order.pattern) != 5)
        order.operation[0] = '\0';
    if (file)
        fclose(file);
}

static void tell(const char *operation, const char *path)
{
    char log_path[600], line[700];
    snprintf(log_path, sizeof log_path, "%s.log", order_path);
    int length =
        snprintf(line, sizeof line, "%ld %s %s %s\n", (long)getpid(), operation, order.error, path);
    int fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0)
        return;
    if (write(fd, line, (size_t)length) < 0)
        perror("faulty_vfs");
    close(fd);
}

static bool is_hung(const char *operation, const char *path)
{
    pthread_mutex_lock(&order.mutex);
    order_read();
    bool is_hit = strcmp(order.error, "HANG") == 0 && strcmp(order.operation, operation) == 0 &&
                  strstr(path, order.pattern);
    pthread_mutex_unlock(&order.mutex);
    return is_hit;
}

/* 0, EIO or ENOSPC */
static int fails(const char *operation, const char *path)
{
    int error = 0;
    if (!path)
        return 0;
    while (is_hung(operation, path))
        usleep(5000);
    pthread_mutex_lock(&order.mutex);
    order_read();
    if (order.operation[0] && strcmp(order.error, "HANG") != 0 && strstr(path, order.pattern) &&
        (strcmp(order.operation, operation) == 0 || strcmp(order.operation, "any") == 0)) {
        order.seen++;
        if (order.seen >= order.first &&
            (order.count < 0 || order.seen < order.first + order.count))
            error = strcmp(order.error, "ENOSPC") == 0 ? ENOSPC : EIO;
    }
    if (error)
        tell(operation, path);
    pthread_mutex_unlock(&order.mutex);
    return error;
}

static int code_of(int error, int io_code)
{
    return error == ENOSPC && io_code != SQLITE_CANTOPEN ? SQLITE_FULL : io_code;
}

/* --- a file ---------------------------------------------------------------------------------- */

#define SELF(file) ((struct faulty_file *)(file))
#define REAL(file) (SELF(file)->real)
#define PASS(name, parameters, ...) \
    static int pass_##name parameters \
    { \
        return REAL(file)->pMethods->x##name(REAL(file) __VA_ARGS__); \
    }

PASS(Read, (sqlite3_file * file, void *data, int size, sqlite3_int64 offset), , data, size, offset)
PASS(FileSize, (sqlite3_file * file, sqlite3_int64 *size), , size)
PASS(Lock, (sqlite3_file * file, int lock), , lock)
PASS(Unlock, (sqlite3_file * file, int lock), , lock)
PASS(CheckReservedLock, (sqlite3_file * file, int *ret), , ret)
PASS(FileControl, (sqlite3_file * file, int operation, void *argument), , operation, argument)
PASS(SectorSize, (sqlite3_file * file), )
PASS(DeviceCharacteristics, (sqlite3_file * file), )
PASS(
    ShmMap, (sqlite3_file * file, int page, int size, int extend, void volatile **ret), , page,
    size, extend, ret)
PASS(ShmLock, (sqlite3_file * file, int offset, int n, int flags), , offset, n, flags)
PASS(ShmUnmap, (sqlite3_file * file, int removes), , removes)

static void pass_ShmBarrier(sqlite3_file *file)
{
    REAL(file)->pMethods->xShmBarrier(REAL(file));
}

static int faulty_close(sqlite3_file *file)
{
    return REAL(file)->pMethods->xClose(REAL(file));
}

static int faulty_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset)
{
    int error = fails("write", SELF(file)->path);
    if (error)
        return code_of(error, SQLITE_IOERR_WRITE);
    return REAL(file)->pMethods->xWrite(REAL(file), data, size, offset);
}

static int faulty_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    if (fails("truncate", SELF(file)->path))
        return SQLITE_IOERR_TRUNCATE;
    return REAL(file)->pMethods->xTruncate(REAL(file), size);
}

static int faulty_sync(sqlite3_file *file, int flags)
{
    int error = fails("sync", SELF(file)->path);
    if (error)
        return code_of(error, SQLITE_IOERR_FSYNC);
    return REAL(file)->pMethods->xSync(REAL(file), flags);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, /* no memory maps, so that nothing goes by */
    .xClose = faulty_close,
    .xRead = pass_Read,
    .xWrite = faulty_write,
    .xTruncate = faulty_truncate,
    .xSync = faulty_sync,
    .xFileSize = pass_FileSize,
    .xLock = pass_Lock,
    .xUnlock = pass_Unlock,
    .xCheckReservedLock = pass_CheckReservedLock,
    .xFileControl = pass_FileControl,
    .xSectorSize = pass_SectorSize,
    .xDeviceCharacteristics = pass_DeviceCharacteristics,
    .xShmMap = pass_ShmMap,
    .xShmLock = pass_ShmLock,
    .xShmBarrier = pass_ShmBarrier,
    .xShmUnmap = pass_ShmUnmap,
};

/* --- the file system ------------------------------------------------------------------------- */

static int faulty_open(
    sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *ret_flags)
{
    struct faulty_file *self = SELF(file);
    (void)vfs;
    self->base.pMethods = NULL;
    self->real = (sqlite3_file *)(self + 1);
    snprintf(self->path, sizeof self->path, "%s", path ? path : "");
    if (fails("open", path))
        return SQLITE_CANTOPEN;
    int result = unix_vfs->xOpen(unix_vfs, path, self->real, flags, ret_flags);
    if (self->real->pMethods)
        self->base.pMethods = &methods;
    return result;
}

static int faulty_delete(sqlite3_vfs *vfs, const char *path, int syncs)
{
    (void)vfs;
    if (fails("delete", path))
        return SQLITE_IOERR_DELETE;
    return unix_vfs->xDelete(unix_vfs, path, syncs);
}

__attribute__((constructor)) static void install(void)
{
    static sqlite3_vfs faulty;
    order_path = getenv("FAULTY_VFS");
    unix_vfs = order_path && *order_path ? sqlite3_vfs_find(NULL) : NULL;
    if (!unix_vfs)
        return;
    faulty = *unix_vfs; /* whose other functions take any vfs of this size */
    faulty.zName = "faulty";
    faulty.pNext = NULL;
    faulty.szOsFile = (int)sizeof(struct faulty_file) + unix_vfs->szOsFile;
    faulty.xOpen = faulty_open;
    faulty.xDelete = faulty_delete;
    sqlite3_vfs_register(&faulty, 1);
}
