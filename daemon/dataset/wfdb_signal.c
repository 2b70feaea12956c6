/* A block cache of one: reading on, or each signal of a frame in turn, decodes each block once. */
#include "dataset/wfdb_signal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "dataset/dataset.h"
#include "dataset/wfdb_flac.h"
#include "dataset/wfdb_format.h"
#include "dataset/wfdb_slots.h"
#include "dataset/wfdb_steps.h"

struct vr_wfdb_stream {
    struct vr_folder_file file;
    char *display; /* the file in errors */
    const struct vr_wfdb_format *format;
    int64_t byte_offset;
    int64_t frame_count;  /* -1 = any number */
    int64_t sample_count; /* of all signals together; with packs only */
    struct vr_wfdb_slots slots;
    uint32_t samples_per_frame[VR_SIGNALS_MAX];
    struct vr_wfdb_steps steps; /* of differences */
    struct vr_wfdb_flac *flac;
    int64_t block; /* which block is held below, -1 = none */
    size_t block_size;
    uint8_t bytes[VR_WFDB_BLOCK_SAMPLES * 4];
    int32_t values[VR_WFDB_BLOCK_SAMPLES];
};

static int size_check(const struct vr_wfdb_stream *stream, struct vr_err *err)
{
    int64_t offset = stream->byte_offset, count = stream->sample_count;
    int64_t size = vr_wfdb_format_size(stream->format, count);
    if (offset > VR_WFDB_FILE_SIZE_MAX || size > VR_WFDB_FILE_SIZE_MAX - offset)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: %" PRId64 " samples of format %d are more than the %" PRId64
            " bytes that are read of one file; split the record",
            stream->display, count, stream->format->format, VR_WFDB_FILE_SIZE_MAX);
    if (offset <= stream->file.size && size <= stream->file.size - offset)
        return 0;
    return vr_err_set(
        err, VR_ERR_INPUT,
        "%s: has %" PRId64 " bytes, but %" PRId64 " samples of format %d from byte %" PRId64
        " on take %" PRId64 "; it was cut, or the header belongs to another file: fetch it again",
        stream->display, stream->file.size, count, stream->format->format, offset, size);
}

static int64_t block_count(const struct vr_wfdb_stream *stream)
{
    return (stream->sample_count + VR_WFDB_BLOCK_SAMPLES - 1) / VR_WFDB_BLOCK_SAMPLES;
}

static int packs_init(
    struct vr_wfdb_stream *stream, const struct vr_wfdb_signal *signals, struct vr_err *err)
{
    int64_t left = stream->file.size - stream->byte_offset;
    stream->sample_count = stream->frame_count >= 0
                               ? stream->frame_count * stream->slots.frame_samples
                           : left > 0 ? vr_wfdb_format_samples(stream->format, left)
                                      : 0;
    int r = size_check(stream, err);
    if (r < 0)
        return r;
    stream->frame_count = stream->sample_count / stream->slots.frame_samples;
    if (stream->format->coding != VR_WFDB_CODING_DIFFERENCES)
        return 0;
    int32_t initial[VR_SIGNALS_MAX];
    for (size_t i = 0; i < stream->slots.signal_count; i++)
        initial[i] = signals[i].initial_value;
    if (vr_wfdb_steps_init(&stream->steps, &stream->slots, initial, block_count(stream)) < 0)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to read it", stream->display);
    return 0;
}

static int flac_init(struct vr_wfdb_stream *stream, struct vr_err *err)
{
    int64_t held, own = stream->samples_per_frame[0];
    for (size_t i = 0; i < stream->slots.signal_count; i++)
        if (stream->samples_per_frame[i] != own)
            return vr_err_set(
                err, VR_ERR_INPUT,
                "%s: the signals of a FLAC file must have the same number of samples in a frame",
                stream->display);
    if (stream->file.size > VR_WFDB_FILE_SIZE_MAX)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: more than the %" PRId64 " bytes that are read of one file",
            stream->display, VR_WFDB_FILE_SIZE_MAX);
    int r = vr_wfdb_flac_open(
        &stream->file, stream->display, stream->byte_offset, stream->slots.signal_count,
        stream->format->bits, &stream->flac, err);
    if (r == 0)
        r = vr_wfdb_flac_count(stream->flac, &held, err);
    if (r < 0)
        return r;
    if (stream->frame_count > held / own)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: has %" PRId64 " samples of each signal, but %" PRId64 " frames take %" PRId64
            "; it was cut, or the header belongs to another file: fetch it again",
            stream->display, held, stream->frame_count, stream->frame_count * own);
    stream->sample_count = held;
    if (stream->frame_count < 0)
        stream->frame_count = held / own;
    return 0;
}

