/* Differences (WFDB format 8) summed up to samples, from any block of a file on: the sums at some
 * blocks are kept, at most VR_WFDB_STEPS_KEPT of them, however long the file is. */
#ifndef VR_DATASET_WFDB_STEPS_H
#define VR_DATASET_WFDB_STEPS_H

#include <stddef.h>
#include <stdint.h>

#include "dataset/wfdb_slots.h"

#define VR_WFDB_STEPS_KEPT 1024

struct vr_wfdb_steps {
    const struct vr_wfdb_slots *slots;
    int64_t stride; /* blocks from one that is kept to the next */
    size_t kept_count;
    int64_t block; /* that the sums below stand before */
    int32_t *sums; /* of each signal: now; then before block 0, before block `stride`, ... */
};

/* From the value that each signal starts with.  0, or -1 when there is no memory. */
int vr_wfdb_steps_init(
    struct vr_wfdb_steps *steps, const struct vr_wfdb_slots *slots, const int32_t *initial,
    int64_t block_count);
void vr_wfdb_steps_finish(struct vr_wfdb_steps *steps);

/* Where to sum on from so that `block` can be reached; at most that block. */
int64_t vr_wfdb_steps_seek(struct vr_wfdb_steps *steps, int64_t block);

/* Turn the differences of the block where the steps stand into samples, and stand before the next
 * one.  `position` is that of its first sample in the file.  Sums wrap at 32 bits. */
void vr_wfdb_steps_sum(
    struct vr_wfdb_steps *steps, int64_t position, size_t count, int32_t *values);

#endif
