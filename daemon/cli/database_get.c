/* First the list, then what is here already, then the rest, a file at a time.
 *
 * The part of a file is named by the checksum that the whole must have: whatever was changed on the server or here since, going on with it
 * cannot end in another file unseen. */
#include "cli/database_get.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/database_note.h"
#include "cli/fetch.h"
#include "cli/fetch_patiently.h"
#include "cli/get_progress.h"
#include "cli/places.h"
#include "cli/say.h"
#include "dataset/checksums.h"
#include "dataset/folder.h"
#include "dataset/folder_place.h"

#define FILE_SIZE_MAX (INT64_C(1) << 40)

struct getting {
    const struct vr_database_choice *choice;
    struct vr_database_result *result;
    struct vr_fetch *fetch;
    struct vr_fetch_watch watch;
    struct vr_get_progress progress;
    struct vr_checksums list;
    uint8_t *list_text;
    size_t list_size;
    size_t *missing; /* indexes into the list */
    size_t missing_count;
    int folder_fd, parts_fd;
    const char *file;      /* the present one, for progress */
    char *source;          /* address of the folder, with a slash */
    struct vr_err failure; /* the first file that could not be had */
};

static void getting_finish(struct getting *getting)
{
    vr_get_progress_clear(&getting->progress);
    vr_fetch_closep(&getting->fetch);
    vr_checksums_finish(&getting->list);
    free(getting->list_text);
    free(getting->missing);
    free(getting->source);
    vr_closep(&getting->parts_fd);
    vr_closep(&getting->folder_fd);
}

static bool is_stopped(const struct getting *getting)
{
    return atomic_load(getting->choice->stop) != 0;
}

static bool watch_fetch(void *context, int64_t bytes)
{
    struct getting *getting = context;
    vr_get_progress_draw(&getting->progress, getting->file, bytes, vr_clock_monotonic_ns());
    return is_stopped(getting);
}

/* --- one file over the network ------------------------------------------------------------------- */

static bool is_plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr("-._~/", c);
}

/* The address of a file; NULL = out of memory. */
static char *address(const char *source, const char *name)
{
    char *text = malloc(strlen(source) + 3 * strlen(name) + 1), *end = text;
    if (!text)
        return NULL;
    end = stpcpy(end, source);
    for (const char *c = name; *c; c++)
        end += sprintf(end, is_plain((unsigned char)*c) ? "%c" : "%%%02X", (unsigned char)*c);
    *end = '\0';
    return text;
}

static int64_t size_of(int fd)
{
    struct stat info;
    return fstat(fd, &info) < 0 ? 0 : (int64_t)info.st_size;
}

static void say_retry(void *context, const char *text)
{
    struct getting *getting = context;
    vr_get_progress_clear(&getting->progress);
    if (!getting->choice->quiet)
        vr_say("%s; trying again", text);
}

static int file_fetch(
    struct getting *getting, const char *name, int fd, int64_t size_max, struct vr_err *err)
{
    const struct vr_patience patience = {
        .retries = getting->choice->retries,
        .delay_s = getting->choice->retry_delay_s,
        .say = say_retry,
        .context = getting,
    };
    _cleanup_free_ char *url = address(getting->source, name);
    if (!url)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for an address");
    getting->file = name;
    return vr_fetch_patiently(
        getting->fetch, &patience, url, fd, size_max, &getting->result->received_bytes, err);
}

/* --- the list ------------------------------------------------------------------------------------ */

static int list_read(struct getting *getting, int fd, struct vr_err *err)
{
    const struct vr_folder_file file = {.fd = fd, .size = size_of(fd)};
    getting->list_size = (size_t)file.size;
    getting->list_text = malloc(getting->list_size + 1);
    if (!getting->list_text)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a list of checksums");
    for (size_t done = 0; done < getting->list_size;) {
        ssize_t n = pread(fd, getting->list_text + done, getting->list_size - done, (off_t)done);
        if (n <= 0)
            return vr_err_set(err, VR_ERR_IO, VR_CHECKSUMS_NAME ": cannot be read again");
        done += (size_t)n;
    }
    vr_digest_bytes(getting->list_text, getting->list_size, getting->result->sha256);
    return vr_checksums_parse(
        (const char *)getting->list_text, getting->list_size, VR_CHECKSUMS_NAME, &getting->list,
        err);
}

