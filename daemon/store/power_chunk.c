/* Blobs of power traces.
 *
 * What is measured is noise around few levels, so that the difference of a sample from the last one of its range fits into a byte nearly
 * always: its high byte compresses to nothing, and its low byte nearly to its entropy.  Range and lines change seldom, so they are runs.
 * At 3 LSB of noise this takes 0.57 B a sample, where the codes alone take 2 and a row takes 19. */
#include "store/power_chunk.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define VERSION 1
#define HEAD_SIZE 2 /* version, shape */
#define SHAPE_CODED 1
#define SHAPE_VOLTS 2
#define SHAPE_LINES 4
#define SHAPE_NODES 8 /* of the pyramid */
#define LEVEL 1       /* level 3 is slower and no smaller */

#define RUN_SIZE 4 /* range, lines, count - 1 in two bytes */
/* Most that a blob unpacks to: a run for each sample, and two floats. */
#define CONTENT_MAX (4 + VR_POWER_CHUNK * (RUN_SIZE + 4 + 4))
#define BLOB_MAX (HEAD_SIZE + ZSTD_COMPRESSBOUND(CONTENT_MAX))

struct vr_power_coder {
    ZSTD_CCtx *compressor;
    ZSTD_DCtx *decompressor;
    uint32_t words[VR_POWER_CHUNK];
    uint8_t content[CONTENT_MAX];
    uint8_t blob[BLOB_MAX];
};

struct vr_power_coder *vr_power_coder_create(void)
{
    struct vr_power_coder *coder = calloc(1, sizeof *coder);
    if (!coder)
        return NULL;
    coder->compressor = ZSTD_createCCtx();
    coder->decompressor = ZSTD_createDCtx();
    if (coder->compressor && coder->decompressor) {
        ZSTD_CCtx_setParameter(coder->compressor, ZSTD_c_compressionLevel, LEVEL);
        return coder;
    }
    vr_power_coder_destroy(coder);
    return NULL;
}

void vr_power_coder_destroy(struct vr_power_coder *coder)
{
    if (!coder)
        return;
    ZSTD_freeCCtx(coder->compressor);
    ZSTD_freeDCtx(coder->decompressor);
    free(coder);
}

static uint8_t shape_bits(const struct vr_power_shape *shape)
{
    return (
        uint8_t)((shape->is_coded ? SHAPE_CODED : 0) | (shape->has_volts ? SHAPE_VOLTS : 0) | (shape->has_lines ? SHAPE_LINES : 0));
}

uint32_t vr_power_chunk_lost(const struct vr_power_chunk *chunk)
{
    uint32_t lost = 0;
    for (uint32_t i = 0; i < chunk->count; i++)
        lost += chunk->ranges[i] == VR_POWER_MISSING;
    return lost;
}

/* --- bytes ----------------------------------------------------------------------------------- */

static void put_u16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void put_u32(uint8_t *at, uint32_t value)
{
    put_u16(at, value);
    put_u16(at + 2, value >> 16);
}

static uint32_t get_u16(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8;
}

static uint32_t get_u32(const uint8_t *at)
{
    return get_u16(at) | get_u16(at + 2) << 16;
}

/* Small numbers of either sign become small numbers: 0, -1, 1, -2 .. become 0, 1, 2, 3 .. */
static uint16_t zigzag16(uint16_t difference)
{
    return (uint16_t)(difference << 1 ^ (difference & 0x8000 ? 0xffff : 0));
}

static uint16_t unzigzag16(uint32_t code)
{
    return (uint16_t)(code >> 1 ^ (code & 1 ? 0xffff : 0));
}

static uint32_t zigzag32(uint32_t difference)
{
    return difference << 1 ^ (difference & 0x80000000 ? 0xffffffff : 0);
}

static uint32_t unzigzag32(uint32_t code)
{
    return code >> 1 ^ (code & 1 ? 0xffffffff : 0);
}

/* --- runs ------------------------------------------------------------------------------------ */

