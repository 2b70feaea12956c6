/* What the comparisons of ANSI/AAMI EC57 have in common: beats, runs, episodes, measures. */
#ifndef VR_SCORE_EC57_H
#define VR_SCORE_EC57_H

#include <stdint.h>

#include "base/err.h"

#define VR_EC57_FROM_S 300.0 /* the learning period */
#define VR_EC57_WINDOW_MS 150.0

/* Whose counts: right ones, or those of the programs of WFDB 10.7, whose quirks schema/metrics.md names. */
enum vr_compat { VR_COMPAT_NONE, VR_COMPAT_WFDB };

struct vr_ec57_options {
    uint32_t rate_num, rate_den; /* ticks per second */
    int64_t
        sample_count; /* length of the record in ticks; 0 = to the last event of the reference */
    double from_s;    /* what lies before does not count */
    double window_ms; /* how far two beats of a pair may lie apart */
    enum vr_compat compat;
};

/* The tick nearest to a time, the later of two; at most VR_EVENT_TICK_MAX. */
int64_t vr_ec57_tick(const struct vr_ec57_options *options, double ms);

/* What is compared: start..end, both inclusive, and w; all in ticks. */
struct vr_ec57_span {
    int64_t start, end, window;
};

/* `last` is the time of the last event of the reference, 0 = it has none. */
struct vr_ec57_span vr_ec57_span(const struct vr_ec57_options *options, int64_t last);

#endif
