/* Whom an ISHNE file is of, for dataset/comments.h. */
#ifndef VR_DATASET_ISHNE_COMMENTS_H
#define VR_DATASET_ISHNE_COMMENTS_H

#include "dataset/comments.h"
#include "dataset/folder.h"

int vr_ishne_comments(
    const struct vr_folder_file *file, const char *display, struct vr_comments *ret_list,
    struct vr_err *err);

#endif
