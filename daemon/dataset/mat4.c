/* The first word is a decimal number MOPT: byte order, 0, kind of numbers, kind of matrix. */
#include "dataset/mat4.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int fail(const char *display, int64_t offset, struct vr_err *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static int fail(const char *display, int64_t offset, struct vr_err *err, const char *format, ...)
{
    char text[VR_ERR_TEXT_SIZE / 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return vr_err_set(err, VR_ERR_INPUT, "%s: byte %" PRId64 ": %s", display, offset, text);
}

static int32_t read_32(const uint8_t *bytes, bool is_big)
{
    uint32_t low = bytes[0] | (uint32_t)bytes[1] << 8;
    uint32_t high = bytes[2] | (uint32_t)bytes[3] << 8;
    if (is_big) {
        low = bytes[3] | (uint32_t)bytes[2] << 8;
        high = bytes[1] | (uint32_t)bytes[0] << 8;
    }
    return (int32_t)(low | high << 16);
}

/* MOPT is below 5000, so that only one byte order makes sense; it says which one. */
static bool word_read(const uint8_t *bytes, int32_t *ret_word, bool *ret_is_big)
{
    for (int is_big = 0; is_big < 2; is_big++) {
        int32_t word = read_32(bytes, is_big);
        if (word >= 0 && word < 5000 && word / 1000 == is_big) {
            *ret_word = word;
            *ret_is_big = is_big;
            return true;
        }
    }
    return false;
}

static int name_read(
    const uint8_t *bytes, size_t size, int64_t offset, int32_t name_size, const char *display,
    struct vr_mat_matrix *matrix, struct vr_err *err)
{
    if (name_size < 1 || name_size > VR_MAT_NAME_SIZE)
        return fail(
            display, offset + 16, err, "a variable's name of %" PRId32 " bytes; at most %d",
            name_size, VR_MAT_NAME_SIZE);
    if (size < VR_MAT4_FIXED_SIZE + (size_t)name_size)
        return fail(display, offset + 16, err, "the file ends inside a variable's name");
    const char *name = (const char *)bytes + VR_MAT4_FIXED_SIZE;
    size_t length = strnlen(name, (size_t)name_size);
    if (length >= sizeof matrix->name)
        length = sizeof matrix->name - 1;
    memcpy(matrix->name, name, length);
    for (size_t i = 0; i < length; i++)
        if (name[i] <= ' ' || name[i] > '~')
            return fail(
                display, offset + VR_MAT4_FIXED_SIZE, err, "a variable's name is no plain text");
    return 0;
}

int vr_mat4_header_parse(
    const uint8_t *bytes, size_t size, int64_t offset, int64_t file_size, const char *display,
    struct vr_mat4_header *ret_header, struct vr_err *err)
{
    static const enum vr_mat_type types[] = {VR_MAT_DOUBLE, VR_MAT_SINGLE, VR_MAT_INT32,
                                             VR_MAT_INT16,  VR_MAT_UINT16, VR_MAT_UINT8};
    struct vr_mat4_header header = {0};
    int32_t word;
    bool is_big;
    if (size < VR_MAT4_FIXED_SIZE)
        return fail(display, offset, err, "the file ends inside the header of a variable");
    if (!word_read(bytes, &word, &is_big))
        return fail(display, offset, err, "no header of a variable of MATLAB version 4");
    int kind = word / 10 % 10, shape = word % 10;
    if (word / 100 % 10 != 0 || kind > 5 || shape > 2)
        return fail(display, offset, err, "%04" PRId32 " is no type of a MATLAB 4 variable", word);
    int32_t rows = read_32(bytes + 4, is_big), columns = read_32(bytes + 8, is_big);
    int32_t is_complex = read_32(bytes + 12, is_big), name_size = read_32(bytes + 16, is_big);
    if (rows < 0 || columns < 0 || is_complex < 0 || is_complex > 1)
        return fail(
            display, offset + 4, err, "a matrix of %" PRId32 " x %" PRId32 " cannot be", rows,
            columns);
    int r = name_read(bytes, size, offset, name_size, display, &header.matrix, err);
    if (r < 0)
        return r;
    enum vr_mat_type type = types[kind];
    int64_t number_size = (int64_t)vr_mat_type_size(type) << is_complex;
    int64_t held = file_size - offset - VR_MAT4_FIXED_SIZE - name_size;
    /* Below 2^62, for rows and columns are below 2^31; the division keeps it so. */
    if ((int64_t)rows * columns > held / number_size)
        return fail(
            display, offset + 4, err,
            "%" PRId32 " x %" PRId32 " numbers of %" PRId64 " bytes are told of, but %" PRId64
            " bytes are left; the file was cut",
            rows, columns, number_size, held);
    header.matrix.type = shape == 0 && !is_complex ? type : VR_MAT_OTHER;
    header.matrix.rows = rows;
    header.matrix.columns = columns;
    header.is_swapped = is_big != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
    header.numbers_offset = offset + VR_MAT4_FIXED_SIZE + name_size;
    header.next_offset = header.numbers_offset + (int64_t)rows * columns * number_size;
    *ret_header = header;
    return 0;
}

void vr_mat4_swap(uint8_t *bytes, size_t number_size, size_t count)
{
    for (size_t i = 0; i < count; i++, bytes += number_size)
        for (size_t j = 0; j < number_size / 2; j++) {
            uint8_t kept = bytes[j];
            bytes[j] = bytes[number_size - 1 - j];
            bytes[number_size - 1 - j] = kept;
        }
}
