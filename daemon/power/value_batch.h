/* Samples that are values, gathered for the sink; for decoders whose samples come one by one. */
#ifndef VR_POWER_VALUE_BATCH_H
#define VR_POWER_VALUE_BATCH_H

#include "power/power.h"

#define VR_VALUE_BATCH 256

struct vr_value_batch {
    const struct vr_power_info *info;
    const struct vr_power_sink *sink;
    int64_t next;   /* index of the next sample */
    size_t count;   /* samples that the sink does not have yet */
    uint8_t levels; /* of the last sample */
    float values[VR_VALUE_BATCH], volts[VR_VALUE_BATCH];
    uint8_t lines[VR_VALUE_BATCH];
};

/* `info` and `sink` are borrowed. */
void vr_value_batch_start(
    struct vr_value_batch *batch, const struct vr_power_info *info,
    const struct vr_power_sink *sink);

/* Of what the info says that there is not, nothing is told. */
void vr_value_batch_add(struct vr_value_batch *batch, float value, float volts, uint8_t lines);

/* The gap, from here on, and its count of missing samples. */
void vr_value_batch_gap(
    struct vr_value_batch *batch, enum vr_power_gap_kind kind, int64_t count, int64_t count_min,
    int64_t count_max);

void vr_value_batch_flush(struct vr_value_batch *batch);

#endif
