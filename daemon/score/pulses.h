/* Pulses of a digital input, from its edges. */
#ifndef VR_SCORE_PULSES_H
#define VR_SCORE_PULSES_H

#include "store/power.h"

struct vr_pulse {
    int64_t rise, fall; /* first sample of either level */
};

/* Ascending; one that began before the stream or did not end in it is none.  Zeroed = empty. */
struct vr_pulses {
    struct vr_pulse *items;
    size_t count;
};

/* Of the edges of that line among all of a stream; no pulses for line -1.  VR_ERR_NO_MEMORY. */
int vr_pulses_find(
    const struct vr_power_edge *edges, size_t count, int line, struct vr_pulses *ret_pulses,
    struct vr_err *err);
void vr_pulses_finish(struct vr_pulses *pulses);

/* How many of them rise at or before a sample. */
size_t vr_pulses_until(const struct vr_pulses *pulses, double sample);

#endif