/* Length of the run of equal range and lines that begins at `first`. */
static uint32_t run_length(const struct vr_power_chunk *chunk, uint32_t first)
{
    uint8_t range = chunk->ranges[first], lines = chunk->lines[first];
    uint32_t end = first + 1;
    while (end < chunk->count && chunk->ranges[end] == range && chunk->lines[end] == lines)
        end++;
    return end - first;
}

static uint8_t *runs_put(uint8_t *at, const struct vr_power_chunk *chunk)
{
    uint8_t *head = at;
    uint32_t runs = 0;
    at += 4;
    for (uint32_t first = 0, length; first < chunk->count; first += length, runs++) {
        length = run_length(chunk, first);
        at[0] = chunk->ranges[first];
        at[1] = chunk->lines[first];
        put_u16(at + 2, length - 1);
        at += RUN_SIZE;
    }
    put_u32(head, runs);
    return at;
}

static const char *runs_get(const uint8_t **at, const uint8_t *end, struct vr_power_chunk *chunk)
{
    if (end - *at < 4)
        return "it is cut off";
    uint32_t runs = get_u32(*at), first = 0;
    *at += 4;
    if (runs > VR_POWER_CHUNK || (size_t)(end - *at) < (size_t)runs * RUN_SIZE)
        return "it is cut off";
    unsigned last_range = chunk->shape.is_coded ? VR_POWER_RANGES - 1 : 0;
    for (uint32_t run = 0; run < runs; run++, *at += RUN_SIZE) {
        uint8_t range = (*at)[0], lines = (*at)[1];
        uint32_t length = get_u16(*at + 2) + 1;
        if (length > chunk->count - first)
            return "it holds more samples than its row says";
        if (range > last_range && range != VR_POWER_MISSING)
            return "it has a range that there is not";
        if (lines != 0 && !chunk->shape.has_lines)
            return "it has lines that there are not";
        memset(chunk->ranges + first, range, length);
        memset(chunk->lines + first, lines, length);
        first += length;
    }
    return first == chunk->count ? NULL : "it holds fewer samples than its row says";
}

/* --- planes ---------------------------------------------------------------------------------- */

static uint8_t *codes_put(uint8_t *at, const struct vr_power_chunk *chunk, uint32_t present)
{
    uint16_t last[VR_POWER_RANGES] = {0};
    uint8_t *low = at, *high = at + present;
    for (uint32_t first = 0, length; first < chunk->count; first += length) {
        length = run_length(chunk, first);
        uint8_t range = chunk->ranges[first];
        if (range == VR_POWER_MISSING)
            continue;
        uint16_t before = last[range];
        for (const uint16_t *code = chunk->codes + first; code < chunk->codes + first + length;
             code++) {
            uint16_t word = zigzag16((uint16_t)(*code - before));
            before = *code;
            *low++ = (uint8_t)word;
            *high++ = (uint8_t)(word >> 8);
        }
        last[range] = before;
    }
    return at + (size_t)present * 2;
}

static void codes_get(const uint8_t *at, struct vr_power_chunk *chunk, uint32_t present)
{
    uint16_t last[VR_POWER_RANGES] = {0};
    const uint8_t *low = at, *high = at + present;
    for (uint32_t i = 0; i < chunk->count; i++) {
        uint8_t range = chunk->ranges[i];
        if (range == VR_POWER_MISSING) {
            chunk->codes[i] = 0;
            continue;
        }
        last[range] = (uint16_t)(last[range] + unzigzag16(*low++ | (uint32_t)*high++ << 8));
        chunk->codes[i] = last[range];
    }
}

/* Differences of the bit patterns: among floats of one sign these are differences in the last places. */
static uint8_t *words_put(uint8_t *at, const uint32_t *words, uint32_t count)
{
    uint32_t last = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t word = zigzag32(words[i] - last);
        last = words[i];
        for (uint32_t plane = 0; plane < 4; plane++)
            at[plane * count + i] = (uint8_t)(word >> 8 * plane);
    }
    return at + (size_t)count * 4;
}

