/* libmatio by name.  It is given a file that is open already, by its number in /proc, so that no name is resolved twice. */
#include "dataset/mat5.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef VR_HAVE_MATIO

#include <dlfcn.h>
#include <matio.h>

#define DESCRIPTION_SIZE 400
/* Deflate cannot do better than 1:1032, so that a file of so many bytes cannot hold more than this. */
#define DEFLATE_RATIO_MAX 1032

#define MATIO_FUNCTIONS(X) \
    X(Close) X(Open) X(VarFree) X(VarReadDataAll) X(VarReadInfo) X(VarReadNextInfo)

static struct {
#define X(name) __typeof__(Mat_##name) *name;
    MATIO_FUNCTIONS(X)
#undef X
} matio;

static int find(void *library, const char *name, void *place, struct vr_err *err)
{
    void *symbol = dlsym(library, name);
    if (!symbol)
        return vr_err_set(err, VR_ERR_INPUT, "libmatio has no %s: it is too old", name);
    *(void **)place = symbol;
    return 0;
}

static int matio_load(const char *display, struct vr_err *err)
{
    static void *library;
    if (library)
        return 0;
    void *found = dlopen("libmatio.so.11", RTLD_LAZY | RTLD_LOCAL);
    if (!found)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: a MATLAB file of version 5, which is read through libmatio; install it (Debian: "
            "libmatio11), or save the file with -v4: %s",
            display, dlerror());
    int r = 0;
#define X(name) \
    if (r == 0) \
        r = find(found, "Mat_" #name, &matio.name, err);
    MATIO_FUNCTIONS(X)
#undef X
    if (r == 0)
        library = found;
    return r;
}

static int matio_open(
    const struct vr_folder_file *file, const char *display, mat_t **ret_mat, struct vr_err *err)
{
    char path[40];
    int r = matio_load(display, err);
    if (r < 0)
        return r;
    snprintf(path, sizeof path, "/proc/self/fd/%d", file->fd);
    *ret_mat = matio.Open(path, MAT_ACC_RDONLY);
    return *ret_mat
               ? 0
               : vr_err_set(err, VR_ERR_INPUT, "%s: libmatio finds no MATLAB file in it", display);
}

static enum vr_mat_type type_of(const matvar_t *variable)
{
    static const struct {
        enum matio_classes class;
        enum vr_mat_type type;
    } types[] = {
        {MAT_C_DOUBLE, VR_MAT_DOUBLE}, {MAT_C_SINGLE, VR_MAT_SINGLE}, {MAT_C_INT8, VR_MAT_INT8},
        {MAT_C_UINT8, VR_MAT_UINT8},   {MAT_C_INT16, VR_MAT_INT16},   {MAT_C_UINT16, VR_MAT_UINT16},
        {MAT_C_INT32, VR_MAT_INT32},   {MAT_C_UINT32, VR_MAT_UINT32}, {MAT_C_INT64, VR_MAT_INT64},
        {MAT_C_UINT64, VR_MAT_UINT64},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].class == variable->class_type && variable->rank == 2 && !variable->isComplex)
            return types[i].type;
    return VR_MAT_OTHER;
}

/* Name, type and size, without the numbers.  A matrix larger than its file can hold is none. */
static void matrix_of(
    const struct vr_folder_file *file, const matvar_t *variable, struct vr_mat_matrix *ret_matrix)
{
    *ret_matrix = (struct vr_mat_matrix){.type = type_of(variable)};
    snprintf(ret_matrix->name, sizeof ret_matrix->name, "%s", variable->name ? variable->name : "");
    if (variable->rank >= 2 && variable->dims) {
        ret_matrix->rows = variable->dims[0] < INT32_MAX ? (int64_t)variable->dims[0] : INT32_MAX;
        ret_matrix->columns =
            variable->dims[1] < INT32_MAX ? (int64_t)variable->dims[1] : INT32_MAX;
    }
    int64_t count = ret_matrix->rows * ret_matrix->columns;
    if (count > VR_MAT_ELEMENTS_MAX || count > DEFLATE_RATIO_MAX * file->size)
        ret_matrix->type = VR_MAT_OTHER;
}

