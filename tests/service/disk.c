/* The record of a folder, and the cut. */
#undef _FILE_OFFSET_BITS /* else "open" below would be another name of open64 */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/rng.h"
#include "disk_image.h"

#define SECTOR 512
#define FDS_MAX 1024

enum { NOT_OURS = -1, THE_FOLDER = -2 };

struct change {
    enum { WRITE, TRUNCATE, SYNC, CREATE, UNLINK, RENAME, FOLDER_SYNC, ACKNOWLEDGE } kind;
    int file;
    size_t offset, size;
    char *data;
    char name[DISK_NAME_SIZE], to[DISK_NAME_SIZE];
    int what;
};

struct disk {
    char *folder;
    struct image before, now;
    struct change *changes;
    size_t count, room;
};

static struct disk *recording;
static int fd_files[FDS_MAX];

/* --- the record ------------------------------------------------------------------------------ */

struct disk *disk_record(const char *folder)
{
    struct disk *disk = calloc(1, sizeof *disk);
    if (!disk || recording)
        disk_give_up("cannot record");
    disk->folder = strdup(folder);
    disk_image_read(&disk->before, folder);
    disk_image_copy(&disk->now, &disk->before);
    for (size_t i = 0; i < FDS_MAX; i++)
        fd_files[i] = NOT_OURS;
    recording = disk;
    return disk;
}

void disk_stop(struct disk *disk)
{
    struct image seen;
    recording = NULL;
    disk_image_read(&seen, disk->folder);
    if (!disk_image_equal(&seen, &disk->now))
        disk_give_up("something was written that was not recorded");
    disk_image_free(&seen);
}

void disk_free(struct disk *disk)
{
    for (size_t i = 0; i < disk->count; i++)
        free(disk->changes[i].data);
    disk_image_free(&disk->before);
    disk_image_free(&disk->now);
    free(disk->changes);
    free(disk->folder);
    free(disk);
}

size_t disk_length(const struct disk *disk)
{
    return disk->count;
}

int disk_acknowledged(const struct disk *disk, size_t at, int what)
{
    int count = 0;
    for (size_t i = 0; i < at && i < disk->count; i++)
        count += disk->changes[i].kind == ACKNOWLEDGE && disk->changes[i].what == what;
    return count;
}

static void data_apply(struct image *image, const struct change *change)
{
    struct content *content = &image->files[change->file];
    if (change->kind == WRITE)
        disk_content_write(content, change->offset, change->data, change->size);
    else
        disk_content_resize(content, change->size);
}

static void name_apply(struct image *image, const struct change *change)
{
    disk_name_remove(image, change->name);
    if (change->kind == CREATE)
        disk_name_set(image, change->name, change->file);
    else if (change->kind == RENAME)
        disk_name_set(image, change->to, change->file);
}

static bool is_data(const struct change *change)
{
    return change->kind == WRITE || change->kind == TRUNCATE;
}

static bool is_name(const struct change *change)
{
    return change->kind == CREATE || change->kind == UNLINK || change->kind == RENAME;
}

static void change_add(struct change change)
{
    struct disk *disk = recording;
    if (disk->count == disk->room) {
        disk->room = disk->room ? 2 * disk->room : 256;
        disk->changes = realloc(disk->changes, disk->room * sizeof *disk->changes);
        if (!disk->changes)
            disk_give_up("out of memory");
    }
    disk->changes[disk->count++] = change;
    if (is_data(&change))
        data_apply(&disk->now, &change);
    else if (is_name(&change))
        name_apply(&disk->now, &change);
}

void disk_acknowledge(int what)
{
    if (recording)
        change_add((struct change){.kind = ACKNOWLEDGE, .what = what});
}

/* --- the cut --------------------------------------------------------------------------------- */

/* Some of its sectors. */
static void write_tear(struct image *image, const struct change *change, struct vr_rng *rng)
{
    uint32_t shape = vr_rng_below(rng, 3);
    size_t sectors = change->size / SECTOR + 1, border = vr_rng_below(rng, (uint32_t)sectors);
    for (size_t i = 0; i * SECTOR < change->size; i++) {
        bool stays = shape == 0 ? i < border : shape == 1 ? i >= border : vr_rng_below(rng, 2);
        size_t at = i * SECTOR, left = change->size - at;
        if (stays)
            disk_content_write(
                &image->files[change->file], change->offset + at, change->data + at,
                left < SECTOR ? left : SECTOR);
    }
}

