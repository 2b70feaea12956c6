/* Every name is opened below the folder; the folder is read only to list it. */
#include "dataset/edf_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "dataset/folder.h"

#define FILE_NAME_SIZE (2 * VR_NAME_SIZE + 8) /* a record's name, an annotator's, a suffix */
#define DISPLAY_SIZE (VR_ERR_TEXT_SIZE / 2)

static const char *const suffixes[] = {".edf", ".EDF", ".bdf", ".BDF", ".rec", ".REC"};
#define SUFFIX_COUNT (sizeof suffixes / sizeof suffixes[0])
#define SUFFIX_SIZE 4

int vr_edf_folder_init(struct vr_edf_folder *folder, const char *path, struct vr_err *err)
{
    *folder = (struct vr_edf_folder){.fd = -1};
    int r = vr_folder_open(path, &folder->fd, err);
    if (r < 0)
        return r;
    folder->path = strdup(path);
    if (folder->path)
        return 0;
    vr_edf_folder_finish(folder);
    return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to open it", path);
}

void vr_edf_folder_finish(struct vr_edf_folder *folder)
{
    free(folder->path);
    if (folder->fd >= 0)
        close(folder->fd);
    *folder = (struct vr_edf_folder){.fd = -1};
}

/* Bytes of a file's name before its suffix; 0 when it has none of ours. */
static size_t stem_size(const char *name)
{
    size_t size = strlen(name);
    for (size_t i = 0; i < SUFFIX_COUNT; i++)
        if (size > SUFFIX_SIZE && strcmp(name + size - SUFFIX_SIZE, suffixes[i]) == 0)
            return name[0] == '.' ? 0 : size - SUFFIX_SIZE;
    return 0;
}

bool vr_edf_folder_probe(const char *path)
{
    _cleanup_closedir_ DIR *dir = opendir(path);
    struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        if (stem_size(entry->d_name))
            return true;
    return false;
}

static int files_list(const char *path, struct vr_names *ret_names, struct vr_err *err)
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
        r = stem_size(entry->d_name) ? vr_names_add(ret_names, entry->d_name, err) : 0;
        if (r < 0)
            return r;
    }
    return errno ? vr_err_set(err, VR_ERR_IO, "%s: %s", path, strerror(errno)) : 0;
}

static int stem_compare(const void *a, const void *b)
{
    size_t x = stem_size(a), y = stem_size(b), shorter = x < y ? x : y;
    int order = memcmp(a, b, shorter);
    return order ? order : x < y ? -1 : x > y;
}

int vr_edf_folder_list(const char *path, struct vr_names *ret_names, struct vr_err *err)
{
    _cleanup_(vr_names_finish) struct vr_names files = {0};
    int r = files_list(path, &files, err);
    if (r == 0 && files.count)
        qsort(files.items, files.count, sizeof *files.items, stem_compare);
    for (size_t i = 0, next; r == 0 && i < files.count; i = next) {
        for (next = i + 1; next < files.count; next++)
            if (stem_compare(files.items[i], files.items[next]) != 0)
                break;
        if (next == i + 1)
            files.items[i][stem_size(files.items[i])] = '\0';
        for (size_t j = i; r == 0 && j < next; j++)
            r = vr_names_add(ret_names, files.items[j], err);
    }
    return r;
}

