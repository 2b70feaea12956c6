/* Samples on their way to the sink. */
#include "power/value_batch.h"

#include <math.h>

void vr_value_batch_start(
    struct vr_value_batch *batch, const struct vr_power_info *info,
    const struct vr_power_sink *sink)
{
    *batch = (struct vr_value_batch){.info = info, .sink = sink};
}

void vr_value_batch_add(struct vr_value_batch *batch, float value, float volts, uint8_t lines)
{
    batch->values[batch->count] = value;
    batch->volts[batch->count] = volts;
    batch->lines[batch->count] = batch->levels = lines;
    batch->next++;
    if (++batch->count == VR_VALUE_BATCH)
        vr_value_batch_flush(batch);
}

void vr_value_batch_gap(
    struct vr_value_batch *batch, enum vr_power_gap_kind kind, int64_t count, int64_t count_min,
    int64_t count_max)
{
    const struct vr_power_gap gap = {
        .first = batch->next,
        .count = count,
        .kind = kind,
        .count_min = count_min,
        .count_max = count_max,
    };
    vr_value_batch_flush(batch);
    batch->sink->gap(batch->sink->context, &gap);
    for (size_t i = 0; i < VR_VALUE_BATCH; i++) {
        batch->values[i] = batch->volts[i] = NAN;
        batch->lines[i] = batch->levels;
    }
    while (count > 0) {
        batch->count = count < VR_VALUE_BATCH ? (size_t)count : VR_VALUE_BATCH;
        batch->next += (int64_t)batch->count;
        count -= (int64_t)batch->count;
        vr_value_batch_flush(batch);
    }
}

void vr_value_batch_flush(struct vr_value_batch *batch)
{
    if (batch->count == 0)
        return;
    const struct vr_power_samples samples = {
        .first = batch->next - (int64_t)batch->count,
        .count = batch->count,
        .values = batch->values,
        .volts = batch->info->has_volts ? batch->volts : NULL,
        .lines = batch->info->has_lines ? batch->lines : NULL,
    };
    batch->count = 0;
    batch->sink->samples(batch->sink->context, &samples);
}
