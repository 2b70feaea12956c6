/* The packer: samples in, rows and blobs out.  It knows no database, so that any thread can do the work. */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/power_pyramid.h"
#include "wire/crc32c.h"

struct vr_power_packer {
    struct vr_power_shape shape;
    struct vr_power_measure measure;
    struct vr_power_coder *coder;
    struct vr_power_batch *batch; /* NULL = nothing was packed since the last take */
    int64_t number;               /* of the chunk that is being filled */
    int64_t count, lost;          /* samples so far, and missing ones among them */
    struct vr_power_total before; /* sums over the chunks before it */
    bool has_levels, finished;
    uint8_t levels; /* of the lines at the last sample of the chunk before */
    struct vr_power_chunk chunk;
    struct vr_power_pyramid pyramid;
};

static int no_memory(struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory to pack a power trace");
}

int vr_power_packer_create(
    const struct vr_power_stream_row *stream, struct vr_power_packer **ret_packer,
    struct vr_err *err)
{
    struct vr_power_packer *packer = calloc(1, sizeof *packer);
    if (packer)
        packer->coder = vr_power_coder_create();
    if (!packer || !packer->coder) {
        free(packer);
        return no_memory(err);
    }
    packer->shape = (struct vr_power_shape){
        .is_coded = stream->is_coded,
        .has_volts = stream->has_volts,
        .has_lines = stream->has_lines,
    };
    packer->chunk.shape = packer->shape;
    vr_power_measure_init(&packer->measure, stream);
    vr_power_total_init(&packer->measure, &packer->before);
    *ret_packer = packer;
    return 0;
}

void vr_power_packer_destroy(struct vr_power_packer *packer)
{
    if (!packer)
        return;
    vr_power_coder_destroy(packer->coder);
    vr_power_batch_destroy(packer->batch);
    free(packer);
}

struct vr_power_batch *vr_power_packer_take(struct vr_power_packer *packer)
{
    struct vr_power_batch *batch = packer->batch;
    packer->batch = NULL;
    return batch;
}

int64_t vr_power_packer_count(const struct vr_power_packer *packer)
{
    return packer->count;
}

int64_t vr_power_packer_lost(const struct vr_power_packer *packer)
{
    return packer->lost;
}

static int batch_need(struct vr_power_packer *packer, struct vr_err *err)
{
    if (!packer->batch)
        packer->batch = calloc(1, sizeof *packer->batch);
    return packer->batch ? 0 : no_memory(err);
}

/* --- a whole chunk --------------------------------------------------------------------------- */

static int edges_extract(struct vr_power_packer *packer, struct vr_err *err)
{
    const struct vr_power_chunk *chunk = &packer->chunk;
    uint8_t before = packer->has_levels ? packer->levels : chunk->lines[0];
    for (uint32_t i = 0; i < chunk->count; i++) {
        uint8_t changed = chunk->lines[i] ^ before;
        before = chunk->lines[i];
        for (uint8_t line = 0; changed; line++, changed >>= 1) {
            const struct vr_power_edge edge = {
                .sample = packer->number * VR_POWER_CHUNK + i,
                .line = line,
                .level = before >> line & 1,
            };
            if ((changed & 1) && !vr_power_batch_add_edge(packer->batch, &edge))
                return no_memory(err);
        }
    }
    packer->levels = before;
    packer->has_levels = true;
    return 0;
}

static int row_add(
    struct vr_power_packer *packer, const struct vr_power_piece *piece, struct vr_err *err)
{
    const uint8_t *data;
    size_t size;
    int result = vr_power_chunk_encode(packer->coder, &packer->chunk, &data, &size, err);
    if (result < 0)
        return result;
    const struct vr_power_total *before = &packer->before;
    const struct vr_power_chunk_row row = {
        .number = packer->number,
        .count = packer->chunk.count,
        .lost = packer->chunk.count - piece->present,
        .lost_before = packer->number * VR_POWER_CHUNK - before->present,
        .charge_c = piece->charge_c,
        .charge_before_c = before->charge_c.high,
        .charge_before_low_c = before->charge_c.low,
        .energy_j = piece->energy_j,
        .energy_before_j = before->energy_j.high,
        .energy_before_low_j = before->energy_j.low,
        .gain_err_j = piece->gain_err_j,
        .gain_err_before_j = before->gain_err_j,
        .crc32c = wire_crc32c(0, data, size),
    };
    if (!vr_power_batch_add_chunk(packer->batch, &row, data, size))
        return no_memory(err);
    vr_power_total_add(&packer->before, piece);
    return 0;
}

