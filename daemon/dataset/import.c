/* The record is made whole in a folder of its own, then its files are moved to where they belong, the header last: without it there is no
 * record. */
#include "dataset/import.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "dataset/annotators.h"
#include "dataset/comments.h"
#include "dataset/folder.h"
#include "dataset/folder_place.h"
#include "dataset/provenance.h"
#include "dataset/subjects_add.h"
#include "dataset/wfdb_write.h"

#define WORK_FOLDER ".vitalrig-import"
#define FILES_MAX 1024

struct importing {
    const struct vr_import *import;
    struct vr_imported *imported;
    struct vr_dataset *source;
    const struct vr_dataset_driver *driver; /* of the source, "auto" made out */
    struct vr_comments comments;
    const char *infos[FILES_MAX]; /* lines that are kept, "key: text" */
    size_t info_count;
    const char *start; /* or NULL */
    const char *annotators[FILES_MAX];
    int folder_fd, work_fd;
    char *work; /* path of the folder in which it is made */
    struct vr_output outputs[FILES_MAX];
    size_t output_count;
};

static void importing_finish(struct importing *importing)
{
    vr_dataset_close(importing->source);
    vr_comments_finish(&importing->comments);
    for (size_t i = 0; i < importing->info_count; i++)
        free((void *)(uintptr_t)importing->infos[i]);
    vr_closep(&importing->folder_fd);
    vr_closep(&importing->work_fd);
    free(importing->work);
}

void vr_imported_finish(struct vr_imported *imported)
{
    if (!imported)
        return;
    vr_inputs_finish(&imported->inputs);
    vr_names_finish(&imported->annotators);
    for (size_t i = 0; i < imported->warning_count; i++)
        free(imported->warnings[i]);
    free(imported->warnings);
    *imported = (struct vr_imported){0};
}

void vr_import_name(const char *record, char ret_name[VR_NAME_SIZE])
{
    const char *slash = strrchr(record, '/');
    snprintf(ret_name, VR_NAME_SIZE, "%s", slash ? slash + 1 : record);
    for (char *c = ret_name; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '-')
            *c = '_';
}

static int no_memory(const struct importing *importing, struct vr_err *err)
{
    return vr_err_set(
        err, VR_ERR_NO_MEMORY, "record %s: no memory to import it", importing->import->record);
}

/* A warning that finds no room is none. */
static void warn(struct importing *importing, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void warn(struct importing *importing, const char *format, ...)
{
    struct vr_imported *imported = importing->imported;
    char *text;
    va_list arguments;
    va_start(arguments, format);
    int size = vasprintf(&text, format, arguments);
    va_end(arguments);
    char **grown =
        size < 0 ? NULL
                 : reallocarray(imported->warnings, imported->warning_count + 1, sizeof *grown);
    if (!grown) {
        if (size >= 0)
            free(text);
        return;
    }
    imported->warnings = grown;
    imported->warnings[imported->warning_count++] = text;
}

/* --- what is read -------------------------------------------------------------------------------- */

/* A WFDB header has no offset: only whole digital values can be zero there. */
static void offsets_warn(struct importing *importing)
{
    const struct vr_record *record = vr_dataset_record(importing->source);
    double largest_lsb = 0;
    size_t count = 0;
    for (size_t i = 0; i < record->signal_count; i++) {
        double offset_lsb = fabs(record->signals[i].offset * record->signals[i].gain);
        largest_lsb = offset_lsb > largest_lsb ? offset_lsb : largest_lsb;
        count += offset_lsb > 0;
    }
    if (count > 0)
        warn(
            importing,
            "the zero of %zu signal%s lies between two digital values: physical values here differ "
            "by at most %.2g LSB",
            count, count == 1 ? "" : "s", largest_lsb);
}

/* "100.atr" of record "sub/100" and annotator "atr": a file that is meant to annotate this record. */
static bool is_file_of(const char *file, const char *record, const char *annotator)
{
    const char *slash = strrchr(record, '/');
    record = slash ? slash + 1 : record;
    size_t size = strlen(record);
    return strncmp(file, record, size) == 0 && file[size] == '.' &&
           strcmp(file + size + 1, annotator) == 0;
}

/* An annotator that was found, not asked for: is it one, and has it anything?  `is_named`: the recording, or its mapping,
 * says that it is one. */
static int annotator_try(
    struct importing *importing, const char *name, bool is_named, bool *ret_taken,
    struct vr_err *err)
{
    struct vr_err refusal = {0};
    struct vr_inputs *inputs = &importing->imported->inputs;
    size_t input_count = inputs->count;
    _cleanup_(vr_annotations_finish) struct vr_annotations list = {0};
    int r = vr_dataset_truth(importing->source, name, &list, &refusal);
    /* A file without annotations says that there are none; a recording without, nothing. */
    *ret_taken = r == 0 && (list.count > 0 || inputs->count > input_count);
    bool is_beside = inputs->count > input_count &&
                     is_file_of(inputs->items[input_count].name, importing->import->record, name);
    if (!*ret_taken)
        inputs->count = input_count;
    if (r == -VR_ERR_INPUT && (is_beside || is_named))
        warn(
            importing,
            "annotator %s: its annotations cannot be read, and are left out; --annotator %s tells "
            "why",
            name, name);
    if (r == -VR_ERR_NO_MEMORY || r == -VR_ERR_IO) {
        *err = refusal;
        return r;
    }
    return 0;
}

static bool names_have(const struct vr_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], name) == 0)
            return true;
    return false;
}

