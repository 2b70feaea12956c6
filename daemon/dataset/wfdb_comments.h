/* Comments of WFDB headers, for dataset/comments.h. */
#ifndef VR_DATASET_WFDB_COMMENTS_H
#define VR_DATASET_WFDB_COMMENTS_H

#include "dataset/comments.h"

int vr_wfdb_comments(
    const char *path, const char *record, struct vr_comments *ret_list, struct vr_err *err);

#endif