/* Open NAME, or NAME with the one suffix that is there.  */
static int file_find(
    const struct vr_edf_folder *folder, const char *name, struct vr_folder_file *ret_file,
    char ret_display[DISPLAY_SIZE], struct vr_err *err)
{
    char candidate[FILE_NAME_SIZE];
    size_t found = SUFFIX_COUNT;
    if (stem_size(name)) {
        snprintf(ret_display, DISPLAY_SIZE, "%s/%s", folder->path, name);
        int r = vr_folder_open_file(folder->fd, folder->path, name, ret_file, err);
        if (r != -VR_ERR_NOT_FOUND)
            return r;
    }
    for (size_t i = 0; i < SUFFIX_COUNT; i++) {
        struct vr_folder_file file = {.fd = -1};
        snprintf(candidate, sizeof candidate, "%s%s", name, suffixes[i]);
        int r = vr_folder_open_file(folder->fd, folder->path, candidate, &file, err);
        if (r == -VR_ERR_NOT_FOUND)
            continue;
        if (r == 0 && found < SUFFIX_COUNT) {
            close(file.fd);
            r = vr_err_set(
                err, VR_ERR_INPUT, "%s: holds %s%s and %s; give the name with its suffix",
                folder->path, name, suffixes[found], candidate);
        }
        if (r < 0) {
            if (found < SUFFIX_COUNT)
                close(ret_file->fd);
            return r;
        }
        snprintf(ret_display, DISPLAY_SIZE, "%s/%s", folder->path, candidate);
        *ret_file = file;
        found = i;
    }
    return found < SUFFIX_COUNT
               ? 0
               : vr_err_set(
                     err, VR_ERR_NOT_FOUND, "%s/%s.edf: no such file (nor .bdf, .rec)",
                     folder->path, name);
}

int vr_edf_folder_open(
    const struct vr_edf_folder *folder, const char *name, struct vr_edf_file *ret_file,
    struct vr_err *err)
{
    char display[DISPLAY_SIZE];
    struct vr_folder_file file = {.fd = -1};
    int r = file_find(folder, name, &file, display, err);
    return r < 0 ? r : vr_edf_file_open(&file, display, ret_file, err);
}

/* Bytes of a record's name before its last part. */
static size_t base_size(const char *record)
{
    const char *dash = strrchr(record, '-'), *bar = strrchr(record, '_');
    const char *last = dash > bar ? dash : bar;
    return last ? (size_t)(last - record) : 0;
}

/* SC4001EC-Hypnogram for SC4001E0-PSG: two letters of a file's eight name the night's device or scorer. */
static int sleep_edf_name(
    const struct vr_edf_folder *folder, const char *record, const char *annotator,
    char ret_name[VR_NAME_SIZE], struct vr_err *err)
{
    _cleanup_(vr_names_finish) struct vr_names files = {0};
    bool is_sleep_edf = base_size(record) == 8 &&
                        (strncmp(record, "SC4", 3) == 0 || strncmp(record, "ST7", 3) == 0);
    ret_name[0] = '\0';
    if (!is_sleep_edf)
        return 0;
    int r = files_list(folder->path, &files, err);
    for (size_t i = 0; r == 0 && i < files.count; i++) {
        const char *file = files.items[i];
        bool fits = strncmp(file, record, 6) == 0 && stem_size(file) == 9 + strlen(annotator) &&
                    file[8] == '-' && strncmp(file + 9, annotator, strlen(annotator)) == 0;
        if (fits && ret_name[0])
            r = vr_err_set(
                err, VR_ERR_INPUT, "%s: both %s and %s could annotate %s; keep one of them there",
                folder->path, ret_name, file, record);
        else if (fits)
            strcpy(ret_name, file);
    }
    return r;
}

int vr_edf_folder_open_paired(
    const struct vr_edf_folder *folder, const char *record, const char *annotator,
    struct vr_edf_file *ret_file, struct vr_err *err)
{
    char name[FILE_NAME_SIZE];
    const size_t bases[] = {strlen(record), base_size(record)};
    for (size_t i = 0; i < 4; i++) {
        size_t base = bases[i / 2];
        if (base == 0)
            continue;
        snprintf(name, sizeof name, "%.*s%c%s", (int)base, record, i % 2 ? '_' : '-', annotator);
        int r = vr_edf_folder_open(folder, name, ret_file, err);
        if (r != -VR_ERR_NOT_FOUND)
            return r;
    }
    char found[VR_NAME_SIZE];
    int r = sleep_edf_name(folder, record, annotator, found, err);
    if (r == 0 && found[0])
        return vr_edf_folder_open(folder, found, ret_file, err);
    if (r < 0)
        return r;
    return vr_err_set(
        err, VR_ERR_NOT_FOUND,
        "%s: neither %s.%s nor %s-%s.edf is there, nor a file that the record's name without its "
        "last part leads to; \"edf\" is what the record itself notes",
        folder->path, record, annotator, record, annotator);
}
