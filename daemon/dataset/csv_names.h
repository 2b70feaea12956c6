/* Names with a '*' that stands for the name of a record. */
#ifndef VR_DATASET_CSV_NAMES_H
#define VR_DATASET_CSV_NAMES_H

#include "base/err.h"
#include "dataset/dataset.h"

#define VR_CSV_FILE_NAME_SIZE (256 + VR_NAME_SIZE)

/* The name of a record's file.  VR_ERR_INPUT when the record has no name that could be of a file. */
int vr_csv_names_fill(
    const char *pattern, const char *record, char ret_name[VR_CSV_FILE_NAME_SIZE],
    struct vr_err *err);

/* Records whose file is there, for a pattern with a '*'. */
int vr_csv_names_list(
    int folder_fd, const char *path, const char *pattern, struct vr_names *ret_names,
    struct vr_err *err);

#endif
