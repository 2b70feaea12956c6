/* MATLAB files of version 5, through libmatio.
 *
 * The library is loaded when such a file is read for the first time: it brings HDF5 and some 30 libraries more, which
 * every start would pay for. */
#ifndef VR_DATASET_MAT5_H
#define VR_DATASET_MAT5_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "dataset/mat_file.h"

/* Whether every variable lies in the file as a whole, and those that are compressed as they were written: libmatio looks
 * at neither, and takes what it finds in memory for numbers.  Version 5 of big-endian machines, or of others.
 * VR_ERR_INPUT.  To be called before those below; needs no libmatio, but a build for it. */
int vr_mat5_check(
    const struct vr_folder_file *file, const char *display, bool is_big, struct vr_err *err);

/* As vr_mat_load and vr_mat_describe.  VR_ERR_INPUT, with how to get it, when the build or this machine has no libmatio. */
int vr_mat5_load(
    const struct vr_folder_file *file, const char *display, const char *name,
    struct vr_mat_matrix *ret_matrix, struct vr_err *err);
int vr_mat5_describe(
    const struct vr_folder_file *file, const char *display, char *ret_text, size_t size,
    struct vr_err *err);

/* Add "NAME (ROWS x COLUMNS TYPE)" to a list of variables. */
void vr_mat_describe_add(const struct vr_mat_matrix *matrix, char *text, size_t size);

#endif
