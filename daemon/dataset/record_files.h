/* Folders in which each file is a record: the record's name is the file's without its suffix.
 *
 * Suffixes have their dot, come in the order in which they are looked for, and end with NULL. */
#ifndef VR_DATASET_RECORD_FILES_H
#define VR_DATASET_RECORD_FILES_H

#include <stdbool.h>

#include "base/err.h"
#include "dataset/dataset.h"
#include "dataset/folder.h"

/* Bytes of a file's name before its suffix; 0 when it has none of these, or is hidden. */
size_t vr_record_files_stem(const char *name, const char *const *suffixes);

/* Is there such a file in the folder? */
bool vr_record_files_probe(const char *path, const char *const *suffixes);

/* Names of the files with their suffixes. */
int vr_record_files_all(
    const char *path, const char *const *suffixes, struct vr_names *ret_names, struct vr_err *err);

/* Names of the records: of files that differ in nothing but their suffix, names keep it. */
int vr_record_files_list(
    const char *path, const char *const *suffixes, struct vr_names *ret_names, struct vr_err *err);

/* Open the file of a record below the folder: the name as it is, if it has a suffix, or with the one suffix that leads to
 * a file.  VR_ERR_NOT_FOUND when none does, VR_ERR_INPUT when two do. ret_display gets "path/name".  The caller closes
 * ret_file->fd. */
#define VR_RECORD_FILES_DISPLAY_SIZE (VR_ERR_TEXT_SIZE / 2)
int vr_record_files_open(
    int folder_fd, const char *path, const char *record, const char *const *suffixes,
    struct vr_folder_file *ret_file, char ret_display[VR_RECORD_FILES_DISPLAY_SIZE],
    struct vr_err *err);

#endif
