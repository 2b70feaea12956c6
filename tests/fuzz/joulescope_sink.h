/* A sink that holds a decoder to its promises: indexes without a hole, gaps in front of as many missing samples, ranges that there are. */
#ifndef VR_TESTS_FUZZ_JOULESCOPE_SINK_H
#define VR_TESTS_FUZZ_JOULESCOPE_SINK_H

#include <math.h>
#include <string.h>

#include "fuzz.h"
#include "power/power.h"

struct checked {
    struct vr_power_sink sink;
    int64_t count, owed; /* samples; missing ones that a gap has announced */
    uint64_t sum;        /* over all that was told: the same whatever the pieces */
};

static inline void add_to_sum(struct checked *checked, uint64_t value)
{
    checked->sum = checked->sum * 31 + value;
}

static inline bool is_missing(const struct vr_power_samples *samples, size_t i)
{
    return samples->ranges ? samples->ranges[i] == VR_POWER_MISSING
                           : (bool)isnan(samples->values[i]);
}

/* Lost samples come in many, and are told alone: their ends tell of them all. */
static inline void check_lost(struct checked *checked, const struct vr_power_samples *samples)
{
    FUZZ_ASSERT((int64_t)samples->count <= checked->owed);
    FUZZ_ASSERT(is_missing(samples, samples->count - 1));
    FUZZ_ASSERT(samples->lines[0] == samples->lines[samples->count - 1]);
    checked->owed -= (int64_t)samples->count;
}

static inline void check_samples(void *context, const struct vr_power_samples *samples)
{
    struct checked *checked = context;
    FUZZ_ASSERT(samples->count > 0 && samples->first == checked->count);
    checked->count += (int64_t)samples->count;
    if (checked->owed > 0) {
        check_lost(checked, samples);
        return;
    }
    for (size_t i = 0; i < samples->count; i++) {
        uint32_t bits = 0;
        if (samples->values)
            memcpy(&bits, &samples->values[i], sizeof bits);
        else
            bits = samples->codes[i] | (uint32_t)samples->ranges[i] << 16;
        FUZZ_ASSERT(!samples->ranges || samples->ranges[i] < VR_POWER_RANGES);
        add_to_sum(checked, bits ^ (uint64_t)samples->lines[i] << 40);
    }
}

static inline void check_gap(void *context, const struct vr_power_gap *gap)
{
    struct checked *checked = context;
    FUZZ_ASSERT(checked->owed == 0 && gap->first == checked->count && gap->count > 0);
    FUZZ_ASSERT(gap->count_min <= gap->count && gap->count <= gap->count_max);
    FUZZ_ASSERT(gap->kind < VR_POWER_GAP_KINDS && gap->place_err >= 0);
    checked->owed = gap->count;
    add_to_sum(checked, (uint64_t)gap->count);
}

static inline void check_anchor(void *context, int64_t index, int64_t arrival_ns)
{
    (void)context, (void)arrival_ns;
    FUZZ_ASSERT(index >= 0);
}

static inline void check_log(void *context, int level, const char *text)
{
    (void)context;
    FUZZ_ASSERT(level >= 0 && level <= 7 && strlen(text) < 1024);
}

static inline void checked_init(struct checked *checked)
{
    *checked = (struct checked){
        .sink = {
            .context = checked,
            .samples = check_samples,
            .gap = check_gap,
            .anchor = check_anchor,
            .log = check_log,
        }};
}

#endif
