/* Every name is opened below the folder; the folder itself is read only to list it. */
#include "dataset/record_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

#define FILE_NAME_SIZE (2 * VR_NAME_SIZE + 16) /* a record's name, an annotator's, a suffix */

size_t vr_record_files_stem(const char *name, const char *const *suffixes)
{
    size_t size = strlen(name);
    for (; *suffixes; suffixes++) {
        size_t suffix = strlen(*suffixes);
        if (size > suffix && strcmp(name + size - suffix, *suffixes) == 0)
            return name[0] == '.' ? 0 : size - suffix;
    }
    return 0;
}

bool vr_record_files_probe(const char *path, const char *const *suffixes)
{
    _cleanup_closedir_ DIR *dir = opendir(path);
    struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        if (vr_record_files_stem(entry->d_name, suffixes))
            return true;
    return false;
}

int vr_record_files_all(
    const char *path, const char *const *suffixes, struct vr_names *ret_names, struct vr_err *err)
{
    int fd;
    int r = vr_folder_open(path, &fd, err);
    if (r < 0)
        return r;
    _cleanup_closedir_ DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return vr_err_set(err, VR_ERR_IO, "%s: %s", path, strerror(errno));
    }
    struct dirent *entry;
    for (errno = 0; (entry = readdir(dir)); errno = 0) {
        bool is_record = vr_record_files_stem(entry->d_name, suffixes) > 0;
        r = is_record ? vr_names_add(ret_names, entry->d_name, err) : 0;
        if (r < 0)
            return r;
    }
    return errno ? vr_err_set(err, VR_ERR_IO, "%s: %s", path, strerror(errno)) : 0;
}

/* By stem. */
static int stem_compare(const void *a, const void *b, void *suffixes)
{
    size_t x = vr_record_files_stem(a, suffixes), y = vr_record_files_stem(b, suffixes);
    int order = memcmp(a, b, x < y ? x : y);
    return order ? order : x < y ? -1 : x > y;
}

int vr_record_files_list(
    const char *path, const char *const *suffixes, struct vr_names *ret_names, struct vr_err *err)
{
    _cleanup_(vr_names_finish) struct vr_names files = {0};
    void *context = (void *)(uintptr_t)suffixes;
    int r = vr_record_files_all(path, suffixes, &files, err);
    if (r == 0 && files.count)
        qsort_r(files.items, files.count, sizeof *files.items, stem_compare, context);
    for (size_t i = 0, next; r == 0 && i < files.count; i = next) {
        for (next = i + 1; next < files.count; next++)
            if (stem_compare(files.items[i], files.items[next], context) != 0)
                break;
        if (next == i + 1)
            files.items[i][vr_record_files_stem(files.items[i], suffixes)] = '\0';
        for (size_t j = i; r == 0 && j < next; j++)
            r = vr_names_add(ret_names, files.items[j], err);
    }
    return r;
}

int vr_record_files_open(
    int folder_fd, const char *path, const char *record, const char *const *suffixes,
    struct vr_folder_file *ret_file, char ret_display[VR_RECORD_FILES_DISPLAY_SIZE],
    struct vr_err *err)
{
    char candidate[FILE_NAME_SIZE];
    const char *found = NULL;
    if (vr_record_files_stem(record, suffixes)) {
        snprintf(ret_display, VR_RECORD_FILES_DISPLAY_SIZE, "%s/%s", path, record);
        int r = vr_folder_open_file(folder_fd, path, record, ret_file, err);
        if (r != -VR_ERR_NOT_FOUND)
            return r;
    }
    for (size_t i = 0; suffixes[i]; i++) {
        struct vr_folder_file file = {.fd = -1};
        snprintf(candidate, sizeof candidate, "%s%s", record, suffixes[i]);
        int r = vr_folder_open_file(folder_fd, path, candidate, &file, err);
        if (r == -VR_ERR_NOT_FOUND)
            continue;
        if (r == 0 && found) {
            close(file.fd);
            r = vr_err_set(
                err, VR_ERR_INPUT, "%s: holds %s%s and %s; give the name with its suffix", path,
                record, found, candidate);
        }
        if (r < 0) {
            if (found)
                close(ret_file->fd);
            return r;
        }
        snprintf(ret_display, VR_RECORD_FILES_DISPLAY_SIZE, "%s/%s", path, candidate);
        *ret_file = file;
        found = suffixes[i];
    }
    return found ? 0
                 : vr_err_set(
                       err, VR_ERR_NOT_FOUND,
                       "%s/%s%s: no such file, nor with another suffix of its kind", path, record,
                       suffixes[0]);
}