static int annotators_find(struct importing *importing, struct vr_err *err)
{
    const struct vr_import *import = importing->import;
    struct vr_names *taken = &importing->imported->annotators;
    const struct vr_dataset_driver *driver = importing->driver;
    _cleanup_(vr_names_finish) struct vr_names found = {0};
    _cleanup_(vr_names_finish) struct vr_names named = {0};
    int r = 0;
    for (size_t i = 0; r == 0 && i < import->annotator_count; i++)
        r = vr_names_add(taken, import->annotators[i], err);
    size_t input_count = importing->imported->inputs.count;
    if (r == 0 && import->annotator_count == 0)
        r = vr_dataset_annotators(driver->name, import->path, import->record, &found, err);
    if (r == 0 && import->annotator_count == 0 && driver->annotators)
        r = driver->annotators(import->path, import->record, &named, err);
    importing->imported->inputs.count = input_count; /* those were only looked at */
    for (size_t i = 0; r == 0 && i < found.count; i++) {
        bool is_one = false;
        r = annotator_try(
            importing, found.items[i], names_have(&named, found.items[i]), &is_one, err);
        if (r == 0 && is_one)
            r = vr_names_add(taken, found.items[i], err);
    }
    if (r == 0 && taken->count > FILES_MAX / 2)
        return vr_err_set(
            err, VR_ERR_INPUT, "record %s has %zu annotators; choose some with --annotator",
            import->record, taken->count);
    for (size_t i = 0; r == 0 && i < taken->count; i++)
        importing->annotators[i] = taken->items[i];
    return r;
}

static bool is_kept(const struct vr_import *import, const char *key)
{
    for (size_t i = 0; i < import->kept_count; i++)
        if (strcasecmp(import->kept[i], key) == 0)
            return true;
    return false;
}

/* Only what somebody asked for goes on. */
static int comments_take(struct importing *importing, struct vr_err *err)
{
    const struct vr_import *import = importing->import;
    int r = vr_dataset_comments(
        importing->driver->name, import->path, import->record, &importing->comments, err);
    for (size_t i = 0; r == 0 && i < importing->comments.count; i++) {
        const struct vr_comment *comment = &importing->comments.items[i];
        char *line;
        if (!is_kept(import, comment->key) || importing->info_count == FILES_MAX) {
            importing->imported->comments_dropped++;
            continue;
        }
        importing->imported->comments_kept++;
        if (strcmp(comment->key, VR_COMMENT_START) == 0) {
            importing->start = comment->text;
            continue;
        }
        bool is_other = strcmp(comment->key, VR_COMMENT_OTHER) == 0;
        if (asprintf(
                &line, " %s%s%s", is_other ? "" : comment->key, is_other ? "" : ": ",
                comment->text) < 0)
            return no_memory(importing, err);
        importing->infos[importing->info_count++] = line;
    }
    return r;
}

