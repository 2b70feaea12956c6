/* Blocks are first reached in order, so what is kept is known up to the furthest one. */
#include "dataset/wfdb_steps.h"

#include <stdlib.h>
#include <string.h>

static int32_t *kept(const struct vr_wfdb_steps *steps, size_t index)
{
    return steps->sums + (index + 1) * steps->slots->signal_count;
}

int vr_wfdb_steps_init(
    struct vr_wfdb_steps *steps, const struct vr_wfdb_slots *slots, const int32_t *initial,
    int64_t block_count)
{
    int64_t stride = block_count / VR_WFDB_STEPS_KEPT + 1;
    size_t count = (size_t)(block_count / stride) + 1;
    *steps = (struct vr_wfdb_steps){
        .slots = slots,
        .stride = stride,
        .kept_count = 1,
        .sums = calloc((count + 1) * slots->signal_count, sizeof *steps->sums)};
    if (!steps->sums)
        return -1;
    memcpy(steps->sums, initial, slots->signal_count * sizeof *initial);
    memcpy(kept(steps, 0), initial, slots->signal_count * sizeof *initial);
    return 0;
}

void vr_wfdb_steps_finish(struct vr_wfdb_steps *steps)
{
    free(steps->sums);
    *steps = (struct vr_wfdb_steps){0};
}

int64_t vr_wfdb_steps_seek(struct vr_wfdb_steps *steps, int64_t block)
{
    size_t index = (size_t)(block / steps->stride);
    if (index >= steps->kept_count)
        index = steps->kept_count - 1;
    int64_t nearest = (int64_t)index * steps->stride;
    if (steps->block > block || steps->block < nearest) {
        memcpy(steps->sums, kept(steps, index), steps->slots->signal_count * sizeof *steps->sums);
        steps->block = nearest;
    }
    return steps->block;
}

void vr_wfdb_steps_sum(struct vr_wfdb_steps *steps, int64_t position, size_t count, int32_t *values)
{
    struct vr_wfdb_slot slot = vr_wfdb_slot_at(steps->slots, position);
    for (size_t i = 0; i < count; i++) {
        int32_t *sum = &steps->sums[slot.signal];
        *sum = values[i] = (int32_t)((uint32_t)*sum + (uint32_t)values[i]);
        vr_wfdb_slot_next(steps->slots, &slot);
    }
    steps->block++;
    if (steps->block == (int64_t)steps->kept_count * steps->stride)
        memcpy(
            kept(steps, steps->kept_count++), steps->sums,
            steps->slots->signal_count * sizeof *steps->sums);
}