/* Keep the items that are wanted. */
static int list_select(struct getting *getting, struct vr_err *err)
{
    const char *pattern = getting->choice->records;
    size_t all = getting->list.count;
    bool has_records = !pattern || vr_checksums_select(&getting->list, pattern);
    getting->result->files = getting->list.count;
    getting->result->unselected = all - getting->list.count;
    return has_records ? 0
                       : vr_err_set(
                             err, VR_ERR_EMPTY, "--records %s: %s has no such record", pattern,
                             getting->choice->database->slug);
}

static int list_get(struct getting *getting, struct vr_err *err)
{
    const struct vr_database *database = getting->choice->database;
    _cleanup_close_ int fd = memfd_create(VR_CHECKSUMS_NAME, MFD_CLOEXEC);
    if (fd < 0)
        return vr_err_set(err, VR_ERR_IO, "no place for a list of checksums: %s", strerror(errno));
    int r = file_fetch(getting, VR_CHECKSUMS_NAME, fd, (int64_t)VR_CHECKSUMS_SIZE_MAX, err);
    if (r == -VR_ERR_NOT_FOUND)
        return vr_err_set(
            err, VR_ERR_NOT_FOUND,
            "%s" VR_CHECKSUMS_NAME ": there is no version %s of a database \"%s\", or it publishes "
            "no checksums",
            getting->source, database->version, database->slug);
    if (r == 0)
        r = list_read(getting, fd, err);
    return r < 0 ? r : list_select(getting, err);
}

/* --- what is here -------------------------------------------------------------------------------- */

/* 1 = it is here and right, 0 = it is to be fetched. */
static int item_look(struct getting *getting, const struct vr_checksum *item, struct vr_err *err)
{
    struct vr_folder_file file = {.fd = -1};
    char sha256[VR_DIGEST_HEX_SIZE];
    int r =
        vr_folder_open_file(getting->folder_fd, getting->choice->folder, item->name, &file, err);
    if (r == -VR_ERR_NOT_FOUND)
        return 0;
    if (r < 0)
        return r;
    _cleanup_close_ int fd = file.fd;
    getting->file = item->name;
    r = vr_folder_file_digest(&file, item->name, sha256, err);
    if (r < 0)
        return r;
    getting->progress.bytes += file.size;
    if (strcmp(sha256, item->sha256) == 0)
        return 1;
    vr_get_progress_clear(&getting->progress);
    vr_say("%s/%s: is not what is published; fetched anew", getting->choice->folder, item->name);
    return 0;
}

static int here_look(struct getting *getting, struct vr_err *err)
{
    const struct vr_checksums *list = &getting->list;
    getting->missing = calloc(list->count, sizeof *getting->missing);
    if (!getting->missing)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu files", list->count);
    vr_get_progress_begin(&getting->progress, "verified", list->count, vr_clock_monotonic_ns());
    for (size_t i = 0; i < list->count; i++) {
        int r = getting->folder_fd < 0 ? 0 : item_look(getting, &list->items[i], err);
        if (r == 0 && is_stopped(getting))
            r = vr_err_set(
                err, VR_ERR_INTERRUPTED, "stopped; the same command goes on where this one was");
        if (r < 0)
            return r;
        if (r == 1)
            getting->result->kept++;
        else
            getting->missing[getting->missing_count++] = i;
        getting->progress.done++;
        vr_get_progress_draw(&getting->progress, list->items[i].name, 0, vr_clock_monotonic_ns());
    }
    return 0;
}

/* The size of a database is known of some only; each file is looked at again before it is taken. */
static int space_check(const struct getting *getting, struct vr_err *err)
{
    struct statvfs disk;
    double wanted_mb = getting->choice->database->size_mb - (double)getting->progress.bytes / 1e6;
    if (getting->choice->records || getting->choice->database->size_mb == 0 ||
        fstatvfs(getting->folder_fd, &disk) < 0)
        return 0;
    double free_mb = (double)disk.f_bavail * (double)disk.f_frsize / 1e6;
    if (wanted_mb <= free_mb)
        return 0;
    return vr_err_set(
        err, VR_ERR_IO,
        "%s: %s needs %.0f MB more, and the disk has %.0f MB left; make room, choose another "
        "folder "
        "with --to, or some records with --records",
        getting->choice->folder, getting->choice->database->slug, wanted_mb, free_mb);
}

/* --- the rest ------------------------------------------------------------------------------------ */

