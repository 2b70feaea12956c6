/* What both decoders of a PowerShield promise about any bytes: indexes without a hole, a gap in front of missing samples and only there,
 * and the same samples whatever the pieces in which the bytes come. */
#ifndef VR_TESTS_FUZZ_POWERSHIELD_H
#define VR_TESTS_FUZZ_POWERSHIELD_H

#include <string.h>

#include "fuzz.h"
#include "power/powershield.h"

struct heard {
    int64_t next, gap_left; /* samples that the last gap still owes */
    uint64_t digest;
    bool has_lines;
};

static void note(struct heard *heard, uint64_t value)
{
    heard->digest = (heard->digest ^ value) * 0x100000001b3u;
}

static void hear_samples(void *context, const struct vr_power_samples *samples)
{
    struct heard *heard = context;
    FUZZ_ASSERT(samples->first == heard->next && samples->count > 0);
    FUZZ_ASSERT(!samples->lines == !heard->has_lines);
    bool is_missing = samples->ranges[0] == VR_POWER_MISSING;
    FUZZ_ASSERT(is_missing == (heard->gap_left > 0));
    for (size_t i = 0; i < samples->count; i += is_missing ? samples->count : 1) {
        FUZZ_ASSERT(samples->ranges[i] <= VR_POWER_MISSING);
        FUZZ_ASSERT((samples->ranges[i] == VR_POWER_MISSING) == is_missing);
        note(heard, samples->ranges[i]);
        note(heard, samples->codes[i]);
        note(heard, samples->lines ? samples->lines[i] : 0);
    }
    heard->next += (int64_t)samples->count;
    heard->gap_left -= is_missing ? (int64_t)samples->count : 0;
    FUZZ_ASSERT(heard->gap_left >= 0);
}

static void hear_gap(void *context, const struct vr_power_gap *gap)
{
    struct heard *heard = context;
    FUZZ_ASSERT(gap->first == heard->next && gap->count > 0 && heard->gap_left == 0);
    FUZZ_ASSERT(gap->count_min <= gap->count && gap->count <= gap->count_max);
    FUZZ_ASSERT(gap->count_min >= 0 && gap->place_err >= 0 && gap->kind < VR_POWER_GAP_KINDS);
    heard->gap_left = gap->count;
    note(heard, (uint64_t)gap->count);
    note(heard, (uint64_t)gap->place_err * VR_POWER_GAP_KINDS + gap->kind);
}

static void hear_anchor(void *context, int64_t index, int64_t arrival_ns)
{
    const struct heard *heard = context;
    FUZZ_ASSERT(index >= 0 && index < heard->next && arrival_ns == 1);
}

static void hear_log(void *context, int level, const char *text)
{
    (void)context, (void)level;
    FUZZ_ASSERT(strlen(text) > 0);
}

static struct heard decode(
    const struct vr_power_info *info, const uint8_t *data, size_t size, size_t piece)
{
    struct heard heard = {.has_lines = info->has_lines};
    const struct vr_power_sink sink = {&heard, hear_samples, hear_gap, hear_anchor, hear_log};
    struct vr_power_decoder *decoder;
    FUZZ_ASSERT(
        vr_power_decoder_create(vr_power_find("powershield", NULL), info, &sink, &decoder, NULL) ==
        0);
    for (size_t at = 0; at < size; at += piece)
        vr_power_decode(decoder, 1, data + at, size - at < piece ? size - at : piece);
    vr_power_decode_end(decoder);
    vr_power_decoder_destroy(decoder);
    FUZZ_ASSERT(heard.gap_left == 0);
    return heard;
}

/* The first byte chooses the mode. */
static int decode_twice(bool is_binary, const uint8_t *data, size_t size)
{
    static const uint32_t rates_hz[] = {2, 20, 1000, 100000};
    if (size < 1)
        return 0;
    const struct vr_powershield_mode mode = {
        .is_binary = is_binary,
        .is_v3pwr = data[0] & 1,
        .is_energy = data[0] & 2,
        .has_marks = data[0] & 4,
        .rate_hz = rates_hz[data[0] >> 3 & 3],
        .supply_v = 3.0,
    };
    struct vr_power_info info;
    vr_powershield_describe(&mode, &info);
    struct heard whole = decode(&info, data + 1, size - 1, size);
    struct heard bytes = decode(&info, data + 1, size - 1, 1);
    FUZZ_ASSERT(whole.next == bytes.next && whole.digest == bytes.digest);
    return 0;
}

#endif
