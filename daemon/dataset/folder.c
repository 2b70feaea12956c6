/* openat2 does the hard part: the kernel itself refuses every way out, also one that is made
 * between a check and the open. */
#include "dataset/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Not to hang on a FIFO, and not to become the owner of a terminal, before fstat can tell. */
#define FILE_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

#define DIGEST_BYTES 262144

#define DISPLAY_SIZE (VR_ERR_TEXT_SIZE / 2) /* of "folder/file" in an error; longer ones are cut */

static const char *component_fault(const char *name, size_t size)
{
    if (size == 0)
        return "has an empty part";
    if (size <= 2 && memcmp(name, "..", size) == 0)
        return size == 1 ? "has a part \".\"" : "leads out of the folder";
    return NULL;
}

const char *vr_folder_name_fault(const char *name)
{
    if (name[0] == '/')
        return "is an absolute path";
    if (strcmp(name, "-") == 0)
        return "means standard input";
    if (name[0] == '~')
        return "begins with \"~\"";
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return "has a control character";
    for (;; name = strchr(name, '/') + 1) {
        size_t size = strcspn(name, "/");
        const char *fault = component_fault(name, size);
        if (fault || !name[size])
            return fault;
    }
}

int vr_folder_open(const char *path, int *ret_fd, struct vr_err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        *ret_fd = fd;
        return 0;
    }
    if (errno == ENOENT)
        return vr_err_set(err, VR_ERR_NOT_FOUND, "%s: no such folder", path);
    if (errno == ENOTDIR)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: not a folder; give the folder that holds the records", path);
    return vr_err_set(err, VR_ERR_IO, "%s: %s", path, strerror(errno));
}

int vr_folder_open_beside(const char *path, char **ret_folder, int *ret_fd, struct vr_err *err)
{
    struct stat info;
    const char *slash = strrchr(path, '/');
    bool is_file = stat(path, &info) == 0 && S_ISREG(info.st_mode);
    char *folder = !is_file        ? strdup(path)
                   : !slash        ? strdup(".")
                   : slash == path ? strdup("/")
                                   : strndup(path, (size_t)(slash - path));
    if (!folder)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to open it", path);
    int r = vr_folder_open(folder, ret_fd, err);
    if (r < 0) {
        free(folder);
        return r;
    }
    *ret_folder = folder;
    return 0;
}

int vr_folder_walk(int folder_fd, const char *name)
{
    _cleanup_close_ int inner_fd = -1;
    char part[NAME_MAX + 1];
    for (;;) {
        size_t size = strcspn(name, "/");
        if (size > NAME_MAX) {
            errno = ENAMETOOLONG;
            return -1;
        }
        memcpy(part, name, size);
        part[size] = '\0';
        int at = inner_fd >= 0 ? inner_fd : folder_fd;
        if (!name[size])
            return openat(at, part, FILE_FLAGS | O_NOFOLLOW);
        int fd = openat(at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
            return -1;
        vr_closep(&inner_fd);
        inner_fd = fd;
        name += size + 1;
    }
}

static int open_beneath(int folder_fd, const char *name)
{
    struct open_how how = {
        .flags = FILE_FLAGS,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS,
    };
    int fd = (int)syscall(SYS_openat2, folder_fd, name, &how, sizeof how);
    /* EPERM: old container sandboxes refuse every call that they do not know. */
    return fd < 0 && (errno == ENOSYS || errno == EPERM) ? vr_folder_walk(folder_fd, name) : fd;
}

static _Thread_local const struct vr_folder_witness *present_witness;

void vr_folder_set_witness(const struct vr_folder_witness *witness)
{
    present_witness = witness;
}

/* Take fd, or fail from errno when it is negative. */
static int file_take(
    int fd, const char *display, struct vr_folder_file *ret_file, struct vr_err *err)
{
    _cleanup_close_ int owned = fd;
    struct stat info;
    if (fd < 0 && errno == ENOENT)
        return vr_err_set(err, VR_ERR_NOT_FOUND, "%s: no such file", display);
    if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: a symbolic link or not a folder on the way; put the file itself there", display);
    if (fd < 0 || fstat(fd, &info) < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", display, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: not a regular file; only those are read", display);
    *ret_file = (struct vr_folder_file){.fd = fd, .size = info.st_size, .changed = info.st_mtim};
    owned = -1;
    if (present_witness)
        present_witness->fn(present_witness->context, display, ret_file);
    return 0;
}

int vr_folder_open_file(
    int folder_fd, const char *path, const char *name, struct vr_folder_file *ret_file,
    struct vr_err *err)
{
    char display[DISPLAY_SIZE];
    snprintf(display, sizeof display, "%s/%s", path, name);
    const char *fault = vr_folder_name_fault(name);
    if (fault)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: the name %s; only files inside the folder are read", display,
            fault);
    return file_take(open_beneath(folder_fd, name), display, ret_file, err);
}