static int source_read(struct importing *importing, struct vr_err *err)
{
    const struct vr_import *import = importing->import;
    const struct vr_dataset_driver *driver = vr_dataset_find(import->kind, import->path, err);
    if (!driver)
        return err ? -err->code : -VR_ERR_INPUT;
    /* By its name from here on: what probes look at is no input. */
    importing->driver = driver;
    vr_inputs_begin(&importing->imported->inputs);
    int r = vr_dataset_open(
        importing->driver->name, import->path, import->record, &importing->source, err);
    if (r == 0)
        r = annotators_find(importing, err);
    if (r == 0)
        r = comments_take(importing, err);
    if (r < 0)
        return r;
    importing->imported->signal_count = vr_dataset_record(importing->source)->signal_count;
    if (vr_dataset_record(importing->source)->warning[0])
        warn(importing, "%s", vr_dataset_record(importing->source)->warning);
    offsets_warn(importing);
    return 0;
}

/* --- where it is made ---------------------------------------------------------------------------- */

static void work_empty(const struct importing *importing)
{
    struct dirent *entry;
    int fd = dup(importing->work_fd);
    _cleanup_closedir_ DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir)
        rewinddir(dir);
    while (dir && (entry = readdir(dir)))
        unlinkat(importing->work_fd, entry->d_name, 0);
}

static int work_open(struct importing *importing, struct vr_err *err)
{
    const char *folder = importing->import->folder;
    int r = vr_folder_open(folder, &importing->folder_fd, err);
    if (r == 0)
        r = vr_folder_make(importing->folder_fd, folder, WORK_FOLDER, &importing->work_fd, err);
    if (r < 0)
        return r;
    if (flock(importing->work_fd, LOCK_EX | LOCK_NB) < 0)
        return vr_err_set(
            err, VR_ERR_IO, "%s: another import is at work there; wait for it", folder);
    work_empty(importing); /* of one that died */
    if (asprintf(&importing->work, "%s/" WORK_FOLDER, folder) < 0) {
        importing->work = NULL;
        return no_memory(importing, err);
    }
    return 0;
}

static int output_compare(const void *a, const void *b)
{
    return strcmp(((const struct vr_output *)a)->name, ((const struct vr_output *)b)->name);
}

/* Whatever files the record has become. */
static int outputs_note(struct importing *importing, struct vr_err *err)
{
    struct dirent *entry;
    int fd = dup(importing->work_fd);
    _cleanup_closedir_ DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", importing->work, strerror(errno));
    rewinddir(dir);
    while ((entry = readdir(dir))) {
        struct vr_folder_file file;
        struct vr_output *output = &importing->outputs[importing->output_count];
        if (entry->d_name[0] == '.' || importing->output_count == FILES_MAX)
            continue;
        int r = vr_folder_open_file(importing->work_fd, importing->work, entry->d_name, &file, err);
        if (r < 0)
            return r;
        r = vr_folder_file_digest(&file, entry->d_name, output->sha256, err);
        close(file.fd);
        if (r < 0)
            return r;
        snprintf(output->name, sizeof output->name, "%s", entry->d_name);
        importing->output_count++;
    }
    qsort(importing->outputs, importing->output_count, sizeof *importing->outputs, output_compare);
    return 0;
}

static int record_make(struct importing *importing, struct vr_err *err)
{
    struct vr_imported *imported = importing->imported;
    const struct vr_wfdb_copy copy = {
        .folder = importing->work,
        .name = imported->name,
        .format = importing->import->format,
        .annotators = importing->annotators,
        .annotator_count = imported->annotators.count,
        .start = importing->start,
        .infos = importing->infos,
        .info_count = importing->info_count,
    };
    _cleanup_free_ char *path = NULL;
    int r = vr_wfdb_record_write(importing->source, &copy, err);
    if (r == 0)
        r = vr_inputs_end(&imported->inputs, err); /* some files are opened when they are read */
    if (r == 0)
        r = outputs_note(importing, err);
    if (r < 0)
        return r;
    if (asprintf(&path, "%s/%s.provenance.json", importing->work, imported->name) < 0) {
        path = NULL;
        return no_memory(importing, err);
    }
    return vr_provenance_write(
        path, importing->import, imported, importing->driver->name,
        vr_dataset_record(importing->source)->sha256, importing->outputs, importing->output_count,
        err);
}

