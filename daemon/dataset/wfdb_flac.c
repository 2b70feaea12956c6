/* libFLAC decodes and seeks; what is decoded stays in a few blocks, so that the signals of a file,
 * read one after the other, decode each stretch once. */
#include "dataset/wfdb_flac.h"

#include <FLAC/stream_decoder.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "dataset/dataset.h"

#define BLOCK_COUNT 8 /* at most 2 MB each: 65535 samples of 8 channels */
#define DIGEST_CHUNK (1 << 16)

struct block {
    int64_t first;
    size_t count;    /* samples of each channel, which lie one channel after the other */
    size_t capacity; /* values */
    int32_t *values;
    uint64_t used; /* when it was, for the one to give up */
};

struct vr_wfdb_flac {
    const struct vr_folder_file *file;
    const char *display;
    int64_t byte_offset;
    size_t channel_count;
    unsigned bits;
    FLAC__StreamDecoder *decoder;
    int64_t at;    /* byte of the stream that is read next */
    int64_t total; /* samples of a channel by the stream's head; 0 = it does not tell */
    bool head_seen;
    int64_t next; /* sample that decoding on gives */
    struct block blocks[BLOCK_COUNT];
    uint64_t clock;
    uint16_t *sums; /* while surveying: no block is kept */
    int64_t sums_end;
    int result; /* of the callbacks of this call */
    struct vr_err *err;
};

static int damage_tell(struct vr_wfdb_flac *flac, const char *what)
{
    if (flac->result == 0)
        flac->result = vr_err_set(
            flac->err, VR_ERR_INPUT,
            "%s: %s behind sample %" PRId64 "; the FLAC stream is damaged: fetch it again",
            flac->display, what, flac->next);
    return flac->result;
}

static FLAC__StreamDecoderReadStatus read_bytes(
    const FLAC__StreamDecoder *decoder, FLAC__byte bytes[], size_t *size, void *client)
{
    (void)decoder;
    struct vr_wfdb_flac *flac = client;
    int64_t left = flac->file->size - flac->byte_offset - flac->at;
    if (*size > (uint64_t)left)
        *size = (size_t)left;
    if (*size == 0)
        return FLAC__STREAM_DECODER_READ_STATUS_END_OF_STREAM;
    int r = vr_folder_file_read(
        flac->file, flac->display, flac->byte_offset + flac->at, *size, bytes, flac->err);
    if (r < 0) {
        flac->result = r;
        return FLAC__STREAM_DECODER_READ_STATUS_ABORT;
    }
    flac->at += (int64_t)*size;
    return FLAC__STREAM_DECODER_READ_STATUS_CONTINUE;
}

static FLAC__StreamDecoderSeekStatus seek_byte(
    const FLAC__StreamDecoder *decoder, FLAC__uint64 offset, void *client)
{
    (void)decoder;
    struct vr_wfdb_flac *flac = client;
    if (offset > (uint64_t)(flac->file->size - flac->byte_offset))
        return FLAC__STREAM_DECODER_SEEK_STATUS_ERROR;
    flac->at = (int64_t)offset;
    return FLAC__STREAM_DECODER_SEEK_STATUS_OK;
}

static FLAC__StreamDecoderTellStatus tell_byte(
    const FLAC__StreamDecoder *decoder, FLAC__uint64 *ret_offset, void *client)
{
    (void)decoder;
    *ret_offset = (uint64_t)((const struct vr_wfdb_flac *)client)->at;
    return FLAC__STREAM_DECODER_TELL_STATUS_OK;
}

static FLAC__StreamDecoderLengthStatus tell_length(
    const FLAC__StreamDecoder *decoder, FLAC__uint64 *ret_length, void *client)
{
    (void)decoder;
    const struct vr_wfdb_flac *flac = client;
    *ret_length = (uint64_t)(flac->file->size - flac->byte_offset);
    return FLAC__STREAM_DECODER_LENGTH_STATUS_OK;
}

