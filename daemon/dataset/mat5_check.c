/* The outer shape of version 5: behind a head of 128 bytes, variables with a type and a size of 32 bits each.  The sum at the
 * end of a compressed one (zlib's Adler-32) is what tells of damage: of 862 bytes with one bit changed, libmatio read 744
 * as other numbers without a word. */
#include "dataset/mat5.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef VR_HAVE_MATIO

#include <zlib.h>

#include "base/cleanup.h"

#define HEAD_SIZE 128
#define TYPE_COMPRESSED 15
#define CHUNK_SIZE ((size_t)1 << 16)
#define INFLATED_MAX (8 * VR_MAT_ELEMENTS_MAX + 4096)

static uint32_t read_32(const uint8_t *bytes, bool is_big)
{
    return is_big ? bytes[3] | (uint32_t)bytes[2] << 8 | (uint32_t)bytes[1] << 16 |
                        (uint32_t)bytes[0] << 24
                  : bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                        (uint32_t)bytes[3] << 24;
}

static void inflate_end(z_stream *stream)
{
    inflateEnd(stream);
}

/* Inflate `size` bytes at `offset` and throw the result away. */
static int compressed_check(
    const struct vr_folder_file *file, const char *display, int64_t offset, uint32_t size,
    struct vr_err *err)
{
    _cleanup_free_ uint8_t *bytes = malloc(2 * CHUNK_SIZE);
    _cleanup_(inflate_end) z_stream stream = {0};
    int status = bytes ? inflateInit(&stream) : Z_MEM_ERROR;
    if (status != Z_OK)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to read it", display);
    for (uint32_t done = 0; status == Z_OK && (stream.avail_in || done < size);) {
        if (stream.avail_in == 0) {
            uint32_t part = size - done < CHUNK_SIZE ? size - done : (uint32_t)CHUNK_SIZE;
            int r = vr_folder_file_read(file, display, offset + done, part, bytes, err);
            if (r < 0)
                return r;
            stream.next_in = bytes;
            stream.avail_in = part;
            done += part;
        }
        stream.next_out = bytes + CHUNK_SIZE;
        stream.avail_out = CHUNK_SIZE;
        status = inflate(&stream, Z_NO_FLUSH);
        if ((int64_t)stream.total_out > INFLATED_MAX)
            break;
    }
    return status == Z_STREAM_END
               ? 0
               : vr_err_set(
                     err, VR_ERR_INPUT,
                     "%s: byte %" PRId64 ": the compressed variable there is damaged, or larger "
                     "than %" PRId64 " bytes; fetch the file again",
                     display, offset, INFLATED_MAX);
}

int vr_mat5_check(
    const struct vr_folder_file *file, const char *display, bool is_big, struct vr_err *err)
{
    for (int64_t offset = HEAD_SIZE, next; offset < file->size; offset = next) {
        uint8_t tag[8];
        int64_t left = file->size - offset;
        int r = left < 8 ? 0 : vr_folder_file_read(file, display, offset, sizeof tag, tag, err);
        if (r < 0)
            return r;
        uint32_t size = left < 8 ? 0 : read_32(tag + 4, is_big);
        next = offset + 8 + size;
        if (left < 8 || next > file->size)
            return vr_err_set(
                err, VR_ERR_INPUT,
                "%s: byte %" PRId64 ": a variable of %" PRIu32 " bytes, but %" PRId64
                " are left; the file was cut",
                display, offset, size, left < 8 ? left : left - 8);
        if (read_32(tag, is_big) == TYPE_COMPRESSED)
            r = compressed_check(file, display, offset + 8, size, err);
        if (r < 0)
            return r;
    }
    return 0;
}

#else

/* Nothing of such a file is read by this build. */
int vr_mat5_check(
    const struct vr_folder_file *file, const char *display, bool is_big, struct vr_err *err)
{
    (void)file, (void)display, (void)is_big, (void)err;
    return 0;
}

#endif