/* The data is lost, but the file has grown: by zeros, or by what the disk held there before. */
static void write_hollow(struct image *image, const struct change *change, struct vr_rng *rng)
{
    struct content *content = &image->files[change->file];
    size_t from = content->size, end = change->offset + change->size;
    if (end <= from || vr_rng_below(rng, 2))
        return;
    bool zeros = vr_rng_below(rng, 2);
    disk_content_resize(content, end);
    for (size_t i = from; !zeros && i < end; i++)
        content->data[i] = (char)vr_rng_next(rng);
}

static void data_decide(
    struct image *image, const struct change *change, uint32_t kept_of_4, struct vr_rng *rng)
{
    if (vr_rng_below(rng, 4) < kept_of_4)
        data_apply(image, change);
    else if (change->kind == WRITE && vr_rng_below(rng, 2))
        write_tear(image, change, rng);
    else if (change->kind == WRITE)
        write_hollow(image, change, rng);
}

/* Bring everything of one sync onto the disk. */
static void settle(const struct disk *disk, struct image *image, bool *settled, size_t sync)
{
    const struct change *cause = &disk->changes[sync];
    for (size_t i = 0; i < sync; i++) {
        const struct change *change = &disk->changes[i];
        if (settled[i])
            continue;
        if (cause->kind == SYNC && is_data(change) && change->file == cause->file)
            data_apply(image, change);
        else if (cause->kind == FOLDER_SYNC && is_name(change))
            name_apply(image, change);
        else
            continue;
        settled[i] = true;
    }
}

static void rest_decide(
    const struct disk *disk, struct image *image, const bool *settled, size_t at, uint64_t seed)
{
    struct vr_rng rng;
    size_t names = 0;
    vr_rng_init(&rng, seed * 1000003 + at);
    uint32_t kept_of_4 = vr_rng_below(&rng, 5);
    for (size_t i = 0; i < at; i++)
        names += !settled[i] && is_name(&disk->changes[i]);
    size_t survivors = vr_rng_below(&rng, (uint32_t)names + 1);
    for (size_t i = 0; i < at; i++) {
        const struct change *change = &disk->changes[i];
        if (settled[i])
            continue;
        if (is_data(change))
            data_decide(image, change, kept_of_4, &rng);
        else if (is_name(change) && survivors > 0) {
            name_apply(image, change);
            survivors--;
        }
    }
}

void disk_cut(const struct disk *disk, size_t at, uint64_t seed)
{
    struct image image;
    bool *settled = calloc(at + 1, sizeof *settled);
    if (!settled)
        disk_give_up("out of memory");
    disk_image_copy(&image, &disk->before);
    while (image.file_count < disk->now.file_count)
        disk_file_add(&image);
    for (size_t i = 0; i < at; i++) {
        if (disk->changes[i].kind == SYNC || disk->changes[i].kind == FOLDER_SYNC)
            settle(disk, &image, settled, i);
    }
    rest_decide(disk, &image, settled, at, seed);
    disk_image_write(&image, disk->folder);
    disk_image_free(&image);
    free(settled);
}

/* --- the calls ------------------------------------------------------------------------------- */

/* The name of a file of the folder, or NULL. */
static const char *our_name(const char *path)
{
    size_t length = recording ? strlen(recording->folder) : 0;
    if (!recording || strncmp(path, recording->folder, length) != 0 || path[length] != '/')
        return NULL;
    const char *name = path + length + 1;
    return strchr(name, '/') || disk_is_skipped(name) ? NULL : name;
}

static int fd_file(int fd)
{
    return recording && fd >= 0 && fd < FDS_MAX ? fd_files[fd] : NOT_OURS;
}

