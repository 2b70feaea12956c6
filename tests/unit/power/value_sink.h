/* What a decoder of values told, for tests: everything, in order. */
#ifndef TESTS_UNIT_POWER_VALUE_SINK_H
#define TESTS_UNIT_POWER_VALUE_SINK_H

#include <assert.h>
#include <math.h>
#include <string.h>

#include "power/power.h"

#define HEARD_MAX 4096

struct heard {
    int64_t count, gap_count, anchor_index, log_count;
    float values[HEARD_MAX], volts[HEARD_MAX];
    uint8_t lines[HEARD_MAX];
    bool has_volts, has_lines;
    struct vr_power_gap gaps[64];
    char log[256]; /* the last */
};

static inline void heard_samples(void *context, const struct vr_power_samples *samples)
{
    struct heard *heard = context;
    assert(samples->first == heard->count && samples->values && !samples->codes);
    heard->has_volts = samples->volts;
    heard->has_lines = samples->lines;
    for (size_t i = 0; i < samples->count; i++, heard->count++) {
        if (heard->count >= HEARD_MAX)
            continue;
        heard->values[heard->count] = samples->values[i];
        heard->volts[heard->count] = samples->volts ? samples->volts[i] : NAN;
        heard->lines[heard->count] = samples->lines ? samples->lines[i] : 0;
    }
}

static inline void heard_gap(void *context, const struct vr_power_gap *gap)
{
    struct heard *heard = context;
    assert(gap->first == heard->count && heard->gap_count < 64);
    heard->gaps[heard->gap_count++] = *gap;
}

static inline void heard_anchor(void *context, int64_t index, int64_t arrival_ns)
{
    struct heard *heard = context;
    (void)arrival_ns;
    heard->anchor_index = index;
}

static inline void heard_log(void *context, int level, const char *text)
{
    struct heard *heard = context;
    (void)level;
    heard->log_count++;
    strncpy(heard->log, text, sizeof heard->log - 1);
}

static inline struct vr_power_sink heard_sink(struct heard *heard)
{
    *heard = (struct heard){.anchor_index = -1};
    return (struct vr_power_sink){heard, heard_samples, heard_gap, heard_anchor, heard_log};
}

#endif
