/* Unpacked as a whole, since rows are read by position and a packed file has none. */
#include "dataset/csv_archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zip.h>

#include "base/cleanup.h"

#define BLOCK_SIZE 65536

static void zip_discardp(zip_t **archive)
{
    if (*archive)
        zip_discard(*archive);
}

static void zip_fclosep(zip_file_t **file)
{
    if (*file)
        zip_fclose(*file);
}

/* Take the open file; NULL with ret_why filled when it is no archive. */
static zip_t *archive_take(int fd, char ret_why[128])
{
    zip_error_t error;
    zip_error_init(&error);
    FILE *file = fdopen(fd, "rb");
    if (!file)
        close(fd);
    zip_source_t *source = file ? zip_source_filep_create(file, 0, -1, &error) : NULL;
    if (file && !source)
        fclose(file);
    zip_t *archive = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : NULL;
    if (source && !archive)
        zip_source_free(source);
    if (!archive)
        snprintf(ret_why, 128, "%s", file ? zip_error_strerror(&error) : strerror(errno));
    zip_error_fini(&error);
    return archive;
}

static int file_unnamed(int *ret_fd, struct vr_err *err)
{
    const char *folder = getenv("TMPDIR");
    char name[4096];
    snprintf(name, sizeof name, "%s/vitalrig-XXXXXX", folder && folder[0] ? folder : "/tmp");
    *ret_fd = mkostemp(name, O_CLOEXEC);
    if (*ret_fd < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", name, strerror(errno));
    unlink(name);
    return 0;
}

static int bytes_write(int fd, const char *bytes, size_t size)
{
    while (size) {
        ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        bytes += n;
        size -= (size_t)n;
    }
    return 0;
}

/* Copy until the end, where the archive's checksum is compared. */
static int entry_unpack(zip_file_t *entry, int fd, const char *display, struct vr_err *err)
{
    char bytes[BLOCK_SIZE];
    int64_t total = 0;
    zip_int64_t n;
    while ((n = zip_fread(entry, bytes, sizeof bytes)) > 0) {
        total += n;
        if (total > VR_CSV_UNPACKED_SIZE_MAX)
            return vr_err_set(
                err, VR_ERR_INPUT, "%s: more than %lld bytes when unpacked; unpack the archive",
                display, (long long)VR_CSV_UNPACKED_SIZE_MAX);
        if (bytes_write(fd, bytes, (size_t)n) < 0)
            return vr_err_set(
                err, VR_ERR_IO, "%s: cannot be unpacked: %s", display, strerror(errno));
    }
    if (n < 0)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: %s; unpack it with another program, to see whether it is whole",
            display, zip_file_strerror(entry));
    return 0;
}

static int entry_open(
    zip_t *archive, const char *name, const char *display, struct vr_folder_file *ret_file,
    struct vr_err *err)
{
    zip_int64_t index = zip_name_locate(archive, name, 0);
    if (index < 0)
        return vr_err_set(err, VR_ERR_NOT_FOUND, "%s: no such file in the archive", display);
    zip_stat_t claim;
    if (zip_stat_index(archive, (zip_uint64_t)index, 0, &claim) < 0 ||
        !(claim.valid & ZIP_STAT_SIZE) || claim.size > VR_CSV_UNPACKED_SIZE_MAX)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: too large when unpacked, or of unknown size (at most %lld bytes are read so); "
            "unpack "
            "the archive",
            display, (long long)VR_CSV_UNPACKED_SIZE_MAX);
    _cleanup_(zip_fclosep) zip_file_t *entry = zip_fopen_index(archive, (zip_uint64_t)index, 0);
    if (!entry)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: cannot be unpacked: %s", display, zip_strerror(archive));
    int fd;
    struct stat info;
    int r = file_unnamed(&fd, err);
    if (r < 0)
        return r;
    r = entry_unpack(entry, fd, display, err);
    if (r == 0 && fstat(fd, &info) < 0)
        r = vr_err_set(err, VR_ERR_IO, "%s: %s", display, strerror(errno));
    if (r < 0) {
        close(fd);
        return r;
    }
    *ret_file = (struct vr_folder_file){.fd = fd, .size = info.st_size, .changed = info.st_mtim};
    return 0;
}

/* Open FOLDER.zip for the first `size` bytes of a name; *ret_archive stays NULL when there is none. */
static int archive_open(
    int folder_fd, const char *path, const char *name, size_t size, zip_t **ret_archive,
    struct vr_err *err)
{
    char archive[512], why[128];
    struct vr_folder_file file = {.fd = -1};
    if (size + sizeof VR_CSV_ARCHIVE_SUFFIX > sizeof archive)
        return 0;
    snprintf(archive, sizeof archive, "%.*s" VR_CSV_ARCHIVE_SUFFIX, (int)size, name);
    int r = vr_folder_open_file(folder_fd, path, archive, &file, err);
    if (r < 0)
        return r == -VR_ERR_NOT_FOUND ? 0 : r;
    *ret_archive = archive_take(file.fd, why);
    if (*ret_archive)
        return 0;
    return vr_err_set(err, VR_ERR_INPUT, "%s/%s: no zip archive: %s", path, archive, why);
}

/* Look for the archive of every folder on the way.  *ret_archive stays NULL when there is none. */
static int archive_find(
    int folder_fd, const char *path, const char *name, zip_t **ret_archive, const char **ret_entry,
    struct vr_err *err)
{
    for (const char *c = strchr(name, '/'); c; c = strchr(c + 1, '/')) {
        int r = archive_open(folder_fd, path, name, (size_t)(c - name), ret_archive, err);
        *ret_entry = c + 1;
        if (r < 0 || *ret_archive)
            return r;
    }
    return 0;
}

int vr_csv_archive_open(
    int folder_fd, const char *path, const char *name, struct vr_folder_file *ret_file,
    struct vr_err *err)
{
    struct vr_err archive_err = {0};
    _cleanup_(zip_discardp) zip_t *archive = NULL;
    const char *entry = name;
    int r = vr_folder_open_file(folder_fd, path, name, ret_file, err);
    if (r != -VR_ERR_NOT_FOUND)
        return r;
    int s = archive_find(folder_fd, path, name, &archive, &entry, &archive_err);
    if (s < 0) {
        if (err)
            *err = archive_err;
        return s;
    }
    if (!archive)
        return r;
    char display[VR_ERR_TEXT_SIZE / 2];
    snprintf(
        display, sizeof display, "%s/%.*s" VR_CSV_ARCHIVE_SUFFIX "/%s", path,
        (int)(entry - name - 1), name, entry);
    return entry_open(archive, entry, display, ret_file, err);
}

bool vr_csv_archive_has(int folder_fd, const char *path, const char *name)
{
    struct vr_folder_file file = {.fd = -1};
    _cleanup_(zip_discardp) zip_t *archive = NULL;
    const char *entry;
    if (vr_folder_open_file(folder_fd, path, name, &file, NULL) == 0) {
        close(file.fd);
        return true;
    }
    return archive_find(folder_fd, path, name, &archive, &entry, NULL) == 0 && archive &&
           zip_name_locate(archive, entry, 0) >= 0;
}