static FLAC__bool tell_end(const FLAC__StreamDecoder *decoder, void *client)
{
    (void)decoder;
    const struct vr_wfdb_flac *flac = client;
    return flac->at == flac->file->size - flac->byte_offset;
}

static void take_head(
    const FLAC__StreamDecoder *decoder, const FLAC__StreamMetadata *metadata, void *client)
{
    (void)decoder;
    struct vr_wfdb_flac *flac = client;
    const FLAC__StreamMetadata_StreamInfo *info = &metadata->data.stream_info;
    if (metadata->type != FLAC__METADATA_TYPE_STREAMINFO)
        return;
    flac->head_seen = true;
    flac->total = (int64_t)info->total_samples; /* 36 bits */
    if (info->channels != flac->channel_count || info->bits_per_sample > flac->bits)
        flac->result = vr_err_set(
            flac->err, VR_ERR_INPUT,
            "%s: the FLAC stream has %u channels of %u bits, but the header tells of %zu signals "
            "of %u bits in it; the two do not belong together",
            flac->display, info->channels, info->bits_per_sample, flac->channel_count, flac->bits);
}

static void take_error(
    const FLAC__StreamDecoder *decoder, FLAC__StreamDecoderErrorStatus status, void *client)
{
    (void)decoder;
    damage_tell(client, FLAC__StreamDecoderErrorStatusString[status]);
}

static void block_sum(
    struct vr_wfdb_flac *flac, int64_t first, size_t count, const FLAC__int32 *const channels[])
{
    int64_t wanted = flac->sums_end - first;
    if (wanted < (int64_t)count)
        count = wanted < 0 ? 0 : (size_t)wanted;
    for (size_t i = 0; i < flac->channel_count; i++)
        for (size_t j = 0; j < count; j++)
            flac->sums[i] = (uint16_t)(flac->sums[i] + (uint32_t)channels[i][j]);
}

/* Into the block that was not used for the longest time. */
static bool block_keep(
    struct vr_wfdb_flac *flac, int64_t first, size_t count, const FLAC__int32 *const channels[])
{
    struct block *block = &flac->blocks[0];
    for (size_t i = 1; i < BLOCK_COUNT; i++)
        if (flac->blocks[i].used < block->used)
            block = &flac->blocks[i];
    if (count * flac->channel_count > block->capacity) {
        free(block->values);
        *block = (struct block){.values = calloc(count * flac->channel_count, sizeof(int32_t))};
        if (!block->values)
            return false;
        block->capacity = count * flac->channel_count;
    }
    int32_t invalid_code = -(INT32_C(1) << (flac->bits - 1));
    int32_t *to = block->values;
    for (size_t i = 0; i < flac->channel_count; i++)
        for (size_t j = 0; j < count; j++)
            *to++ = channels[i][j] == invalid_code ? VR_SAMPLE_INVALID : channels[i][j];
    block->first = first;
    block->count = count;
    block->used = ++flac->clock;
    return true;
}

static FLAC__StreamDecoderWriteStatus take_block(
    const FLAC__StreamDecoder *decoder, const FLAC__Frame *frame,
    const FLAC__int32 *const channels[], void *client)
{
    (void)decoder;
    struct vr_wfdb_flac *flac = client;
    const FLAC__FrameHeader *header = &frame->header;
    int64_t first = (int64_t)header->number.sample_number;
    if (header->channels != flac->channel_count || header->bits_per_sample > flac->bits)
        damage_tell(flac, "a block of other channels or bits");
    else if (flac->next >= 0 && first != flac->next)
        damage_tell(flac, "a block is missing");
    else if (flac->sums)
        block_sum(flac, first, header->blocksize, channels);
    else if (!block_keep(flac, first, header->blocksize, channels))
        flac->result = vr_err_set(
            flac->err, VR_ERR_NO_MEMORY, "%s: no memory for %u samples", flac->display,
            header->blocksize);
    if (flac->result < 0)
        return FLAC__STREAM_DECODER_WRITE_STATUS_ABORT;
    flac->next = first + header->blocksize;
    return FLAC__STREAM_DECODER_WRITE_STATUS_CONTINUE;
}