static int part_open(struct getting *getting, const char *name, int *ret_fd, struct vr_err *err)
{
    int fd = openat(
        getting->parts_fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
        0640);
    if (fd < 0)
        return vr_err_set(
            err, VR_ERR_IO, "%s/" VR_DATABASE_PARTS "/%s: %s", getting->choice->folder, name,
            strerror(errno));
    *ret_fd = fd;
    return 0;
}

/* 1 = the part is the whole file, 0 = it is not. */
static int part_check(int fd, const struct vr_checksum *item, struct vr_err *err)
{
    struct stat info;
    char sha256[VR_DIGEST_HEX_SIZE];
    if (fstat(fd, &info) < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", item->name, strerror(errno));
    struct vr_folder_file file = {.fd = fd, .size = info.st_size, .changed = info.st_mtim};
    int r = vr_folder_file_digest(&file, item->name, sha256, err);
    return r < 0 ? r : strcmp(sha256, item->sha256) == 0;
}

/* Fetch until it has its checksum: a second time when the first was another file. */
static int part_fetch(
    struct getting *getting, int fd, const struct vr_checksum *item, struct vr_err *err)
{
    int r = size_of(fd) > 0 ? part_check(fd, item, err) : 0; /* died before it could be moved? */
    for (int times = 0; r == 0 && times < 2; times++) {
        r = file_fetch(getting, item->name, fd, FILE_SIZE_MAX, err);
        if (r == 0)
            r = part_check(fd, item, err);
        if (r != 0)
            break;
        if (ftruncate(fd, 0) < 0)
            return vr_err_set(err, VR_ERR_IO, "%s: %s", item->name, strerror(errno));
        vr_get_progress_clear(&getting->progress);
        if (times == 0)
            vr_say("%s: does not have its published checksum; fetched once more", item->name);
    }
    if (r == 0)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s%s: does not have its published checksum, twice; the server has another file, or "
            "something on the way changes it",
            getting->source, item->name);
    return r < 0 ? r : 0;
}

static int item_get(struct getting *getting, const struct vr_checksum *item, struct vr_err *err)
{
    _cleanup_close_ int fd = -1;
    int r = part_open(getting, item->sha256, &fd, err);
    if (r == 0)
        r = part_fetch(getting, fd, item, err);
    if (r == -VR_ERR_INPUT || r == -VR_ERR_NOT_FOUND)
        unlinkat(getting->parts_fd, item->sha256, 0);
    if (r == 0 && fdatasync(fd) < 0)
        r = vr_err_set(err, VR_ERR_IO, "%s: %s", item->name, strerror(errno));
    if (r == 0)
        r = vr_folder_place(
            getting->parts_fd, item->sha256, getting->folder_fd, getting->choice->folder,
            item->name, err);
    if (r == 0)
        getting->progress.bytes += size_of(fd);
    return r;
}

/* A file that cannot be had does not keep the others away. */
static int items_get(struct getting *getting, struct vr_err *err)
{
    struct vr_database_result *result = getting->result;
    vr_get_progress_begin(
        &getting->progress, "fetched", getting->missing_count, vr_clock_monotonic_ns());
    for (size_t i = 0; i < getting->missing_count; i++) {
        int r = item_get(getting, &getting->list.items[getting->missing[i]], err);
        if (r == -VR_ERR_INPUT || r == -VR_ERR_NOT_FOUND) {
            vr_get_progress_clear(&getting->progress);
            vr_say("%s", err->text);
            if (result->failed++ == 0)
                getting->failure = *err;
        } else if (r < 0) {
            return r;
        } else {
            result->fetched++;
        }
        getting->progress.done++;
    }
    return 0;
}

/* --- around them --------------------------------------------------------------------------------- */

static int folders_open(struct getting *getting, struct vr_err *err)
{
    const char *folder = getting->choice->folder;
    _cleanup_free_ char *inside = NULL;
    if (asprintf(&inside, "%s/", folder) < 0) {
        inside = NULL;
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a path");
    }
    int r = vr_places_prepare(inside, err);
    if (r == 0)
        r = vr_folder_open(folder, &getting->folder_fd, err);
    if (r == 0)
        r = vr_folder_make(getting->folder_fd, folder, VR_DATABASE_PARTS, &getting->parts_fd, err);
    if (r == 0 && flock(getting->parts_fd, LOCK_EX | LOCK_NB) < 0)
        r = vr_err_set(
            err, VR_ERR_IO, "%s: another `vitalrig dataset get` is at work there; wait for it",
            folder);
    return r;
}