int vr_mat5_describe(
    const struct vr_folder_file *file, const char *display, char *ret_text, size_t size,
    struct vr_err *err)
{
    mat_t *mat;
    int r = matio_open(file, display, &mat, err);
    if (r < 0)
        return r;
    ret_text[0] = '\0';
    for (matvar_t *variable; (variable = matio.VarReadNextInfo(mat)); matio.VarFree(variable)) {
        struct vr_mat_matrix matrix;
        matrix_of(file, variable, &matrix);
        vr_mat_describe_add(&matrix, ret_text, size);
    }
    matio.Close(mat);
    return 0;
}

/* The numbers, in memory of our own. */
static int numbers_take(
    mat_t *mat, matvar_t *variable, const char *display, struct vr_mat_matrix *matrix,
    struct vr_err *err)
{
    size_t size = (size_t)(matrix->rows * matrix->columns) * vr_mat_type_size(matrix->type);
    if (size &&
        (matio.VarReadDataAll(mat, variable) != 0 || !variable->data || variable->nbytes != size))
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: the numbers of variable %s cannot be read; the file is damaged",
            display, matrix->name);
    matrix->numbers = malloc(size + 1);
    if (!matrix->numbers)
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "%s: no memory for variable %s", display, matrix->name);
    if (size)
        memcpy(matrix->numbers, variable->data, size);
    return 0;
}

int vr_mat5_load(
    const struct vr_folder_file *file, const char *display, const char *name,
    struct vr_mat_matrix *ret_matrix, struct vr_err *err)
{
    mat_t *mat;
    struct vr_mat_matrix matrix;
    int r = matio_open(file, display, &mat, err);
    if (r < 0)
        return r;
    matvar_t *variable = matio.VarReadInfo(mat, name);
    if (!variable) {
        char text[DESCRIPTION_SIZE];
        matio.Close(mat);
        r = vr_mat5_describe(file, display, text, sizeof text, err);
        return r < 0 ? r
                     : vr_err_set(
                           err, VR_ERR_NOT_FOUND, "%s: has no variable %s; it has: %s", display,
                           name, text);
    }
    matrix_of(file, variable, &matrix);
    if (matrix.type == VR_MAT_OTHER)
        r = vr_err_set(
            err, VR_ERR_INPUT,
            "%s: variable %s is no matrix of at most %" PRId64 " real numbers; save it as one",
            display, name, VR_MAT_ELEMENTS_MAX);
    else
        r = numbers_take(mat, variable, display, &matrix, err);
    matio.VarFree(variable);
    matio.Close(mat);
    /* Of no bytes, it tells whether the file is still the one that was opened. */
    if (r == 0)
        r = vr_folder_file_read(file, display, 0, 0, NULL, err);
    if (r < 0) {
        vr_mat_matrix_finish(&matrix);
        return r;
    }
    *ret_matrix = matrix;
    return 0;
}

#else

static int refuse(const char *display, struct vr_err *err)
{
    return vr_err_set(
        err, VR_ERR_INPUT,
        "%s: a MATLAB file of version 5, and this build has no libmatio; build with "
        "-Dmatio=enabled "
        "(Debian: libmatio-dev), or save the file with -v4",
        display);
}

int vr_mat5_load(
    const struct vr_folder_file *file, const char *display, const char *name,
    struct vr_mat_matrix *ret_matrix, struct vr_err *err)
{
    (void)file, (void)name, (void)ret_matrix;
    return refuse(display, err);
}

int vr_mat5_describe(
    const struct vr_folder_file *file, const char *display, char *ret_text, size_t size,
    struct vr_err *err)
{
    (void)file, (void)ret_text, (void)size;
    return refuse(display, err);
}

#endif