static void call_begin(struct vr_wfdb_flac *flac, struct vr_err *err)
{
    flac->err = err;
    flac->result = 0;
}

/* Read the head again, and stand before the first block. */
static int decoder_start(struct vr_wfdb_flac *flac)
{
    FLAC__stream_decoder_finish(flac->decoder);
    flac->at = 0;
    flac->next = 0;
    flac->head_seen = false;
    FLAC__stream_decoder_set_md5_checking(flac->decoder, true);
    FLAC__StreamDecoderInitStatus status = FLAC__stream_decoder_init_stream(
        flac->decoder, read_bytes, seek_byte, tell_byte, tell_length, tell_end, take_block,
        take_head, take_error, flac);
    if (status != FLAC__STREAM_DECODER_INIT_STATUS_OK)
        return vr_err_set(
            flac->err, VR_ERR_NO_MEMORY, "%s: cannot be decoded: %s", flac->display,
            FLAC__StreamDecoderInitStatusString[status]);
    FLAC__bool done = FLAC__stream_decoder_process_until_end_of_metadata(flac->decoder);
    bool no_head = !flac->head_seen && flac->result != -VR_ERR_IO;
    if (no_head || (flac->result == 0 && !done))
        flac->result = vr_err_set(
            flac->err, VR_ERR_INPUT,
            "%s: byte %" PRId64 ": no FLAC stream begins here; fetch the file again", flac->display,
            flac->byte_offset);
    return flac->result;
}

int vr_wfdb_flac_open(
    const struct vr_folder_file *file, const char *display, int64_t byte_offset,
    size_t channel_count, unsigned bits, struct vr_wfdb_flac **ret_flac, struct vr_err *err)
{
    if (channel_count > VR_WFDB_FLAC_CHANNELS_MAX)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: a FLAC stream has at most %d channels, not %zu", display,
            VR_WFDB_FLAC_CHANNELS_MAX, channel_count);
    if (byte_offset > file->size)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: has %" PRId64 " bytes; the header says that samples begin at %" PRId64, display,
            file->size, byte_offset);
    struct vr_wfdb_flac *flac = calloc(1, sizeof *flac);
    if (flac)
        flac->decoder = FLAC__stream_decoder_new();
    if (!flac || !flac->decoder) {
        free(flac);
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to decode it", display);
    }
    flac->file = file;
    flac->display = display;
    flac->byte_offset = byte_offset;
    flac->channel_count = channel_count;
    flac->bits = bits;
    call_begin(flac, err);
    int r = decoder_start(flac);
    if (r < 0) {
        vr_wfdb_flac_close(flac);
        return r;
    }
    *ret_flac = flac;
    return 0;
}

void vr_wfdb_flac_close(struct vr_wfdb_flac *flac)
{
    if (!flac)
        return;
    FLAC__stream_decoder_delete(flac->decoder);
    for (size_t i = 0; i < BLOCK_COUNT; i++)
        free(flac->blocks[i].values);
    free(flac);
}

/* Decode all of it, then stand at the start again; *ret_end is the count of samples. */
static int pass_over(
    struct vr_wfdb_flac *flac, int64_t sums_end, uint16_t *ret_sums, int64_t *ret_end)
{
    memset(ret_sums, 0, flac->channel_count * sizeof *ret_sums);
    flac->sums = ret_sums;
    flac->sums_end = sums_end;
    int r = decoder_start(flac);
    if (r == 0 && !FLAC__stream_decoder_process_until_end_of_stream(flac->decoder))
        damage_tell(flac, "decoding fails");
    *ret_end = flac->next;
    if (flac->result == 0 && flac->total > 0 && flac->next != flac->total)
        damage_tell(flac, "the stream ends");
    bool equal = FLAC__stream_decoder_finish(flac->decoder);
    if (flac->result == 0 && !equal)
        damage_tell(flac, "samples differ from the digest in the stream's head");
    flac->sums = NULL;
    return flac->result == 0 ? decoder_start(flac) : flac->result;
}