/* A dry run looks into the folder when it is there. */
static void folder_peek(struct getting *getting)
{
    struct vr_err err;
    if (vr_folder_open(getting->choice->folder, &getting->folder_fd, &err) < 0)
        getting->folder_fd = -1;
}

/* Write a file of ours beside the data. */
static int ours_place(
    struct getting *getting, const char *name,
    int (*write_it)(struct getting *getting, FILE *file, struct vr_err *err), struct vr_err *err)
{
    int fd = -1;
    unlinkat(getting->parts_fd, name, 0);
    int r = part_open(getting, name, &fd, err);
    if (r < 0)
        return r;
    _cleanup_fclose_ FILE *file = fdopen(fd, "w");
    if (!file) {
        close(fd);
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to write it", name);
    }
    r = write_it(getting, file, err);
    if (r == 0 && (fflush(file) != 0 || fdatasync(fd) < 0))
        r = vr_err_set(
            err, VR_ERR_IO, "%s/%s: cannot be written: %s", getting->choice->folder, name,
            strerror(errno));
    return r < 0 ? r
                 : vr_folder_place(
                       getting->parts_fd, name, getting->folder_fd, getting->choice->folder, name,
                       err);
}

static int list_write(struct getting *getting, FILE *file, struct vr_err *err)
{
    (void)err; /* found by the flush */
    fwrite(getting->list_text, 1, getting->list_size, file);
    return 0;
}

static int note_write(struct getting *getting, FILE *file, struct vr_err *err)
{
    const struct vr_database_result *result = getting->result;
    return vr_database_note_write(
        file, getting->choice, result, getting->source,
        result->kept + result->fetched == result->files, err);
}

/* Parts of files that the list no longer has, too. */
static void parts_remove(struct getting *getting)
{
    struct dirent *entry;
    int fd = dup(getting->parts_fd);
    _cleanup_closedir_ DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir)
        rewinddir(dir);
    while (dir && (entry = readdir(dir)))
        unlinkat(getting->parts_fd, entry->d_name, 0);
    unlinkat(getting->folder_fd, VR_DATABASE_PARTS, AT_REMOVEDIR);
}

static int missing_get(struct getting *getting, struct vr_err *err)
{
    int r = space_check(getting, err);
    if (r == 0)
        r = ours_place(getting, VR_CHECKSUMS_NAME, list_write, err);
    if (r == 0)
        r = ours_place(getting, VR_DATABASE_NOTE, note_write, err);
    if (r == 0)
        r = items_get(getting, err);
    if (r == 0)
        r = ours_place(getting, VR_DATABASE_NOTE, note_write, err);
    if (r < 0)
        return r;
    if (getting->result->failed == 0) {
        parts_remove(getting);
        return 0;
    }
    return vr_err_set(
        err, (enum vr_err_code)getting->failure.code,
        "%zu of %zu files could not be had, the first: %s", getting->result->failed,
        getting->result->files, getting->failure.text);
}

int vr_database_get(
    const struct vr_database_choice *choice, struct vr_database_result *ret_result,
    struct vr_err *err)
{
    _cleanup_(getting_finish) struct getting getting = {
        .choice = choice, .result = ret_result, .folder_fd = -1, .parts_fd = -1, .file = ""};
    *ret_result = (struct vr_database_result){0};
    getting.watch = (struct vr_fetch_watch){.fn = watch_fetch, .context = &getting};
    vr_get_progress_init(&getting.progress, choice->quiet, vr_clock_monotonic_ns());
    vr_get_progress_begin(&getting.progress, "fetched", 1, vr_clock_monotonic_ns());
    if (asprintf(
            &getting.source, "%s/%s/%s/", choice->base_url, choice->database->slug,
            choice->database->version) < 0) {
        getting.source = NULL;
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for an address");
    }
    int r = vr_fetch_open(choice->stall_s, &getting.watch, &getting.fetch, err);
    if (r == 0)
        r = list_get(&getting, err);
    if (r == 0 && choice->dry_run)
        folder_peek(&getting);
    else if (r == 0)
        r = folders_open(&getting, err);
    if (r == 0)
        r = here_look(&getting, err);
    if (r == 0 && choice->dry_run)
        ret_result->fetched = getting.missing_count;
    else if (r == 0)
        r = missing_get(&getting, err);
    return r;
}
