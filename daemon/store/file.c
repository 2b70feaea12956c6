/* Names on the disk that are safe to rely on. */
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

const char *const vr_file_suffixes[VR_FILE_SUFFIXES] = {"-wal", "-shm", "-journal", ""};

bool vr_file_side_exists(const char *path, const char *suffix)
{
    struct stat info;
    _cleanup_free_ char *side = NULL;
    if (asprintf(&side, "%s%s", path, suffix) < 0)
        return true;
    return stat(side, &info) == 0 && info.st_size > 0;
}

void vr_file_remove(const char *path)
{
    for (size_t i = 0; i < VR_FILE_SUFFIXES; i++) {
        _cleanup_free_ char *side = NULL;
        if (asprintf(&side, "%s%s", path, vr_file_suffixes[i]) > 0)
            unlink(side);
    }
}

int vr_file_sync_folder(const char *path, struct vr_err *err)
{
    _cleanup_free_ char *copy = strdup(path);
    if (!copy)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", path);
    _cleanup_close_ int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: cannot sync its folder: %s", path, strerror(errno));
    return 0;
}

int vr_file_sync(const char *path, struct vr_err *err)
{
    _cleanup_close_ int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fsync(fd) < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: cannot sync: %s", path, strerror(errno));
    return 0;
}

int vr_file_replace(const char *from, const char *to, struct vr_err *err)
{
    int result = vr_file_sync(from, err);
    if (result < 0)
        return result;
    if (rename(from, to) < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: cannot name it %s: %s", from, to, strerror(errno));
    return vr_file_sync_folder(to, err);
}

const char *vr_file_time(long long utc_ns, char *buffer)
{
    struct tm broken;
    time_t seconds = (time_t)(utc_ns / 1000000000);
    if (!gmtime_r(&seconds, &broken) ||
        strftime(buffer, VR_FILE_TIME_SIZE, "%Y%m%dT%H%M%SZ", &broken) == 0)
        strcpy(buffer, "19700101T000000Z");
    return buffer;
}
