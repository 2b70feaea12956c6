/* Files in a folder, or in a zip archive that stands for a folder: where "p01/ACC.csv" is not there,
 * ACC.csv of p01.zip is. */
#ifndef VR_DATASET_CSV_ARCHIVE_H
#define VR_DATASET_CSV_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "dataset/folder.h"

#define VR_CSV_ARCHIVE_SUFFIX ".zip"
#define VR_CSV_UNPACKED_SIZE_MAX (INT64_C(1) << 30) /* of one file in an archive */

/* Open `name` below the folder, as vr_folder_open_file does.  One in an archive is unpacked into a file
 * without a name, in $TMPDIR or /tmp.  The caller closes ret_file->fd. */
int vr_csv_archive_open(
    int folder_fd, const char *path, const char *name, struct vr_folder_file *ret_file,
    struct vr_err *err);

/* Whether open would find it; looks at names only. */
bool vr_csv_archive_has(int folder_fd, const char *path, const char *name);

#endif