static void words_get(const uint8_t *at, uint32_t *ret_words, uint32_t count)
{
    uint32_t last = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t word = 0;
        for (uint32_t plane = 0; plane < 4; plane++)
            word |= (uint32_t)at[plane * count + i] << 8 * plane;
        last += unzigzag32(word);
        ret_words[i] = last;
    }
}

static uint8_t *floats_put(
    struct vr_power_coder *coder, uint8_t *at, const struct vr_power_chunk *chunk,
    const float *values)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < chunk->count; i++) {
        if (chunk->ranges[i] != VR_POWER_MISSING)
            memcpy(&coder->words[count++], &values[i], 4);
    }
    return words_put(at, coder->words, count);
}

static const char *floats_get(
    struct vr_power_coder *coder, const uint8_t *at, const struct vr_power_chunk *chunk,
    uint32_t present, float *ret_values)
{
    uint32_t next = 0;
    words_get(at, coder->words, present);
    for (uint32_t i = 0; i < chunk->count; i++) {
        ret_values[i] = NAN;
        if (chunk->ranges[i] == VR_POWER_MISSING)
            continue;
        memcpy(&ret_values[i], &coder->words[next++], 4);
        if (!isfinite(ret_values[i]))
            return "it has a value that is no number";
    }
    return NULL;
}

/* --- blobs ----------------------------------------------------------------------------------- */

static int blob_pack(
    struct vr_power_coder *coder, uint8_t shape, const uint8_t *end, const uint8_t **ret_data,
    size_t *ret_size, struct vr_err *err)
{
    /* A chunk has a check sum in its row; nodes have none but this. */
    ZSTD_CCtx_setParameter(coder->compressor, ZSTD_c_checksumFlag, shape == SHAPE_NODES);
    size_t size = ZSTD_compress2(
        coder->compressor, coder->blob + HEAD_SIZE, sizeof coder->blob - HEAD_SIZE, coder->content,
        (size_t)(end - coder->content));
    if (ZSTD_isError(size))
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "cannot compress a power trace: %s", ZSTD_getErrorName(size));
    coder->blob[0] = VERSION;
    coder->blob[1] = shape;
    *ret_data = coder->blob;
    *ret_size = HEAD_SIZE + size;
    return 0;
}

/* To coder->content. */
static int blob_unpack(
    struct vr_power_coder *coder, const uint8_t *data, size_t size, uint8_t shape, size_t *ret_size,
    struct vr_err *err)
{
    if (size < HEAD_SIZE)
        return vr_err_set(err, VR_ERR_INPUT, "its blob is cut off");
    if (data[0] != VERSION)
        return vr_err_set(
            err, VR_ERR_INPUT, "its blob is of version %u, and this VitalRig knows version %d",
            data[0], VERSION);
    if (data[1] != shape)
        return vr_err_set(
            err, VR_ERR_INPUT, "its blob is of shape %u, and its stream of shape %u", data[1],
            shape);
    size_t content = ZSTD_decompressDCtx(
        coder->decompressor, coder->content, sizeof coder->content, data + HEAD_SIZE,
        size - HEAD_SIZE);
    if (ZSTD_isError(content))
        return vr_err_set(
            err, VR_ERR_INPUT, "its blob cannot be unpacked: %s", ZSTD_getErrorName(content));
    *ret_size = content;
    return 0;
}

int vr_power_chunk_encode(
    struct vr_power_coder *coder, const struct vr_power_chunk *chunk, const uint8_t **ret_data,
    size_t *ret_size, struct vr_err *err)
{
    uint8_t *at = runs_put(coder->content, chunk);
    if (chunk->shape.is_coded)
        at = codes_put(at, chunk, chunk->count - vr_power_chunk_lost(chunk));
    else
        at = floats_put(coder, at, chunk, chunk->values);
    if (chunk->shape.has_volts)
        at = floats_put(coder, at, chunk, chunk->volts);
    return blob_pack(coder, shape_bits(&chunk->shape), at, ret_data, ret_size, err);
}

