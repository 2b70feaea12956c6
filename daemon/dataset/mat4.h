/* The header of one variable in a MATLAB file of version 4: 20 bytes, then its name, then its numbers. */
#ifndef VR_DATASET_MAT4_H
#define VR_DATASET_MAT4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dataset/mat_file.h"

#define VR_MAT4_FIXED_SIZE 20
#define VR_MAT4_HEADER_SIZE_MAX (VR_MAT4_FIXED_SIZE + VR_MAT_NAME_SIZE)

struct vr_mat4_header {
    struct vr_mat_matrix matrix; /* without its numbers */
    bool is_swapped;             /* the numbers are in the other byte order */
    int64_t numbers_offset;      /* of the first one in the file */
    int64_t next_offset;         /* of the next variable, or the end of the file */
};

/* Read the header at `offset` of a file of file_size bytes, from the `size` bytes there (VR_MAT4_HEADER_SIZE_MAX, or to
 * the end of the file). `display` stands for the file in errors, which read "FILE: byte N: ...".  VR_ERR_INPUT for
 * whatever is wrong, also numbers that would not fit into the file. */
int vr_mat4_header_parse(
    const uint8_t *bytes, size_t size, int64_t offset, int64_t file_size, const char *display,
    struct vr_mat4_header *ret_header, struct vr_err *err);

/* Put the bytes of numbers into the other order, in place. */
void vr_mat4_swap(uint8_t *bytes, size_t number_size, size_t count);

#endif
