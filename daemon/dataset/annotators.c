/* RECORD.NAME in the folder is an annotator NAME when it ends as an annotation file does: in a word of zero, or, in the AHA format, in a whole
 * number of 16 bytes that begin with zero. */
#include "dataset/annotators.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "dataset/folder.h"
#include "dataset/subjects.h"

#define SUFFIX_SIZE_MAX 32
#define AHA_SIZE 16
#define LINE_SIZE_MAX 256

static bool ends_as_annotations(int folder_fd, const char *path, const char *name)
{
    struct vr_folder_file file;
    uint8_t first = 1, last[2] = {1, 1};
    if (vr_folder_open_file(folder_fd, path, name, &file, NULL) < 0)
        return false;
    bool is_one = file.size >= 2 && pread(file.fd, &first, 1, 0) == 1 &&
                  pread(file.fd, last, 2, (off_t)(file.size - 2)) == 2 &&
                  ((last[0] == 0 && last[1] == 0) || (first == 0 && file.size % AHA_SIZE == 0));
    close(file.fd);
    return is_one;
}

/* "atr" of "100.atr", when it is one of the record; NULL when it is not. */
static const char *suffix_of(const char *file, const char *record)
{
    static const char *const others[] = {"hea", "dat", "json", "csv", "edf",
                                         "bdf", "rec", "mat",  "ecg", "hol"};
    size_t size = strlen(record);
    if (strncmp(file, record, size) != 0 || file[size] != '.')
        return NULL;
    const char *suffix = file + size + 1;
    if (!*suffix || strchr(suffix, '.') || strlen(suffix) > SUFFIX_SIZE_MAX)
        return NULL;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcasecmp(suffix, others[i]) == 0)
            return NULL;
    return suffix;
}

/* Two columns, to go by the first line. */
static bool is_table(int folder_fd, const char *path, const char *name)
{
    struct vr_folder_file file;
    char line[LINE_SIZE_MAX];
    size_t commas = 0;
    if (vr_folder_open_file(folder_fd, path, name, &file, NULL) < 0)
        return false;
    ssize_t size = pread(file.fd, line, sizeof line, 0);
    close(file.fd);
    for (ssize_t i = 0; i < size && line[i] != '\n'; i++)
        commas += line[i] == ',';
    return commas == 1;
}

/* A table in the folder may hold labels of whole records. */
static int table_add(
    struct vr_names *names, int folder_fd, const char *path, const char *file, struct vr_err *err)
{
    char name[VR_NAME_SIZE];
    size_t size = strlen(file);
    if (size <= 4 || size - 4 >= sizeof name || strcmp(file + size - 4, ".csv") != 0 ||
        strcmp(file, VR_SUBJECTS_FILE) == 0 || !is_table(folder_fd, path, file))
        return 0;
    memcpy(name, file, size - 4);
    name[size - 4] = '\0';
    return vr_names_add(names, name, err);
}

/* `inside` is the record's folder below `path`, with a slash, or "". */
static int folder_look(
    struct vr_names *names, const char *path, const char *inside, const char *record,
    struct vr_err *err)
{
    _cleanup_free_ char *folder = NULL;
    if (asprintf(&folder, "%s/%s", path, inside) < 0) {
        folder = NULL;
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to look for annotators", path);
    }
    _cleanup_closedir_ DIR *dir = opendir(folder);
    struct dirent *entry;
    int r = 0;
    while (r == 0 && dir && (entry = readdir(dir))) {
        const char *suffix = suffix_of(entry->d_name, record);
        if (suffix && ends_as_annotations(dirfd(dir), folder, entry->d_name))
            r = vr_names_add(names, suffix, err);
        else if (!*inside)
            r = table_add(names, dirfd(dir), folder, entry->d_name, err);
    }
    return r;
}

static int name_compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

int vr_dataset_annotators(
    const char *kind, const char *path, const char *record, struct vr_names *ret_names,
    struct vr_err *err)
{
    struct vr_names names = {0};
    _cleanup_free_ char *folder = NULL;
    _cleanup_close_ int folder_fd = -1;
    char inside[VR_NAME_SIZE] = "";
    const char *slash = strrchr(record, '/');
    const struct vr_dataset_driver *driver = vr_dataset_find(kind, path, err);
    if (!driver)
        return err ? -err->code : -VR_ERR_INPUT;
    if (slash && (size_t)(slash - record) + 2 <= sizeof inside && !vr_folder_name_fault(record)) {
        memcpy(inside, record, (size_t)(slash - record) + 1);
        inside[slash - record + 1] = '\0';
    }
    int r = driver->annotators ? driver->annotators(path, record, &names, err) : 0;
    if (r == 0 && vr_folder_open_beside(path, &folder, &folder_fd, NULL) == 0)
        r = folder_look(&names, folder, inside, slash ? slash + 1 : record, err);
    if (r < 0) {
        vr_names_finish(&names);
        return r;
    }
    if (names.count)
        qsort(names.items, names.count, sizeof *names.items, name_compare);
    size_t kept = 0;
    for (size_t i = 0; i < names.count; i++)
        if (i == 0 || strcmp(names.items[i], names.items[kept - 1]) != 0)
            memmove(names.items[kept++], names.items[i], sizeof *names.items);
    names.count = kept;
    *ret_names = names;
    return 0;
}
