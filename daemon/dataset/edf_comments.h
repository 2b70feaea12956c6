/* Whom EDF and BDF files are of, for dataset/comments.h. */
#ifndef VR_DATASET_EDF_COMMENTS_H
#define VR_DATASET_EDF_COMMENTS_H

#include "dataset/comments.h"

int vr_edf_comments(
    const char *path, const char *record, struct vr_comments *ret_list, struct vr_err *err);

#endif
