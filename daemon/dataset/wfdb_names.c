/* Folders below are entered only where RECORDS says so: a dataset may have thousands of them. */
#include "dataset/wfdb_names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "dataset/folder.h"
#include "dataset/slice.h"

#define HEADER_SUFFIX ".hea"
#define RECORDS_FILE "RECORDS"
#define RECORDS_SIZE_MAX ((size_t)1 << 26) /* the longest known has 5 MB */

static bool is_header_name(const char *name)
{
    size_t size = strlen(name), suffix = sizeof HEADER_SUFFIX - 1;
    return name[0] != '.' && size > suffix && strcmp(name + size - suffix, HEADER_SUFFIX) == 0;
}

static int headers_list(
    int folder_fd, const char *path, struct vr_names *ret_names, struct vr_err *err)
{
    int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    _cleanup_closedir_ DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        vr_err_set(err, VR_ERR_IO, "%s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return -VR_ERR_IO;
    }
    struct dirent *entry;
    for (errno = 0; (entry = readdir(dir)); errno = 0) {
        if (!is_header_name(entry->d_name))
            continue;
        entry->d_name[strlen(entry->d_name) - (sizeof HEADER_SUFFIX - 1)] = '\0';
        int r = vr_names_add(ret_names, entry->d_name, err);
        if (r < 0)
            return r;
    }
    if (errno)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", path, strerror(errno));
    return 0;
}

/* A record below the folder whose header is there. */
static bool is_there(int folder_fd, const char *path, struct vr_slice line, char name[VR_NAME_SIZE])
{
    char header[VR_NAME_SIZE + sizeof HEADER_SUFFIX];
    struct vr_folder_file file;
    if (line.size == 0 || line.size >= VR_NAME_SIZE || !memchr(line.text, '/', line.size))
        return false;
    memcpy(name, line.text, line.size);
    name[line.size] = '\0';
    snprintf(header, sizeof header, "%s" HEADER_SUFFIX, name);
    if (vr_folder_open_file(folder_fd, path, header, &file, NULL) < 0)
        return false;
    close(file.fd);
    return true;
}

/* Calls for each record that RECORDS names below, until one answers other than 0. */
static int records_each(
    int folder_fd, const char *path,
    int (*take)(struct vr_names *names, const char *name, struct vr_err *err),
    struct vr_names *names, struct vr_err *err)
{
    _cleanup_free_ uint8_t *text = NULL;
    char name[VR_NAME_SIZE];
    size_t size;
    int r = vr_folder_load_file(folder_fd, path, RECORDS_FILE, RECORDS_SIZE_MAX, &text, &size, err);
    if (r == -VR_ERR_NOT_FOUND)
        return 0;
    struct vr_slice rest = {(const char *)text, r < 0 ? 0 : size};
    while (r == 0 && rest.size) {
        struct vr_slice line = vr_slice_trim(vr_slice_take(&rest, "\r\n"));
        while (vr_slice_skip(&rest, '\n') || vr_slice_skip(&rest, '\r'))
            ;
        if (is_there(folder_fd, path, line, name))
            r = take(names, name, err);
    }
    return r;
}

int vr_wfdb_names_list(const char *path, struct vr_names *ret_names, struct vr_err *err)
{
    _cleanup_close_ int fd = -1;
    int r = vr_folder_open(path, &fd, err);
    if (r == 0)
        r = headers_list(fd, path, ret_names, err);
    return r < 0 ? r : records_each(fd, path, vr_names_add, ret_names, err);
}

static int take_first(struct vr_names *names, const char *name, struct vr_err *err)
{
    (void)names;
    (void)name;
    (void)err;
    return 1;
}

bool vr_wfdb_names_any(const char *path)
{
    _cleanup_closedir_ DIR *dir = opendir(path);
    struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        if (is_header_name(entry->d_name))
            return true;
    return dir && records_each(dirfd(dir), path, take_first, NULL, NULL) == 1;
}
