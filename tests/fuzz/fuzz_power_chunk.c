/* Blobs of power traces from any bytes: refused in words, or what they give is sound and packs to the same again.
 *
 * Input: a byte of shape (1 coded, 2 volts, 4 lines, 8 nodes, 128 = what follows is not packed yet), two of count, then the blob, or what it
 * shall unpack to. */
#include <string.h>
#include <zstd.h>

#include "fuzz.h"
#include "store/power_chunk.h"

static struct vr_power_coder *coder;
static struct vr_power_chunk chunk, again;
static struct vr_power_zoom_node nodes[VR_POWER_ZOOM_NODES], nodes_again[VR_POWER_ZOOM_NODES];

static void clean_up(void)
{
    vr_power_coder_destroy(coder);
}

static bool same(float a, float b)
{
    return memcmp(&a, &b, 4) == 0 || (isnan(a) && isnan(b));
}

static void compare_chunks(void)
{
    for (uint32_t i = 0; i < chunk.count; i++) {
        FUZZ_ASSERT(chunk.ranges[i] <= VR_POWER_MISSING);
        FUZZ_ASSERT(chunk.ranges[i] == again.ranges[i] && chunk.lines[i] == again.lines[i]);
        if (chunk.shape.is_coded)
            FUZZ_ASSERT(chunk.codes[i] == again.codes[i]);
        else
            FUZZ_ASSERT(same(chunk.values[i], again.values[i]));
        if (chunk.shape.has_volts)
            FUZZ_ASSERT(same(chunk.volts[i], again.volts[i]));
    }
}

static void use_chunk(
    const uint8_t *data, size_t size, const struct vr_power_shape *shape, uint32_t count)
{
    const uint8_t *packed;
    size_t packed_size;
    struct vr_err err = {0};
    if (vr_power_chunk_decode(coder, data, size, shape, count, &chunk, &err) < 0) {
        FUZZ_ASSERT(err.code == VR_ERR_INPUT && strlen(err.text) > 0);
        return;
    }
    FUZZ_ASSERT(chunk.count == count && vr_power_chunk_lost(&chunk) <= count);
    FUZZ_ASSERT(vr_power_chunk_encode(coder, &chunk, &packed, &packed_size, &err) == 0);
    FUZZ_ASSERT(vr_power_chunk_decode(coder, packed, packed_size, shape, count, &again, &err) == 0);
    compare_chunks();
}

static void use_nodes(const uint8_t *data, size_t size)
{
    const uint8_t *packed;
    size_t packed_size, count = 0, count_again = 0;
    struct vr_err err = {0};
    if (vr_power_nodes_decode(coder, data, size, nodes, &count, &err) < 0) {
        FUZZ_ASSERT(err.code == VR_ERR_INPUT && strlen(err.text) > 0);
        return;
    }
    FUZZ_ASSERT(count >= 1 && count <= VR_POWER_ZOOM_NODES);
    FUZZ_ASSERT(vr_power_nodes_encode(coder, nodes, count, &packed, &packed_size, &err) == 0);
    FUZZ_ASSERT(
        vr_power_nodes_decode(coder, packed, packed_size, nodes_again, &count_again, &err) == 0);
    FUZZ_ASSERT(count == count_again);
    FUZZ_ASSERT(memcmp(nodes, nodes_again, count * sizeof *nodes) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!coder) {
        coder = vr_power_coder_create();
        FUZZ_ASSERT(coder);
        atexit(clean_up);
    }
    if (size < 3)
        return 0;
    uint8_t bits = data[0];
    const struct vr_power_shape shape = {bits & 1, (bits & 2) != 0, (bits & 4) != 0};
    uint32_t count = data[1] | (uint32_t)data[2] << 8;
    size_t rest = size - 3, capacity = 2 + (bits & 128 ? ZSTD_compressBound(rest) : rest);
    uint8_t *blob = malloc(capacity);
    FUZZ_ASSERT(blob);
    if (bits & 128) {
        blob[0] = 1;
        blob[1] = bits & 8 ? 8 : bits & 7;
        rest = 2 + ZSTD_compress(blob + 2, capacity - 2, data + 3, rest, 1);
    } else {
        memcpy(blob, data + 3, rest);
    }
    if (bits & 8)
        use_nodes(blob, rest);
    else
        use_chunk(blob, rest, &shape, count);
    free(blob);
    return 0;
}
