/* Every name is opened below the folder; the folder is read only to list it. */
#include "dataset/edf_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "dataset/folder.h"
#include "dataset/record_files.h"

#define FILE_NAME_SIZE (2 * VR_NAME_SIZE + 8) /* a record's name, an annotator's, a suffix */

static const char *const suffixes[] = {".edf", ".EDF", ".bdf", ".BDF", ".rec", ".REC", NULL};

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

bool vr_edf_folder_probe(const char *path)
{
    return vr_record_files_probe(path, suffixes);
}

int vr_edf_folder_list(const char *path, struct vr_names *ret_names, struct vr_err *err)
{
    return vr_record_files_list(path, suffixes, ret_names, err);
}

int vr_edf_folder_open(
    const struct vr_edf_folder *folder, const char *name, struct vr_edf_file *ret_file,
    struct vr_err *err)
{
    char display[VR_RECORD_FILES_DISPLAY_SIZE];
    struct vr_folder_file file = {.fd = -1};
    int r = vr_record_files_open(folder->fd, folder->path, name, suffixes, &file, display, err);
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
    int r = vr_record_files_all(folder->path, suffixes, &files, err);
    for (size_t i = 0; r == 0 && i < files.count; i++) {
        const char *file = files.items[i];
        bool fits = strncmp(file, record, 6) == 0 &&
                    vr_record_files_stem(file, suffixes) == 9 + strlen(annotator) &&
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

/* The other part of a file's name that could annotate the record; NULL = none could. */
static const char *annotator_part(const char *file, size_t stem, const char *record)
{
    char name[VR_NAME_SIZE];
    memcpy(name, file, stem);
    name[stem] = '\0';
    size_t base = base_size(name);
    bool fits = (base == strlen(record) && strncmp(name, record, base) == 0) ||
                (base == base_size(record) && strncmp(name, record, base) == 0) ||
                (base == 8 && base_size(record) == 8 && strncmp(name, record, 6) == 0);
    return base && fits && strcmp(name, record) != 0 ? file + base + 1 : NULL;
}

int vr_edf_folder_annotators(
    const char *path, const char *record, struct vr_names *ret_names, struct vr_err *err)
{
    _cleanup_(vr_names_finish) struct vr_names files = {0};
    int r = vr_record_files_all(path, suffixes, &files, err);
    for (size_t i = 0; r == 0 && i < files.count; i++) {
        size_t stem = vr_record_files_stem(files.items[i], suffixes);
        const char *part = annotator_part(files.items[i], stem, record);
        char name[VR_NAME_SIZE];
        if (!part || files.items[i] + stem <= part)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)(files.items[i] + stem - part), part);
        r = vr_names_add(ret_names, name, err);
    }
    return r;
}
