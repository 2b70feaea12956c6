/* Which version a file is of, and version 4 as a walk from variable to variable. */
#include "dataset/mat_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/mat4.h"
#include "dataset/mat5.h"

#define TEXT_SIZE 128 /* bytes of the head of version 5, its text first */
#define VERSION_OFFSET 124
#define DESCRIPTION_SIZE 400

size_t vr_mat_type_size(enum vr_mat_type type)
{
    static const size_t sizes[] = {8, 4, 1, 1, 2, 2, 4, 4, 8, 8, 0};
    return sizes[type];
}

double vr_mat_value(const struct vr_mat_matrix *matrix, int64_t row, int64_t column)
{
    int64_t i = column * matrix->rows + row;
    const void *numbers = matrix->numbers;
    switch (matrix->type) {
    case VR_MAT_DOUBLE:
        return ((const double *)numbers)[i];
    case VR_MAT_SINGLE:
        return (double)((const float *)numbers)[i];
    case VR_MAT_INT8:
        return ((const int8_t *)numbers)[i];
    case VR_MAT_UINT8:
        return ((const uint8_t *)numbers)[i];
    case VR_MAT_INT16:
        return ((const int16_t *)numbers)[i];
    case VR_MAT_UINT16:
        return ((const uint16_t *)numbers)[i];
    case VR_MAT_INT32:
        return ((const int32_t *)numbers)[i];
    case VR_MAT_UINT32:
        return ((const uint32_t *)numbers)[i];
    case VR_MAT_INT64:
        return (double)((const int64_t *)numbers)[i];
    case VR_MAT_UINT64:
        return (double)((const uint64_t *)numbers)[i];
    case VR_MAT_OTHER:
        break;
    }
    return 0;
}

void vr_mat_matrix_finish(struct vr_mat_matrix *matrix)
{
    free(matrix->numbers);
    matrix->numbers = NULL;
}

void vr_mat_describe_add(const struct vr_mat_matrix *matrix, char *text, size_t size)
{
    static const char *const words[] = {"double", "single", "int8",  "uint8",  "int16",   "uint16",
                                        "int32",  "uint32", "int64", "uint64", "not read"};
    size_t used = strlen(text);
    snprintf(
        text + used, size - used, "%s%s (%" PRId64 " x %" PRId64 " %s)", used ? ", " : "",
        matrix->name, matrix->rows, matrix->columns, words[matrix->type]);
}

/* --- version 4 --- */

/* The variable at *offset, which moves to the next; 1, or 0 at the end of the file. */
static int mat4_next(
    const struct vr_folder_file *file, const char *display, int64_t *offset,
    struct vr_mat4_header *ret_header, struct vr_err *err)
{
    uint8_t bytes[VR_MAT4_HEADER_SIZE_MAX];
    int64_t left = file->size - *offset;
    size_t size = left < (int64_t)sizeof bytes ? (size_t)left : sizeof bytes;
    if (left == 0)
        return 0;
    int r = vr_folder_file_read(file, display, *offset, size, bytes, err);
    if (r == 0)
        r = vr_mat4_header_parse(bytes, size, *offset, file->size, display, ret_header, err);
    if (r < 0)
        return r;
    *offset = ret_header->next_offset;
    return 1;
}

static int mat4_describe(
    const struct vr_folder_file *file, const char *display, char *ret_text, size_t size,
    struct vr_err *err)
{
    struct vr_mat4_header header;
    int64_t offset = 0;
    int r;
    ret_text[0] = '\0';
    while ((r = mat4_next(file, display, &offset, &header, err)) == 1)
        vr_mat_describe_add(&header.matrix, ret_text, size);
    return r;
}

