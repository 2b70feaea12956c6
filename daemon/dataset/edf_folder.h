/* Folders of EDF files: which file is meant by a record's name, and which one holds the annotations of another. */
#ifndef VR_DATASET_EDF_FOLDER_H
#define VR_DATASET_EDF_FOLDER_H

#include <stdbool.h>

#include "base/err.h"
#include "dataset/dataset.h"
#include "dataset/edf_file.h"

struct vr_edf_folder {
    char *path;
    int fd;
};

/* The caller ends it. */
int vr_edf_folder_init(struct vr_edf_folder *folder, const char *path, struct vr_err *err);
void vr_edf_folder_finish(struct vr_edf_folder *folder);

/* Is there a file *.edf, *.bdf or *.rec (or in capitals)? */
bool vr_edf_folder_probe(const char *path);

/* Names of those files, without suffix where no two differ in it alone. */
int vr_edf_folder_list(const char *path, struct vr_names *ret_names, struct vr_err *err);

/* Open NAME.edf and so on, or NAME when that has a suffix.  VR_ERR_NOT_FOUND when none is there, VR_ERR_INPUT when the
 * name means two.  The caller closes *ret_file. */
int vr_edf_folder_open(
    const struct vr_edf_folder *folder, const char *name, struct vr_edf_file *ret_file,
    struct vr_err *err);

/* Open the file that annotates a record: NAME-ANNOTATOR.edf or NAME_ANNOTATOR.edf, where NAME is the record's, whole or
 * without its own last part (night1-PSG: night1-Hypnogram).  The Sleep-EDF database has a rule of its own: the first six
 * letters agree (SC4001E0-PSG: SC4001EC-Hypnogram). */
int vr_edf_folder_open_paired(
    const struct vr_edf_folder *folder, const char *record, const char *annotator,
    struct vr_edf_file *ret_file, struct vr_err *err);

/* Names of annotators of a record that have a file of their own, by the same rules. */
int vr_edf_folder_annotators(
    const char *path, const char *record, struct vr_names *ret_names, struct vr_err *err);

#endif
