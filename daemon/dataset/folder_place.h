/* Writing into the folder of a dataset, by the rules of dataset/folder.h: no name leads out of it, through no symbolic link. */
#ifndef VR_DATASET_FOLDER_PLACE_H
#define VR_DATASET_FOLDER_PLACE_H

#include "base/err.h"

/* Make folder `name` below an open one where it is missing, and open it; the caller closes *ret_fd.  `path` names the open one in errors. */
int vr_folder_make(
    int folder_fd, const char *path, const char *name, int *ret_fd, struct vr_err *err);

/* Move a finished file, `from` in the folder from_fd, to `name` below another one on the same file system, over what is there by that name;
 * folders on the way are made. */
int vr_folder_place(
    int from_fd, const char *from, int folder_fd, const char *path, const char *name,
    struct vr_err *err);

#endif
