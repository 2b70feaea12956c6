/* A component at a time: what is made may not be a symbolic link, and nothing is followed on the way to it. */
#include "dataset/folder_place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "dataset/folder.h"

#define FOLDER_MODE 0750 /* recordings of people: not for everybody */

static int failed(const char *path, const char *name, struct vr_err *err)
{
    if (errno == ELOOP || errno == ENOTDIR)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s/%s: a symbolic link or a file stands where a folder is wanted; move it away", path,
            name);
    if (errno == EISDIR)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s/%s: a folder stands where the file is wanted; move it away",
            path, name);
    return vr_err_set(err, VR_ERR_IO, "%s/%s: %s", path, name, strerror(errno));
}

static int open_folder(int at, const char *part)
{
    return openat(at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Make and open the folder of the first `size` bytes of a name; size 0 = the folder itself. */
static int make(int folder_fd, const char *name, size_t size)
{
    _cleanup_close_ int inner = open_folder(folder_fd, ".");
    char part[NAME_MAX + 1];
    for (size_t start = 0; inner >= 0 && start < size;) {
        size_t length = strcspn(name + start, "/");
        if (length > size - start)
            length = size - start;
        if (length > NAME_MAX) {
            errno = ENAMETOOLONG;
            return -1;
        }
        memcpy(part, name + start, length);
        part[length] = '\0';
        if (mkdirat(inner, part, FOLDER_MODE) < 0 && errno != EEXIST)
            return -1;
        int next = open_folder(inner, part);
        int error = errno;
        close(inner);
        inner = next;
        errno = error;
        start += length + 1;
    }
    int fd = inner;
    inner = -1;
    return fd;
}

static int name_check(const char *path, const char *name, struct vr_err *err)
{
    const char *fault = vr_folder_name_fault(name);
    return fault ? vr_err_set(
                       err, VR_ERR_INPUT,
                       "%s/%s: the name %s; only files inside the folder are written", path, name,
                       fault)
                 : 0;
}

int vr_folder_make(
    int folder_fd, const char *path, const char *name, int *ret_fd, struct vr_err *err)
{
    int r = name_check(path, name, err);
    if (r < 0)
        return r;
    int fd = make(folder_fd, name, strlen(name));
    if (fd < 0)
        return failed(path, name, err);
    *ret_fd = fd;
    return 0;
}

int vr_folder_place(
    int from_fd, const char *from, int folder_fd, const char *path, const char *name,
    struct vr_err *err)
{
    int r = name_check(path, name, err);
    if (r < 0)
        return r;
    const char *slash = strrchr(name, '/');
    _cleanup_close_ int fd = make(folder_fd, name, slash ? (size_t)(slash - name) : 0);
    if (fd < 0 || renameat(from_fd, from, fd, slash ? slash + 1 : name) < 0)
        return failed(path, name, err);
    return 0;
}
