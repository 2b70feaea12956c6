/* A block cache of one: reading on, or each signal of a frame in turn, decodes each block once. */
#include "dataset/wfdb_signal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "dataset/dataset.h"

static int size_check(
    const struct vr_folder_file *file, const char *display, const struct vr_wfdb_format *format,
    int64_t byte_offset, int64_t sample_count, struct vr_err *err)
{
    int64_t size = vr_wfdb_format_size(format, sample_count);
    if (byte_offset > VR_WFDB_FILE_SIZE_MAX || size > VR_WFDB_FILE_SIZE_MAX - byte_offset)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: %" PRId64 " samples of format %d are more than the %" PRId64
            " bytes that are read of one file; split the record",
            display, sample_count, format->format, VR_WFDB_FILE_SIZE_MAX);
    if (byte_offset <= file->size && size <= file->size - byte_offset)
        return 0;
    return vr_err_set(
        err, VR_ERR_INPUT,
        "%s: has %" PRId64 " bytes, but %" PRId64 " samples of format %d from byte %" PRId64
        " on take %" PRId64 "; it was cut, or the header belongs to another file: fetch it again",
        display, file->size, sample_count, format->format, byte_offset, size);
}

int vr_wfdb_stream_create(
    const struct vr_folder_file *file, const char *display, const struct vr_wfdb_format *format,
    int64_t byte_offset, int64_t sample_count, struct vr_wfdb_stream **ret_stream,
    struct vr_err *err)
{
    _cleanup_close_ int fd = file->fd;
    if (sample_count < 0)
        sample_count =
            byte_offset < file->size ? vr_wfdb_format_samples(format, file->size - byte_offset) : 0;
    int r = size_check(file, display, format, byte_offset, sample_count, err);
    if (r < 0)
        return r;
    struct vr_wfdb_stream *stream = malloc(sizeof *stream);
    char *name = strdup(display);
    if (!stream || !name) {
        free(stream);
        free(name);
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to read it", display);
    }
    stream->file = *file;
    stream->display = name;
    stream->format = format;
    stream->byte_offset = byte_offset;
    stream->sample_count = sample_count;
    stream->block = -1;
    fd = -1;
    *ret_stream = stream;
    return 0;
}

void vr_wfdb_stream_destroy(struct vr_wfdb_stream *stream)
{
    if (!stream)
        return;
    close(stream->file.fd);
    free(stream->display);
    free(stream);
}

/* Samples of a block: all blocks are full but the last. */
static size_t block_samples(const struct vr_wfdb_stream *stream, int64_t block)
{
    int64_t left = stream->sample_count - block * VR_WFDB_BLOCK_SAMPLES;
    return left < VR_WFDB_BLOCK_SAMPLES ? (size_t)left : VR_WFDB_BLOCK_SAMPLES;
}

static int block_load(struct vr_wfdb_stream *stream, int64_t block, struct vr_err *err)
{
    const struct vr_wfdb_format *format = stream->format;
    size_t sample_count = block_samples(stream, block);
    size_t size = (size_t)vr_wfdb_format_size(format, (int64_t)sample_count);
    int64_t offset =
        stream->byte_offset + vr_wfdb_format_size(format, block * VR_WFDB_BLOCK_SAMPLES);

    stream->block = -1;
    int r = vr_folder_file_read(&stream->file, stream->display, offset, size, stream->bytes, err);
    if (r < 0)
        return r;
    size_t pack_count = (sample_count + format->pack_samples - 1) / format->pack_samples;
    memset(stream->bytes + size, 0, pack_count * format->pack_bytes - size);
    format->decode(stream->bytes, pack_count, stream->values);
    stream->block = block;
    stream->block_size = size;
    return 0;
}

int vr_wfdb_stream_read(
    struct vr_wfdb_stream *stream, const struct vr_wfdb_track *track, int64_t first, size_t count,
    int32_t *ret_values, struct vr_err *err)
{
    uint32_t own = track->samples_per_frame, within = (uint32_t)(first % own);
    int64_t position =
        (track->frame_first + first / own) * track->frame_samples + track->slot + within;
    for (size_t i = 0; i < count; i++) {
        assert(position < stream->sample_count);
        uint64_t index = (uint64_t)(position - stream->block * VR_WFDB_BLOCK_SAMPLES);
        if (stream->block < 0 || index >= VR_WFDB_BLOCK_SAMPLES) {
            int r = block_load(stream, position / VR_WFDB_BLOCK_SAMPLES, err);
            if (r < 0)
                return r;
            index = (uint64_t)(position % VR_WFDB_BLOCK_SAMPLES);
        }
        ret_values[i] = stream->values[index];
        position++;
        if (++within == own) {
            within = 0;
            position += track->frame_samples - own;
        }
    }
    return 0;
}

/* The bytes before the first sample are not decoded, but part of what was read. */
static int prolog_digest(
    struct vr_wfdb_stream *stream, struct vr_digest *digest, struct vr_err *err)
{
    stream->block = -1;
    for (int64_t at = 0; at < stream->byte_offset; at += (int64_t)sizeof stream->bytes) {
        int64_t left = stream->byte_offset - at;
        size_t size = left < (int64_t)sizeof stream->bytes ? (size_t)left : sizeof stream->bytes;
        int r = vr_folder_file_read(&stream->file, stream->display, at, size, stream->bytes, err);
        if (r < 0)
            return r;
        vr_digest_update(digest, stream->bytes, size);
    }
    return 0;
}

int vr_wfdb_stream_survey(
    struct vr_wfdb_stream *stream, uint32_t frame_samples, struct vr_digest *digest,
    uint16_t *ret_sums, struct vr_err *err)
{
    int r = prolog_digest(stream, digest, err);
    if (r < 0)
        return r;
    int32_t invalid_code = stream->format->min - 1;
    uint32_t slot = 0;
    memset(ret_sums, 0, frame_samples * sizeof *ret_sums);
    for (int64_t block = 0; block * VR_WFDB_BLOCK_SAMPLES < stream->sample_count; block++) {
        r = block_load(stream, block, err);
        if (r < 0)
            return r;
        vr_digest_update(digest, stream->bytes, stream->block_size);
        size_t count = block_samples(stream, block);
        for (size_t i = 0; i < count; i++) {
            int32_t value = stream->values[i];
            if (value == VR_SAMPLE_INVALID)
                value = invalid_code;
            ret_sums[slot] = (uint16_t)(ret_sums[slot] + (uint32_t)value);
            if (++slot == frame_samples)
                slot = 0;
        }
    }
    return 0;
}

int64_t vr_wfdb_stream_surplus(const struct vr_wfdb_stream *stream)
{
    return stream->file.size - stream->byte_offset -
           vr_wfdb_format_size(stream->format, stream->sample_count);
}
