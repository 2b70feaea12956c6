/* A pattern has one component with a '*'; entries of the folder before it are candidates. */
#include "dataset/csv_names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "dataset/csv_archive.h"
#include "dataset/folder.h"

int vr_csv_names_fill(
    const char *pattern, const char *record, char ret_name[VR_CSV_FILE_NAME_SIZE],
    struct vr_err *err)
{
    const char *star = strchr(pattern, '*');
    if (!star) {
        snprintf(ret_name, VR_CSV_FILE_NAME_SIZE, "%s", pattern);
        return 0;
    }
    if (!record[0] || record[0] == '.' || strchr(record, '/') || strlen(record) >= VR_NAME_SIZE)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "\"%.60s\" is no name of a record here: it stands for the * in \"%s\"", record,
            pattern);
    snprintf(
        ret_name, VR_CSV_FILE_NAME_SIZE, "%.*s%s%s", (int)(star - pattern), pattern, record,
        star + 1);
    return 0;
}

/* The component of the pattern that has the '*'. */
struct component {
    const char *start, *star, *end; /* of the component; end is '/' or NUL */
};

static struct component component_of(const char *pattern)
{
    struct component part = {pattern, strchr(pattern, '*'), NULL};
    for (const char *c = pattern; c < part.star; c++)
        if (*c == '/')
            part.start = c + 1;
    part.end = part.star + strcspn(part.star, "/");
    return part;
}

static bool ends_with(const char *text, size_t size, const char *suffix, size_t suffix_size)
{
    return size >= suffix_size && memcmp(text + size - suffix_size, suffix, suffix_size) == 0;
}

/* What stands for the '*' in the name of an entry of the folder, which goes on until `size`; false when
 * it does not fit. */
static bool entry_match(
    const struct component *part, const char *entry, size_t size, char ret_record[VR_NAME_SIZE])
{
    size_t before = (size_t)(part->star - part->start);
    size_t behind = (size_t)(part->end - part->star) - 1;
    if (entry[0] == '.' || size <= before + behind || entry[before] == '.' ||
        strncmp(entry, part->start, before) != 0 ||
        !ends_with(entry, size, part->star + 1, behind) || size - before - behind >= VR_NAME_SIZE)
        return false;
    memcpy(ret_record, entry + before, size - before - behind);
    ret_record[size - before - behind] = '\0';
    return true;
}

/* The size of an entry's name; of an archive for a folder without the suffix.  0 = its folder is there
 * too, and goes before. */
static size_t entry_size(const struct component *part, DIR *dir, const char *entry)
{
    char folder[NAME_MAX + 1];
    size_t size = strlen(entry), suffix = sizeof VR_CSV_ARCHIVE_SUFFIX - 1;
    if (!*part->end || !ends_with(entry, size, VR_CSV_ARCHIVE_SUFFIX, suffix))
        return size;
    size -= suffix;
    snprintf(folder, sizeof folder, "%.*s", (int)size, entry);
    return size && faccessat(dirfd(dir), folder, F_OK, AT_SYMLINK_NOFOLLOW) < 0 ? size : 0;
}

static int entries_match(
    DIR *dir, int folder_fd, const char *path, const char *pattern, struct vr_names *ret_names,
    struct vr_err *err)
{
    struct component part = component_of(pattern);
    struct dirent *entry;
    char record[VR_NAME_SIZE], name[VR_CSV_FILE_NAME_SIZE];
    for (errno = 0; (entry = readdir(dir)); errno = 0) {
        size_t size = entry_size(&part, dir, entry->d_name);
        if (!entry_match(&part, entry->d_name, size, record))
            continue;
        int r = vr_csv_names_fill(pattern, record, name, err);
        if (r == 0 && vr_csv_archive_has(folder_fd, path, name))
            r = vr_names_add(ret_names, record, err);
        if (r < 0)
            return r;
    }
    return errno ? vr_err_set(err, VR_ERR_IO, "%s: %s", path, strerror(errno)) : 0;
}

int vr_csv_names_list(
    int folder_fd, const char *path, const char *pattern, struct vr_names *ret_names,
    struct vr_err *err)
{
    struct component part = component_of(pattern);
    char folder[VR_CSV_FILE_NAME_SIZE] = ".";
    if (part.start > pattern)
        snprintf(folder, sizeof folder, "%.*s", (int)(part.start - pattern - 1), pattern);
    int fd = vr_folder_walk(folder_fd, folder);
    _cleanup_closedir_ DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir)
        return entries_match(dir, folder_fd, path, pattern, ret_names, err);
    enum vr_err_code code = errno == ENOENT ? VR_ERR_NOT_FOUND : VR_ERR_IO;
    int r = vr_err_set(err, code, "%s/%s: %s", path, folder, strerror(errno));
    if (fd >= 0)
        close(fd);
    return r;
}