static int coding_init(
    struct vr_wfdb_stream *stream, const struct vr_wfdb_signal *signals, struct vr_err *err)
{
    if (stream->format->coding == VR_WFDB_CODING_NONE)
        return 0;
    return stream->format->coding == VR_WFDB_CODING_FLAC ? flac_init(stream, err)
                                                         : packs_init(stream, signals, err);
}

int vr_wfdb_stream_create(
    const struct vr_folder_file *file, const char *display, const struct vr_wfdb_signal *signals,
    size_t signal_count, int64_t frame_count, struct vr_wfdb_stream **ret_stream,
    struct vr_err *err)
{
    struct vr_wfdb_stream *stream = calloc(1, sizeof *stream);
    char *name = strdup(display);
    if (!stream || !name) {
        free(stream);
        free(name);
        if (file->fd >= 0)
            close(file->fd);
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to read it", display);
    }
    stream->file = *file;
    stream->display = name;
    stream->format = vr_wfdb_format_find(signals->format);
    stream->byte_offset = signals->byte_offset;
    stream->frame_count = frame_count;
    stream->slots.signal_count = signal_count;
    stream->slots.samples_per_frame = stream->samples_per_frame;
    for (size_t i = 0; i < signal_count; i++) {
        stream->samples_per_frame[i] = signals[i].samples_per_frame;
        stream->slots.frame_samples += signals[i].samples_per_frame;
    }
    stream->block = -1;
    int r = coding_init(stream, signals, err);
    if (r < 0) {
        vr_wfdb_stream_destroy(stream);
        return r;
    }
    *ret_stream = stream;
    return 0;
}

void vr_wfdb_stream_destroy(struct vr_wfdb_stream *stream)
{
    if (!stream)
        return;
    vr_wfdb_flac_close(stream->flac);
    vr_wfdb_steps_finish(&stream->steps);
    if (stream->file.fd >= 0)
        close(stream->file.fd);
    free(stream->display);
    free(stream);
}

int64_t vr_wfdb_stream_frames(const struct vr_wfdb_stream *stream)
{
    return stream->frame_count;
}

/* Samples of a block: all blocks are full but the last. */
static size_t block_samples(const struct vr_wfdb_stream *stream, int64_t block)
{
    int64_t left = stream->sample_count - block * VR_WFDB_BLOCK_SAMPLES;
    return left < VR_WFDB_BLOCK_SAMPLES ? (size_t)left : VR_WFDB_BLOCK_SAMPLES;
}

/* Read and unpack a block, and of differences make samples. */
static int block_decode(struct vr_wfdb_stream *stream, int64_t block, struct vr_err *err)
{
    const struct vr_wfdb_format *format = stream->format;
    size_t sample_count = block_samples(stream, block);
    size_t size = (size_t)vr_wfdb_format_size(format, (int64_t)sample_count);
    int64_t first = block * VR_WFDB_BLOCK_SAMPLES;
    int64_t offset = stream->byte_offset + vr_wfdb_format_size(format, first);

    stream->block = -1;
    int r = vr_folder_file_read(&stream->file, stream->display, offset, size, stream->bytes, err);
    if (r < 0)
        return r;
    size_t pack_count = (sample_count + format->pack_samples - 1) / format->pack_samples;
    memset(stream->bytes + size, 0, pack_count * format->pack_bytes - size);
    format->decode(stream->bytes, pack_count, stream->values);
    if (format->coding == VR_WFDB_CODING_DIFFERENCES)
        vr_wfdb_steps_sum(&stream->steps, first, sample_count, stream->values);
    stream->block = block;
    stream->block_size = size;
    return 0;
}