static void opened(int fd, const char *path, int flags)
{
    const char *text = our_name(path);
    if (fd >= FDS_MAX)
        disk_give_up("too many open files");
    fd_files[fd] = recording && strcmp(path, recording->folder) == 0 ? THE_FOLDER : NOT_OURS;
    if (!text || (flags & O_TMPFILE) == O_TMPFILE)
        return;
    struct name *name = disk_name_find(&recording->now, text);
    if (name) {
        fd_files[fd] = name->file;
        if ((flags & O_TRUNC) && recording->now.files[name->file].size > 0)
            change_add((struct change){.kind = TRUNCATE, .file = name->file});
        return;
    }
    struct change create = {.kind = CREATE, .file = disk_file_add(&recording->now)};
    snprintf(create.name, sizeof create.name, "%s", text);
    fd_files[fd] = create.file;
    change_add(create);
}

static int recorded_open(const char *path, int flags, mode_t mode)
{
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (fd >= 0 && recording)
        opened(fd, path, flags);
    return fd;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) \
    { \
        va_list arguments; \
        va_start(arguments, flags); \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, mode_t) : 0; \
        va_end(arguments); \
        return recorded_open(path, flags, mode); \
    }

OPEN(open)
OPEN(open64)

static void written(int fd, const void *data, ssize_t size, off_t offset)
{
    if (size <= 0 || fd_file(fd) < 0)
        return;
    struct change change = {
        .kind = WRITE, .file = fd_file(fd), .offset = (size_t)offset, .size = (size_t)size};
    change.data = malloc(change.size);
    if (!change.data)
        disk_give_up("out of memory");
    memcpy(change.data, data, change.size);
    change_add(change);
}

static ssize_t recorded_pwrite(int fd, const void *data, size_t size, off_t offset)
{
    ssize_t result = syscall(SYS_pwrite64, fd, data, size, offset);
    written(fd, data, result, offset);
    return result;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    return recorded_pwrite(fd, data, size, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off_t offset)
{
    return recorded_pwrite(fd, data, size, offset);
}

ssize_t write(int fd, const void *data, size_t size)
{
    ssize_t result = syscall(SYS_write, fd, data, size);
    if (result > 0 && fd_file(fd) >= 0)
        written(fd, data, result, lseek(fd, 0, SEEK_CUR) - result);
    return result;
}

static int recorded_truncate(int fd, off_t size)
{
    int result = (int)syscall(SYS_ftruncate, fd, size);
    if (result == 0 && fd_file(fd) >= 0)
        change_add((struct change){.kind = TRUNCATE, .file = fd_file(fd), .size = (size_t)size});
    return result;
}

int ftruncate(int fd, off_t size)
{
    return recorded_truncate(fd, size);
}

int ftruncate64(int fd, off_t size)
{
    return recorded_truncate(fd, size);
}

int unlink(const char *path)
{
    int result = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    const char *text = result == 0 ? our_name(path) : NULL;
    if (text) {
        struct change change = {.kind = UNLINK};
        snprintf(change.name, sizeof change.name, "%s", text);
        change_add(change);
    }
    return result;
}

static int recorded_rename(const char *from, const char *to, unsigned flags)
{
    int result = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
    const char *text = result == 0 ? our_name(from) : NULL, *new_text = our_name(to);
    struct name *name = text ? disk_name_find(&recording->now, text) : NULL;
    if (name && new_text) {
        struct change change = {.kind = RENAME, .file = name->file};
        snprintf(change.name, sizeof change.name, "%s", text);
        snprintf(change.to, sizeof change.to, "%s", new_text);
        change_add(change);
    }
    return result;
}

int rename(const char *from, const char *to)
{
    return recorded_rename(from, to, 0);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    if (from_folder != AT_FDCWD || to_folder != AT_FDCWD)
        disk_give_up("renameat2 below a folder is not recorded");
    return recorded_rename(from, to, flags);
}

static int recorded_sync(int fd)
{
    if (fd_file(fd) == THE_FOLDER)
        change_add((struct change){.kind = FOLDER_SYNC});
    else if (fd_file(fd) >= 0)
        change_add((struct change){.kind = SYNC, .file = fd_file(fd)});
    return 0;
}

int fsync(int fd)
{
    return recorded_sync(fd);
}

int fdatasync(int fd)
{
    return recorded_sync(fd);
}
