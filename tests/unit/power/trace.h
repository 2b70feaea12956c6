/* What a decoder told, kept whole: samples one by one, gaps, anchors, log.  It checks on the way what every decoder owes: indexes without
 * a hole, gaps in front of their samples, missing samples marked as such, and no more of them than gaps say. */
#ifndef TEST_TRACE_H
#define TEST_TRACE_H

#include "power/power.h"

#define TRACE_GAPS 64

struct trace {
    struct vr_power_sink sink;
    size_t count, capacity;
    float *values, *volts;
    uint16_t *codes;
    uint8_t *ranges, *lines;
    bool *is_missing;
    struct vr_power_gap gaps[TRACE_GAPS];
    size_t gap_count;
    int64_t lost,
        owed; /* missing samples that came; that gaps announced and that have not come yet */
    int64_t anchor_index, anchor_ns;
    size_t anchors;
    char log[1024];
    const char *complaint; /* the first promise that was broken, or NULL */
};

void trace_init(struct trace *trace);
void trace_free(struct trace *trace);

#endif
