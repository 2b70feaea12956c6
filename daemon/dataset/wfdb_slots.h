/* Whose sample is whose in a frame of an interleaved WFDB file. */
#ifndef VR_DATASET_WFDB_SLOTS_H
#define VR_DATASET_WFDB_SLOTS_H

#include <stddef.h>
#include <stdint.h>

struct vr_wfdb_slots {
    size_t signal_count;
    int64_t frame_samples;             /* the sum of them */
    const uint32_t *samples_per_frame; /* of each signal; not owned */
};

/* One place in a frame. */
struct vr_wfdb_slot {
    size_t signal;
    uint32_t sample; /* of the signal's in a frame */
};

/* The place of a position of the stream. */
static inline struct vr_wfdb_slot vr_wfdb_slot_at(
    const struct vr_wfdb_slots *slots, int64_t position)
{
    struct vr_wfdb_slot slot = {0};
    int64_t left = position % slots->frame_samples;
    for (; left >= slots->samples_per_frame[slot.signal]; slot.signal++)
        left -= slots->samples_per_frame[slot.signal];
    slot.sample = (uint32_t)left;
    return slot;
}

static inline void vr_wfdb_slot_next(const struct vr_wfdb_slots *slots, struct vr_wfdb_slot *slot)
{
    if (++slot->sample < slots->samples_per_frame[slot->signal])
        return;
    slot->sample = 0;
    if (++slot->signal == slots->signal_count)
        slot->signal = 0;
}

#endif