static int chunk_close(struct vr_power_packer *packer, struct vr_err *err)
{
    struct vr_power_block blocks[VR_POWER_CHUNK / VR_POWER_NODE];
    struct vr_power_piece piece;
    size_t count = 0;
    int result = batch_need(packer, err);
    for (uint32_t first = 0; result == 0 && first < packer->chunk.count; first += VR_POWER_NODE) {
        uint32_t left = packer->chunk.count - first;
        vr_power_block_measure(
            &packer->measure, &packer->chunk, first, left < VR_POWER_NODE ? left : VR_POWER_NODE,
            &blocks[count]);
        result = vr_power_pyramid_add(
            &packer->pyramid, &blocks[count++], packer->coder, packer->batch, err);
    }
    vr_power_piece_of_blocks(&packer->measure, blocks, count, &piece);
    if (result == 0 && packer->shape.has_lines)
        result = edges_extract(packer, err);
    if (result == 0 && piece.present > 0)
        result = row_add(packer, &piece, err);
    if (result == 0) {
        packer->number++;
        packer->chunk.count = 0;
    }
    return result;
}

/* --- samples --------------------------------------------------------------------------------- */

/* A sample is there when all of it is. */
static bool sample_is_missing(
    const struct vr_power_shape *shape, const struct vr_power_samples *samples, size_t i)
{
    if (shape->is_coded ? samples->ranges[i] >= VR_POWER_RANGES : !isfinite(samples->values[i]))
        return true;
    return shape->has_volts && !isfinite(samples->volts[i]);
}

static void samples_copy(
    struct vr_power_packer *packer, const struct vr_power_samples *samples, size_t from,
    size_t count)
{
    struct vr_power_chunk *chunk = &packer->chunk;
    const struct vr_power_shape *shape = &packer->shape;
    uint32_t at = chunk->count;
    if (shape->is_coded)
        memcpy(chunk->codes + at, samples->codes + from, count * sizeof *chunk->codes);
    else
        memcpy(chunk->values + at, samples->values + from, count * sizeof *chunk->values);
    if (shape->has_volts)
        memcpy(chunk->volts + at, samples->volts + from, count * sizeof *chunk->volts);
    if (shape->has_lines)
        memcpy(chunk->lines + at, samples->lines + from, count);
    for (size_t i = 0; i < count; i++) {
        bool missing = sample_is_missing(shape, samples, from + i);
        chunk->ranges[at + i] = missing           ? VR_POWER_MISSING
                                : shape->is_coded ? samples->ranges[from + i]
                                                  : 0;
        packer->lost += missing;
    }
    chunk->count += (uint32_t)count;
    packer->count += (int64_t)count;
}

static bool shape_fits(const struct vr_power_shape *shape, const struct vr_power_samples *samples)
{
    bool has_kind = shape->is_coded ? samples->codes && samples->ranges : samples->values != NULL;
    return has_kind && (!shape->has_volts || samples->volts) &&
           (!shape->has_lines || samples->lines);
}

int vr_power_packer_add(
    struct vr_power_packer *packer, const struct vr_power_samples *samples, struct vr_err *err)
{
    if (samples->first != vr_power_packer_count(packer) || packer->finished)
        return vr_err_set(
            err, VR_ERR_INTERNAL,
            "the samples of a power trace do not follow each other: sample %" PRId64
            " came where %" PRId64 " was due",
            samples->first, vr_power_packer_count(packer));
    if (samples->count > 0 && !shape_fits(&packer->shape, samples))
        return vr_err_set(
            err, VR_ERR_INTERNAL, "the samples of a power trace are not what its stream says");
    for (size_t from = 0; from < samples->count;) {
        size_t room = VR_POWER_CHUNK - packer->chunk.count, left = samples->count - from;
        size_t count = left < room ? left : room;
        samples_copy(packer, samples, from, count);
        from += count;
        int result = packer->chunk.count == VR_POWER_CHUNK ? chunk_close(packer, err) : 0;
        if (result < 0)
            return result;
    }
    return 0;
}

int vr_power_packer_add_gap(
    struct vr_power_packer *packer, const struct vr_power_gap *gap, struct vr_err *err)
{
    int result = batch_need(packer, err);
    if (result == 0 && !vr_power_batch_add_gap(packer->batch, gap))
        result = no_memory(err);
    return result;
}

int vr_power_packer_finish(struct vr_power_packer *packer, struct vr_err *err)
{
    int result = packer->chunk.count > 0 ? chunk_close(packer, err) : batch_need(packer, err);
    if (result == 0 && !packer->finished)
        result = vr_power_pyramid_finish(&packer->pyramid, packer->coder, packer->batch, err);
    packer->finished = true;
    return result;
}