/* --- where it belongs ---------------------------------------------------------------------------- */

/* 0 = nothing is there, or the very same, of an import that died before it had the header. */
static int free_check(
    const struct importing *importing, const char *name, const char *sha256, struct vr_err *err)
{
    const char *folder = importing->import->folder;
    struct vr_folder_file file;
    char there[VR_DIGEST_HEX_SIZE] = "";
    int r = vr_folder_open_file(importing->folder_fd, folder, name, &file, err);
    if (r == -VR_ERR_NOT_FOUND)
        return 0;
    if (r < 0)
        return r;
    r = sha256 ? vr_folder_file_digest(&file, name, there, err) : 0;
    close(file.fd);
    if (r < 0 || (sha256 && strcmp(there, sha256) == 0))
        return r;
    return vr_err_set(
        err, VR_ERR_INPUT,
        "%s/%s: is there already, and is not replaced; remove it, or give the record another name "
        "with --as",
        folder, name);
}

static int header_free_check(const struct importing *importing, struct vr_err *err)
{
    char name[VR_NAME_SIZE + 8];
    snprintf(name, sizeof name, "%s.hea", importing->imported->name);
    return free_check(importing, name, NULL, err);
}

static int place(const struct importing *importing, const char *name, struct vr_err *err)
{
    return vr_folder_place(
        importing->work_fd, name, importing->folder_fd, importing->import->folder, name, err);
}

static bool is_header(const char *name)
{
    size_t size = strlen(name);
    return size > 4 && strcmp(name + size - 4, ".hea") == 0;
}

static int files_place(const struct importing *importing, struct vr_err *err)
{
    char provenance[VR_NAME_SIZE + 20];
    const char *header = NULL;
    int r = 0;
    for (size_t i = 0; r == 0 && i < importing->output_count; i++)
        if (!is_header(importing->outputs[i].name))
            r = free_check(
                importing, importing->outputs[i].name, importing->outputs[i].sha256, err);
    /* The table may refuse, and then no file may be left behind. */
    if (r == 0 && importing->import->subject)
        r = vr_subjects_add(
            importing->import->folder, importing->imported->name, importing->import->subject, err);
    for (size_t i = 0; r == 0 && i < importing->output_count; i++) {
        if (is_header(importing->outputs[i].name))
            header = importing->outputs[i].name;
        else
            r = place(importing, importing->outputs[i].name, err);
    }
    snprintf(provenance, sizeof provenance, "%s.provenance.json", importing->imported->name);
    if (r == 0)
        r = place(importing, provenance, err);
    if (r == 0 && !header)
        return vr_err_set(
            err, VR_ERR_INTERNAL, "record %s: no header was made", importing->import->record);
    return r < 0 ? r : place(importing, header, err);
}

static int import_files(struct importing *importing, struct vr_err *err)
{
    int r = work_open(importing, err);
    if (r == 0)
        r = header_free_check(importing, err);
    if (r == 0)
        r = source_read(importing, err);
    if (r == 0)
        r = record_make(importing, err);
    if (r == 0)
        r = files_place(importing, err);
    return r;
}

int vr_import_record(
    const struct vr_import *import, struct vr_imported *ret_imported, struct vr_err *err)
{
    struct importing *importing = calloc(1, sizeof *importing);
    struct vr_imported imported = {0};
    if (!importing)
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "record %s: no memory to import it", import->record);
    *importing =
        (struct importing){.import = import, .imported = &imported, .folder_fd = -1, .work_fd = -1};
    bool fits = !import->name || strlen(import->name) < sizeof imported.name;
    if (import->name && fits)
        strcpy(imported.name, import->name);
    else
        vr_import_name(import->record, imported.name);
    int r = fits ? import_files(importing, err)
                 : vr_err_set(
                       err, VR_ERR_INPUT, "the record name \"%.60s...\" is longer than %d bytes",
                       import->name, VR_NAME_SIZE - 1);
    if (importing->work) {
        work_empty(importing);
        unlinkat(importing->folder_fd, WORK_FOLDER, AT_REMOVEDIR);
    }
    importing_finish(importing);
    free(importing);
    if (r < 0) {
        vr_imported_finish(&imported);
        return r;
    }
    *ret_imported = imported;
    return 0;
}
