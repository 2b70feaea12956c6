/* The files of a folder, in memory; for disk.c, around its own open, write and unlink: all calls are bare ones. */
#ifndef TEST_SERVICE_DISK_IMAGE_H
#define TEST_SERVICE_DISK_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

#define DISK_NAME_SIZE 256
#define DISK_NAMES_MAX 32
#define DISK_FILES_MAX 256

/* What a file holds. */
struct content {
    char *data;
    size_t size;
};

struct name {
    char text[DISK_NAME_SIZE];
    int file;
};

/* The files by number, for a name may come to mean another one. */
struct image {
    struct content files[DISK_FILES_MAX];
    struct name names[DISK_NAMES_MAX];
    size_t file_count, name_count;
};

/* Print and abort. */
void disk_give_up(const char *what) __attribute__((noreturn));

void disk_content_resize(struct content *content, size_t size); /* grows by zeros */
void disk_content_write(struct content *content, size_t offset, const char *data, size_t size);

struct name *disk_name_find(struct image *image, const char *text); /* NULL = none */
void disk_name_remove(struct image *image, const char *text);
void disk_name_set(struct image *image, const char *text, int file);
int disk_file_add(struct image *image); /* returns its number; it has no name yet */

void disk_image_free(struct image *image);
void disk_image_copy(struct image *to, const struct image *from);
/* Of a folder's regular files; what disk_is_skipped is left out. */
void disk_image_read(struct image *image, const char *folder);
/* In place of all regular files of the folder. */
void disk_image_write(const struct image *image, const char *folder);
bool disk_image_equal(struct image *a, struct image *b);
/* "-shm" and ".lock" */
bool disk_is_skipped(const char *name);

#endif