static int mat4_numbers(
    const struct vr_folder_file *file, const char *display, const struct vr_mat4_header *header,
    struct vr_mat_matrix *ret_matrix, struct vr_err *err)
{
    struct vr_mat_matrix matrix = header->matrix;
    size_t number_size = vr_mat_type_size(matrix.type);
    size_t count = (size_t)(matrix.rows * matrix.columns);
    if (matrix.type == VR_MAT_OTHER || matrix.rows * matrix.columns > VR_MAT_ELEMENTS_MAX)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: variable %s is no matrix of at most %" PRId64 " real numbers; save it as one",
            display, matrix.name, VR_MAT_ELEMENTS_MAX);
    matrix.numbers = malloc(count * number_size + 1);
    if (!matrix.numbers)
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "%s: no memory for variable %s", display, matrix.name);
    int r = vr_folder_file_read(
        file, display, header->numbers_offset, count * number_size, matrix.numbers, err);
    if (r < 0) {
        vr_mat_matrix_finish(&matrix);
        return r;
    }
    if (header->is_swapped)
        vr_mat4_swap(matrix.numbers, number_size, count);
    *ret_matrix = matrix;
    return 0;
}

static int mat4_load(
    const struct vr_folder_file *file, const char *display, const char *name,
    struct vr_mat_matrix *ret_matrix, struct vr_err *err)
{
    struct vr_mat4_header header;
    int64_t offset = 0;
    int r;
    while ((r = mat4_next(file, display, &offset, &header, err)) == 1)
        if (strcmp(header.matrix.name, name) == 0)
            return mat4_numbers(file, display, &header, ret_matrix, err);
    if (r < 0)
        return r;
    char text[DESCRIPTION_SIZE];
    r = mat4_describe(file, display, text, sizeof text, err);
    return r < 0 ? r
                 : vr_err_set(
                       err, VR_ERR_NOT_FOUND, "%s: has no variable %s; it has: %s", display, name,
                       text);
}

/* --- any version --- */

/* 4 or 5.  Version 5 begins with text; a 0 in the first four bytes makes it version 4. */
static int version_find(
    const struct vr_folder_file *file, const char *display, int *ret_version, struct vr_err *err)
{
    uint8_t head[TEXT_SIZE] = {0};
    size_t size = file->size < TEXT_SIZE ? (size_t)file->size : sizeof head;
    if (file->size > VR_MAT_FILE_SIZE_MAX)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: %" PRId64 " bytes; MATLAB files up to 2 GiB are read", display,
            file->size);
    int r = vr_folder_file_read(file, display, 0, size, head, err);
    if (r < 0)
        return r;
    *ret_version = 4;
    if (memchr(head, 0, 4))
        return 0;
    const uint8_t *version = head + VERSION_OFFSET;
    bool is_big = memcmp(version, "\1\0MI", 4) == 0;
    if (is_big || memcmp(version, "\0\1IM", 4) == 0) {
        *ret_version = 5;
        return vr_mat5_check(file, display, is_big, err);
    }
    bool is_hdf5 = memcmp(head, "MATLAB 7.3", 10) == 0;
    return vr_err_set(
        err, VR_ERR_INPUT, "%s: %s", display,
        is_hdf5 ? "a MATLAB file of version 7.3, which is not read; save it with -v7"
                : "no MATLAB file");
}

int vr_mat_load(
    const struct vr_folder_file *file, const char *display, const char *name,
    struct vr_mat_matrix *ret_matrix, struct vr_err *err)
{
    int version;
    int r = version_find(file, display, &version, err);
    if (r < 0)
        return r;
    return version == 4 ? mat4_load(file, display, name, ret_matrix, err)
                        : vr_mat5_load(file, display, name, ret_matrix, err);
}

int vr_mat_describe(
    const struct vr_folder_file *file, const char *display, char *ret_text, size_t size,
    struct vr_err *err)
{
    int version;
    int r = version_find(file, display, &version, err);
    if (r < 0)
        return r;
    return version == 4 ? mat4_describe(file, display, ret_text, size, err)
                        : vr_mat5_describe(file, display, ret_text, size, err);
}
