/* The folder of a dataset as a cage: recordings come from strangers, so a name inside one must not
 * lead out of it, and what it names must be a regular file. */
#ifndef VR_DATASET_FOLDER_H
#define VR_DATASET_FOLDER_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/digest.h"
#include "base/err.h"

/* An open regular file as it was when it was opened. */
struct vr_folder_file {
    int fd;
    int64_t size;
    struct timespec changed; /* st_mtim */
};

/* Why `name` may not name a file inside a folder, in words ("leads out of the folder"); NULL when
 * it may.  "a/b" may.  Looks at the text only. */
const char *vr_folder_name_fault(const char *name);

/* Open a folder; the caller closes *ret_fd. */
int vr_folder_open(const char *path, int *ret_fd, struct vr_err *err);

/* Open the folder of a dataset that is a folder, or a file in one.  The caller frees *ret_folder, its
 * path, and closes *ret_fd. */
int vr_folder_open_beside(const char *path, char **ret_folder, int *ret_fd, struct vr_err *err);

/* Open file `name` below the folder, through no symbolic link; `path` names the folder in errors.
 * VR_ERR_NOT_FOUND when there is none.  The caller closes ret_file->fd. */
int vr_folder_open_file(
    int folder_fd, const char *path, const char *name, struct vr_folder_file *ret_file,
    struct vr_err *err);

/* Open the regular file at a path that a person gave, where links are followed.  The caller closes
 * ret_file->fd. */
int vr_folder_open_path(const char *path, struct vr_folder_file *ret_file, struct vr_err *err);

/* The same name opened one component at a time, for kernels without openat2 (before 5.6).
 * A descriptor, or -1 with errno. */
int vr_folder_walk(int folder_fd, const char *name);

/* Who wants to know which files a recording is made of: told of each one that this thread opens by the calls of this header, with the path that
 * errors show, before anything is read from it.  NULL = nobody any more. */
struct vr_folder_witness {
    void (*fn)(void *context, const char *path, const struct vr_folder_file *file);
    void *context;
};
void vr_folder_set_witness(const struct vr_folder_witness *witness);

/* Read exactly `size` bytes at `offset`, inside the file.  VR_ERR_IO when the file is no longer the
 * one that was opened: its size or its time of change differs. */
int vr_folder_file_read(
    const struct vr_folder_file *file, const char *display, int64_t offset, size_t size,
    void *ret_bytes, struct vr_err *err);

/* SHA-256 of all of an open file. */
int vr_folder_file_digest(
    const struct vr_folder_file *file, const char *display, char ret_hex[VR_DIGEST_HEX_SIZE],
    struct vr_err *err);

/* Read a whole file of at most size_max bytes: one below the folder, or one at a path that a person
 * gave, where links are followed.  The caller frees *ret_bytes (never NULL, even for no bytes). */
int vr_folder_load_file(
    int folder_fd, const char *path, const char *name, size_t size_max, uint8_t **ret_bytes,
    size_t *ret_size, struct vr_err *err);
int vr_folder_load_path(
    const char *path, size_t size_max, uint8_t **ret_bytes, size_t *ret_size, struct vr_err *err);

#endif
