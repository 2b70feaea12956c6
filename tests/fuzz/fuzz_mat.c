/* dataset/mat_file, mat4: any bytes as a file of version 4 are refused, or read into numbers that all lie in it.  Version 5 is checked
 * up to where libmatio would take over. */
#include "dataset/mat4.h"
#include "dataset/mat5.h"
#include "dataset/mat_file.h"
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void check_matrix(const struct vr_mat_matrix *matrix, size_t size)
{
    volatile double sum = 0; /* each number is read, whatever it is */
    FUZZ_ASSERT(matrix->type != VR_MAT_OTHER && matrix->rows >= 0 && matrix->columns >= 0);
    size_t count = (size_t)(matrix->rows * matrix->columns);
    FUZZ_ASSERT(count * vr_mat_type_size(matrix->type) <= size);
    for (int64_t i = 0; count && i < matrix->rows; i++)
        for (int64_t j = 0; j < matrix->columns; j++)
            sum = sum + vr_mat_value(matrix, i, j);
}

/* Every variable, by the walk that the reader makes. */
static void check_version_4(
    const struct vr_folder_file *file, const uint8_t *data, size_t size, const char *described)
{
    struct vr_err err = {0};
    struct vr_mat4_header header;
    for (int64_t offset = 0; offset < (int64_t)size; offset = header.next_offset) {
        struct vr_mat_matrix matrix = {0};
        size_t left = size - (size_t)offset;
        size_t part = left < VR_MAT4_HEADER_SIZE_MAX ? left : VR_MAT4_HEADER_SIZE_MAX;
        int r =
            vr_mat4_header_parse(data + offset, part, offset, (int64_t)size, "fuzz", &header, &err);
        FUZZ_ASSERT(r == 0); /* or describe would have refused it */
        FUZZ_ASSERT(header.next_offset > offset && header.next_offset <= (int64_t)size);
        FUZZ_ASSERT(strlen(described) > 300 || strstr(described, header.matrix.name));
        r = vr_mat_load(file, "fuzz", header.matrix.name, &matrix, &err);
        FUZZ_ASSERT(r == 0 || r == -VR_ERR_INPUT);
        if (r == 0)
            check_matrix(&matrix, size);
        vr_mat_matrix_finish(&matrix);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[400];
    struct vr_err err = {0};
    struct stat info;
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    FUZZ_ASSERT(fd >= 0 && write(fd, data, size) == (ssize_t)size && fstat(fd, &info) == 0);
    struct vr_folder_file file = {.fd = fd, .size = (int64_t)size, .changed = info.st_mtim};
    if (size < 4 || memchr(data, 0, 4)) {
        int r = vr_mat_describe(&file, "fuzz", text, sizeof text, &err);
        FUZZ_ASSERT(r == 0 || r == -VR_ERR_INPUT);
        if (r == 0 && size > 0)
            check_version_4(&file, data, size, text);
    } else {
        for (int is_big = 0; is_big < 2; is_big++) {
            int r = vr_mat5_check(&file, "fuzz", is_big, &err);
            FUZZ_ASSERT(r == 0 || r == -VR_ERR_INPUT);
        }
    }
    close(fd);
    return 0;
}
