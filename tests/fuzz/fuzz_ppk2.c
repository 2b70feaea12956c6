/* A PPK2's stream with any losses, damage and arrivals.
 *
 * Records of 4 bytes {what, how many, time, time}: time is that until the next arrival, in 50 us.  Whole words alone would never be hit
 * by a mutator, so most records stand for words that count on; the rest leave some out, bytes out, or put raw bytes in.  Samples
 * follow each other without a hole, and every missing one is told. */
#include <string.h>

#include "fuzz.h"
#include "power/power.h"

struct seen {
    int64_t index, missing, told, anchor, arrival_ns;
};

static void see_samples(void *context, const struct vr_power_samples *samples)
{
    struct seen *seen = context;
    FUZZ_ASSERT(samples->first == seen->index && samples->count > 0);
    for (size_t i = 0; i < samples->count; i++) {
        FUZZ_ASSERT(samples->ranges[i] < 5 || samples->ranges[i] == VR_POWER_MISSING);
        FUZZ_ASSERT(samples->codes[i] <= 0x3fff);
        seen->missing += samples->ranges[i] == VR_POWER_MISSING;
    }
    seen->index += (int64_t)samples->count;
}

static void see_gap(void *context, const struct vr_power_gap *gap)
{
    struct seen *seen = context;
    FUZZ_ASSERT(gap->first == seen->index && seen->missing == seen->told);
    FUZZ_ASSERT(0 <= gap->count_min && gap->count_min <= gap->count);
    FUZZ_ASSERT(gap->count <= gap->count_max && gap->place_err >= 0);
    seen->told += gap->count;
}

static void see_anchor(void *context, int64_t index, int64_t arrival_ns)
{
    struct seen *seen = context;
    FUZZ_ASSERT(index < seen->index && index >= seen->anchor && arrival_ns >= seen->arrival_ns);
    seen->anchor = index;
    seen->arrival_ns = arrival_ns;
}

struct source {
    uint32_t number; /* of the next word */
    uint8_t bytes[1 << 16];
    size_t size;
};

static void put_words(struct source *source, size_t count, uint32_t range)
{
    for (size_t i = 0; i < count; i++, source->number++) {
        uint32_t word = (source->number * 2654435761u >> 18) | range << 14 |
                        (source->number & 63) << 18 | (source->number >> 8 & 0xff) << 24;
        for (int k = 0; k < 4; k++)
            source->bytes[source->size++] = (uint8_t)(word >> 8 * k);
    }
}

/* What a record stands for; returns how many bytes behind it were taken. */
static size_t put(struct source *source, const uint8_t *record, size_t left)
{
    size_t count = record[1], taken = 0;
    source->size = 0;
    switch (record[0] & 7) {
    case 0: /* samples are lost */
        source->number += (uint32_t)count;
        break;
    case 1: /* the first bytes of them are */
        put_words(source, 100, 2);
        count = count < source->size ? count : source->size;
        source->size -= count;
        memmove(source->bytes, source->bytes + count, source->size);
        break;
    case 2: /* raw */
        taken = count < left ? count : left;
        memcpy(source->bytes, record + 4, taken);
        source->size = taken;
        break;
    case 3:
        put_words(source, count, record[0] >> 3 & 7);
        break;
    default: /* up to 40 ms of them */
        put_words(source, 16 * count, record[0] >> 3 & 3);
        break;
    }
    return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct source source;
    struct seen seen = {0};
    struct vr_err err;
    struct vr_power_decoder *decoder;
    struct vr_power_info info = {.is_coded = true, .has_lines = true};
    const struct vr_power_sink sink = {
        .context = &seen, .samples = see_samples, .gap = see_gap, .anchor = see_anchor};
    for (size_t range = 5; range < VR_POWER_RANGES; range++)
        info.scale.a[range][0] = (double)NAN;
    if (vr_power_decoder_create(vr_power_find("ppk2", &err), &info, &sink, &decoder, &err) < 0)
        return 0;
    source.number = 0;
    int64_t now_ns = 0;
    for (int records = 0; size >= 4 && records < 256; records++) {
        size_t taken = 4 + put(&source, data, size - 4);
        now_ns += (data[2] | data[3] << 8) * INT64_C(50000);
        vr_power_decode(decoder, now_ns, source.bytes, source.size);
        data += taken;
        size -= taken;
    }
    vr_power_decode_end(decoder);
    vr_power_decoder_destroy(decoder);
    FUZZ_ASSERT(seen.missing == seen.told);
    return 0;
}