int vr_folder_file_read(
    const struct vr_folder_file *file, const char *display, int64_t offset, size_t size,
    void *ret_bytes, struct vr_err *err)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = pread(file->fd, (char *)ret_bytes + done, size - done, offset + (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return vr_err_set(err, VR_ERR_IO, "%s: %s", display, strerror(errno));
        if (n == 0)
            break;
        done += (size_t)n;
    }
    struct stat now;
    if (fstat(file->fd, &now) < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", display, strerror(errno));
    if (done < size || now.st_size != file->size || now.st_mtim.tv_sec != file->changed.tv_sec ||
        now.st_mtim.tv_nsec != file->changed.tv_nsec)
        return vr_err_set(
            err, VR_ERR_IO,
            "%s: changed while it was read (%" PRId64 " bytes when opened, now %" PRId64
            "); run again when nobody writes to it",
            display, file->size, (int64_t)now.st_size);
    return 0;
}

int vr_folder_file_digest(
    const struct vr_folder_file *file, const char *display, char ret_hex[VR_DIGEST_HEX_SIZE],
    struct vr_err *err)
{
    struct vr_digest digest;
    _cleanup_free_ uint8_t *bytes = malloc(DIGEST_BYTES);
    if (!bytes)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to read it", display);
    vr_digest_init(&digest);
    for (int64_t done = 0; done < file->size;) {
        int64_t left = file->size - done;
        size_t size = left < DIGEST_BYTES ? (size_t)left : DIGEST_BYTES;
        int r = vr_folder_file_read(file, display, done, size, bytes, err);
        if (r < 0)
            return r;
        vr_digest_update(&digest, bytes, size);
        done += (int64_t)size;
    }
    vr_digest_finish(&digest, ret_hex);
    return 0;
}

/* Read all of a file and close it. */
static int file_load(
    const struct vr_folder_file *file, const char *display, size_t size_max, uint8_t **ret_bytes,
    size_t *ret_size, struct vr_err *err)
{
    int r;
    uint8_t *bytes = NULL;
    size_t size = (size_t)file->size;
    if (file->size > (int64_t)size_max)
        r = vr_err_set(
            err, VR_ERR_INPUT, "%s: %" PRId64 " bytes; a file of this kind may have at most %zu",
            display, file->size, size_max);
    else if (!(bytes = malloc(size + 1))) /* never 0, which malloc may answer with NULL */
        r = vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory for %zu bytes", display, size);
    else
        r = vr_folder_file_read(file, display, 0, size, bytes, err);
    close(file->fd);
    if (r < 0) {
        free(bytes);
        return r;
    }
    *ret_bytes = bytes;
    *ret_size = size;
    return 0;
}

int vr_folder_load_file(
    int folder_fd, const char *path, const char *name, size_t size_max, uint8_t **ret_bytes,
    size_t *ret_size, struct vr_err *err)
{
    struct vr_folder_file file = {.fd = -1};
    int r = vr_folder_open_file(folder_fd, path, name, &file, err);
    if (r < 0)
        return r;
    char display[DISPLAY_SIZE];
    snprintf(display, sizeof display, "%s/%s", path, name);
    return file_load(&file, display, size_max, ret_bytes, ret_size, err);
}

int vr_folder_open_path(const char *path, struct vr_folder_file *ret_file, struct vr_err *err)
{
    return file_take(open(path, FILE_FLAGS), path, ret_file, err);
}

int vr_folder_load_path(
    const char *path, size_t size_max, uint8_t **ret_bytes, size_t *ret_size, struct vr_err *err)
{
    struct vr_folder_file file = {.fd = -1};
    int r = vr_folder_open_path(path, &file, err);
    return r < 0 ? r : file_load(&file, path, size_max, ret_bytes, ret_size, err);
}
