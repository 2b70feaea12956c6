/* The files of a folder, in memory. */
#include "disk_image.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

void disk_give_up(const char *what)
{
    fprintf(stderr, "disk: %s\n", what);
    abort();
}

void disk_content_resize(struct content *content, size_t size)
{
    content->data = realloc(content->data, size + 1);
    if (!content->data)
        disk_give_up("out of memory");
    if (size > content->size)
        memset(content->data + content->size, 0, size - content->size);
    content->size = size;
}

void disk_content_write(struct content *content, size_t offset, const char *data, size_t size)
{
    if (size == 0)
        return;
    if (content->size < offset + size)
        disk_content_resize(content, offset + size);
    memcpy(content->data + offset, data, size);
}

struct name *disk_name_find(struct image *image, const char *text)
{
    for (size_t i = 0; i < image->name_count; i++) {
        if (strcmp(image->names[i].text, text) == 0)
            return &image->names[i];
    }
    return NULL;
}

void disk_name_remove(struct image *image, const char *text)
{
    struct name *name = disk_name_find(image, text);
    if (name)
        *name = image->names[--image->name_count];
}

void disk_name_set(struct image *image, const char *text, int file)
{
    disk_name_remove(image, text);
    if (image->name_count == DISK_NAMES_MAX)
        disk_give_up("too many names");
    struct name *name = &image->names[image->name_count++];
    snprintf(name->text, sizeof name->text, "%s", text);
    name->file = file;
}

int disk_file_add(struct image *image)
{
    if (image->file_count == DISK_FILES_MAX)
        disk_give_up("too many files");
    image->files[image->file_count] = (struct content){0};
    return (int)image->file_count++;
}

void disk_image_free(struct image *image)
{
    for (size_t i = 0; i < image->file_count; i++)
        free(image->files[i].data);
}

void disk_image_copy(struct image *to, const struct image *from)
{
    *to = *from;
    for (size_t i = 0; i < to->file_count; i++) {
        to->files[i] = (struct content){0};
        disk_content_write(&to->files[i], 0, from->files[i].data, from->files[i].size);
    }
}

bool disk_is_skipped(const char *name)
{
    size_t length = strlen(name);
    return (length > 4 && strcmp(name + length - 4, "-shm") == 0) ||
           (length > 5 && strcmp(name + length - 5, ".lock") == 0);
}

static void content_read(struct content *content, const char *path)
{
    struct stat info;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) < 0)
        disk_give_up("cannot read a file of the folder");
    disk_content_resize(content, (size_t)info.st_size);
    if (syscall(SYS_pread64, fd, content->data, content->size, 0) != (long)content->size)
        disk_give_up("cannot read a file of the folder");
    syscall(SYS_close, fd);
}

void disk_image_read(struct image *image, const char *folder)
{
    DIR *listing = opendir(folder);
    *image = (struct image){0};
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        char *path;
        if (entry->d_type != DT_REG || disk_is_skipped(entry->d_name))
            continue;
        if (asprintf(&path, "%s/%s", folder, entry->d_name) < 0)
            disk_give_up("out of memory");
        int file = disk_file_add(image);
        disk_name_set(image, entry->d_name, file);
        content_read(&image->files[file], path);
        free(path);
    }
    if (listing)
        closedir(listing);
}

static void folder_empty(const char *folder)
{
    DIR *listing = opendir(folder);
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        if (entry->d_type == DT_REG)
            syscall(SYS_unlinkat, dirfd(listing), entry->d_name, 0);
    }
    if (listing)
        closedir(listing);
}

void disk_image_write(const struct image *image, const char *folder)
{
    folder_empty(folder);
    for (size_t i = 0; i < image->name_count; i++) {
        char *path;
        const struct content *content = &image->files[image->names[i].file];
        if (asprintf(&path, "%s/%s", folder, image->names[i].text) < 0)
            disk_give_up("out of memory");
        int fd =
            (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (fd < 0 ||
            (content->size > 0 &&
             syscall(SYS_pwrite64, fd, content->data, content->size, 0) != (long)content->size))
            disk_give_up("cannot write a file of the folder");
        syscall(SYS_close, fd);
        free(path);
    }
}

bool disk_image_equal(struct image *a, struct image *b)
{
    for (size_t i = 0; i < a->name_count; i++) {
        const struct name *other = disk_name_find(b, a->names[i].text);
        const struct content *left = &a->files[a->names[i].file];
        if (!other || b->files[other->file].size != left->size ||
            (left->size > 0 && memcmp(b->files[other->file].data, left->data, left->size) != 0))
            return false;
    }
    return a->name_count == b->name_count;
}
