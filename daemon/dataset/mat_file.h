/* MATLAB files: matrices of numbers by the names of their variables.
 *
 * Version 4 is read by hand: header, name and numbers of one variable after the other.  Version 5 (which MATLAB calls v6
 * and v7 too, with compression) is read through libmatio, where the build has it.  Version 7.3 is HDF5, and not read.
 * Source: reference/signal-formats.md, section 5; the MathWorks' "MAT-File Format". */
#ifndef VR_DATASET_MAT_FILE_H
#define VR_DATASET_MAT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dataset/folder.h"

#define VR_MAT_NAME_SIZE 64 /* 63 is MATLAB's own limit */
#define VR_MAT_FILE_SIZE_MAX (INT64_C(1) << 31)
#define VR_MAT_ELEMENTS_MAX (INT64_C(1) << 28) /* of a variable */

enum vr_mat_type {
    VR_MAT_DOUBLE,
    VR_MAT_SINGLE,
    VR_MAT_INT8,
    VR_MAT_UINT8,
    VR_MAT_INT16,
    VR_MAT_UINT16,
    VR_MAT_INT32,
    VR_MAT_UINT32,
    VR_MAT_INT64,
    VR_MAT_UINT64,
    VR_MAT_OTHER, /* text, cells, structures, sparse or complex matrices: not read */
};

struct vr_mat_matrix {
    char name[VR_MAT_NAME_SIZE];
    enum vr_mat_type type;
    int64_t rows, columns; /* further dimensions make it VR_MAT_OTHER */
    void *numbers;         /* column after column, in this machine's order; owned */
};

/* Bytes of a number. */
size_t vr_mat_type_size(enum vr_mat_type type);

/* A number as a double. Within the matrix. */
double vr_mat_value(const struct vr_mat_matrix *matrix, int64_t row, int64_t column);

void vr_mat_matrix_finish(struct vr_mat_matrix *matrix);

/* Read the variable of an open file, which stays open.  VR_ERR_NOT_FOUND when there is none of that name, with those that
 * are there; VR_ERR_INPUT for what is no matrix of real numbers, or no MATLAB file that this build reads.  The caller ends
 * *ret_matrix. */
int vr_mat_load(
    const struct vr_folder_file *file, const char *display, const char *name,
    struct vr_mat_matrix *ret_matrix, struct vr_err *err);

/* What a file holds, as text: "sig (6 x 37937 double), fs (1 x 1 double)"; cut at size - 1. */
int vr_mat_describe(
    const struct vr_folder_file *file, const char *display, char *ret_text, size_t size,
    struct vr_err *err);

#endif