/* NULL, or what is wrong with the content. */
static const char *content_get(
    struct vr_power_coder *coder, size_t size, struct vr_power_chunk *chunk)
{
    const uint8_t *at = coder->content, *end = coder->content + size;
    const char *wrong = runs_get(&at, end, chunk);
    if (wrong)
        return wrong;
    size_t present = chunk->count - vr_power_chunk_lost(chunk);
    size_t value_size = chunk->shape.is_coded ? 2 : 4, volts_size = chunk->shape.has_volts ? 4 : 0;
    if ((size_t)(end - at) != present * (value_size + volts_size))
        return "its size does not fit its samples";
    if (chunk->shape.is_coded)
        codes_get(at, chunk, (uint32_t)present);
    else
        wrong = floats_get(coder, at, chunk, (uint32_t)present, chunk->values);
    if (!wrong && chunk->shape.has_volts)
        wrong =
            floats_get(coder, at + present * value_size, chunk, (uint32_t)present, chunk->volts);
    return wrong;
}

int vr_power_chunk_decode(
    struct vr_power_coder *coder, const uint8_t *data, size_t size,
    const struct vr_power_shape *shape, uint32_t count, struct vr_power_chunk *ret_chunk,
    struct vr_err *err)
{
    size_t content = 0;
    int result = blob_unpack(coder, data, size, shape_bits(shape), &content, err);
    if (result < 0)
        return result;
    if (count < 1 || count > VR_POWER_CHUNK)
        return vr_err_set(err, VR_ERR_INPUT, "its row says that it has %u samples", count);
    ret_chunk->shape = *shape;
    ret_chunk->count = count;
    const char *wrong = content_get(coder, content, ret_chunk);
    return wrong ? vr_err_set(err, VR_ERR_INPUT, "what its blob unpacks to is damaged: %s", wrong)
                 : 0;
}

/* --- nodes ----------------------------------------------------------------------------------- */

#define NODE_FLOATS 4 /* min, max, mean, share: a column each */

_Static_assert(sizeof(struct vr_power_zoom_node) == 4 * NODE_FLOATS, "four floats");

int vr_power_nodes_encode(
    struct vr_power_coder *coder, const struct vr_power_zoom_node *nodes, size_t count,
    const uint8_t **ret_data, size_t *ret_size, struct vr_err *err)
{
    uint8_t *at = coder->content;
    for (size_t column = 0; column < NODE_FLOATS; column++) {
        for (size_t i = 0; i < count; i++)
            memcpy(&coder->words[i], (const uint8_t *)&nodes[i] + 4 * column, 4);
        at = words_put(at, coder->words, (uint32_t)count);
    }
    return blob_pack(coder, SHAPE_NODES, at, ret_data, ret_size, err);
}

static bool node_can_be(const struct vr_power_zoom_node *node)
{
    if (node->share == 0)
        return isnan(node->min) && isnan(node->max) && isnan(node->mean);
    return node->share > 0 && node->share <= 1 && isfinite(node->min) && isfinite(node->max) &&
           node->min <= node->mean && node->mean <= node->max;
}

int vr_power_nodes_decode(
    struct vr_power_coder *coder, const uint8_t *data, size_t size,
    struct vr_power_zoom_node *ret_nodes, size_t *ret_count, struct vr_err *err)
{
    size_t content = 0, node_size = 4 * NODE_FLOATS;
    int result = blob_unpack(coder, data, size, SHAPE_NODES, &content, err);
    if (result < 0)
        return result;
    size_t count = content / node_size;
    if (content % node_size != 0 || count < 1 || count > VR_POWER_ZOOM_NODES)
        return vr_err_set(
            err, VR_ERR_INPUT, "its blob unpacks to %zu bytes, which are no nodes", content);
    for (size_t column = 0; column < NODE_FLOATS; column++) {
        words_get(coder->content + column * 4 * count, coder->words, (uint32_t)count);
        for (size_t i = 0; i < count; i++)
            memcpy((uint8_t *)&ret_nodes[i] + 4 * column, &coder->words[i], 4);
    }
    for (size_t i = 0; i < count; i++) {
        if (!node_can_be(&ret_nodes[i]))
            return vr_err_set(err, VR_ERR_INPUT, "its blob has a node that cannot be");
    }
    *ret_count = count;
    return 0;
}