int vr_wfdb_flac_count(struct vr_wfdb_flac *flac, int64_t *ret_sample_count, struct vr_err *err)
{
    uint16_t sums[VR_WFDB_FLAC_CHANNELS_MAX];
    call_begin(flac, err);
    *ret_sample_count = flac->total;
    return flac->total > 0 ? 0 : pass_over(flac, 0, sums, ret_sample_count);
}

static struct block *block_find(struct vr_wfdb_flac *flac, int64_t sample)
{
    for (size_t i = 0; i < BLOCK_COUNT; i++) {
        struct block *block = &flac->blocks[i];
        if (sample >= block->first && sample < block->first + (int64_t)block->count)
            return block;
    }
    return NULL;
}

/* Decode the block that holds `sample`: the next one, or one to seek. */
static int block_load(struct vr_wfdb_flac *flac, int64_t sample)
{
    if (flac->next == sample) {
        while (flac->next == sample && flac->result == 0) {
            FLAC__StreamDecoderState state = FLAC__stream_decoder_get_state(flac->decoder);
            if (state == FLAC__STREAM_DECODER_END_OF_STREAM ||
                !FLAC__stream_decoder_process_single(flac->decoder))
                damage_tell(flac, "decoding fails");
        }
    } else {
        flac->next = -1; /* any block will do */
        if (!FLAC__stream_decoder_seek_absolute(flac->decoder, (uint64_t)sample))
            damage_tell(flac, "seeking fails");
    }
    if (flac->result < 0) { /* the next call seeks afresh */
        FLAC__stream_decoder_flush(flac->decoder);
        flac->next = -1;
    }
    return flac->result;
}

int vr_wfdb_flac_read(
    struct vr_wfdb_flac *flac, size_t channel, int64_t first, size_t count, int32_t *ret_values,
    struct vr_err *err)
{
    call_begin(flac, err);
    while (count > 0) {
        struct block *block = block_find(flac, first);
        if (!block) {
            int r = block_load(flac, first);
            if (r < 0)
                return r;
            block = block_find(flac, first);
            if (!block)
                return damage_tell(flac, "seeking fails");
        }
        size_t within = (size_t)(first - block->first), part = block->count - within;
        if (part > count)
            part = count;
        memcpy(
            ret_values, block->values + channel * block->count + within, part * sizeof *ret_values);
        block->used = ++flac->clock;
        first += (int64_t)part;
        ret_values += part;
        count -= part;
    }
    return 0;
}

static int file_digest(
    const struct vr_wfdb_flac *flac, struct vr_digest *digest, struct vr_err *err)
{
    _cleanup_free_ uint8_t *bytes = malloc(DIGEST_CHUNK);
    if (!bytes)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to read it", flac->display);
    for (int64_t at = 0; at < flac->file->size; at += DIGEST_CHUNK) {
        int64_t left = flac->file->size - at;
        size_t size = left < DIGEST_CHUNK ? (size_t)left : DIGEST_CHUNK;
        int r = vr_folder_file_read(flac->file, flac->display, at, size, bytes, err);
        if (r < 0)
            return r;
        vr_digest_update(digest, bytes, size);
    }
    return 0;
}

int vr_wfdb_flac_survey(
    struct vr_wfdb_flac *flac, int64_t sample_count, struct vr_digest *digest, uint16_t *ret_sums,
    struct vr_err *err)
{
    int64_t end;
    call_begin(flac, err);
    int r = file_digest(flac, digest, err);
    if (r == 0)
        r = pass_over(flac, sample_count, ret_sums, &end);
    if (r == 0 && end < sample_count)
        r = damage_tell(flac, "the stream ends");
    return r;
}