static int block_load(struct vr_wfdb_stream *stream, int64_t block, struct vr_err *err)
{
    if (stream->format->coding == VR_WFDB_CODING_DIFFERENCES)
        for (int64_t i = vr_wfdb_steps_seek(&stream->steps, block); i < block; i++) {
            int r = block_decode(stream, i, err);
            if (r < 0)
                return r;
        }
    return block_decode(stream, block, err);
}

static int packs_read(
    struct vr_wfdb_stream *stream, size_t signal, int64_t first, size_t count, int32_t *ret_values,
    struct vr_err *err)
{
    uint32_t own = stream->samples_per_frame[signal], within = (uint32_t)(first % own);
    int64_t position = first / own * stream->slots.frame_samples + within;
    for (size_t i = 0; i < signal; i++)
        position += stream->samples_per_frame[i];
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
            position += stream->slots.frame_samples - own;
        }
    }
    return 0;
}

int vr_wfdb_stream_read(
    struct vr_wfdb_stream *stream, size_t signal, int64_t first, size_t count, int32_t *ret_values,
    struct vr_err *err)
{
    assert(signal < stream->slots.signal_count);
    switch (stream->format->coding) {
    case VR_WFDB_CODING_NONE:
        for (size_t i = 0; i < count; i++)
            ret_values[i] = VR_SAMPLE_INVALID;
        return 0;
    case VR_WFDB_CODING_FLAC:
        return vr_wfdb_flac_read(stream->flac, signal, first, count, ret_values, err);
    default:
        return packs_read(stream, signal, first, count, ret_values, err);
    }
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

static int packs_survey(
    struct vr_wfdb_stream *stream, struct vr_digest *digest, uint16_t *ret_sums, struct vr_err *err)
{
    int32_t invalid_code = stream->format->min - 1;
    struct vr_wfdb_slot slot = {0};
    int r = prolog_digest(stream, digest, err);
    for (int64_t block = 0; r == 0 && block < block_count(stream); block++) {
        r = block_load(stream, block, err);
        if (r < 0)
            break;
        vr_digest_update(digest, stream->bytes, stream->block_size);
        size_t count = block_samples(stream, block);
        for (size_t i = 0; i < count; i++) {
            int32_t value = stream->values[i];
            if (value == VR_SAMPLE_INVALID)
                value = invalid_code;
            ret_sums[slot.signal] = (uint16_t)(ret_sums[slot.signal] + (uint32_t)value);
            vr_wfdb_slot_next(&stream->slots, &slot);
        }
    }
    return r;
}

int vr_wfdb_stream_survey(
    struct vr_wfdb_stream *stream, struct vr_digest *digest, uint16_t *ret_sums, struct vr_err *err)
{
    memset(ret_sums, 0, stream->slots.signal_count * sizeof *ret_sums);
    switch (stream->format->coding) {
    case VR_WFDB_CODING_NONE:
        return 0;
    case VR_WFDB_CODING_FLAC:
        return vr_wfdb_flac_survey(
            stream->flac, stream->frame_count * stream->samples_per_frame[0], digest, ret_sums,
            err);
    default:
        return packs_survey(stream, digest, ret_sums, err);
    }
}

void vr_wfdb_stream_surplus(const struct vr_wfdb_stream *stream, char *ret_text, size_t size)
{
    int64_t surplus = 0;
    bool flac = stream->format->coding == VR_WFDB_CODING_FLAC;
    if (flac)
        surplus = stream->sample_count - stream->frame_count * stream->samples_per_frame[0];
    else if (stream->format->coding != VR_WFDB_CODING_NONE)
        surplus = stream->file.size - stream->byte_offset -
                  vr_wfdb_format_size(stream->format, stream->sample_count);
    ret_text[0] = '\0';
    if (surplus > 0)
        snprintf(ret_text, size, "%" PRId64 " %s", surplus, flac ? "samples" : "bytes");
}
