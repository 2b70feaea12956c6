/* The pyramid of nodes over a trace, built from its foot.
 *
 *     level 1   a node for 256 samples
 *     level n   a node for 64 nodes of level n - 1
 *
 * Nodes lie in blobs of 1024 on a fixed grid, so that the one with a given sample is found by its number.  A level above the first is
 * there when it has two nodes or more.
 *
 * Only daemon/store and its tests include this file. */
#ifndef VR_STORE_POWER_PYRAMID_H
#define VR_STORE_POWER_PYRAMID_H

#include "store/power_batch.h"

#define VR_POWER_LEVELS 8

/* Samples below a node of the level, 1..VR_POWER_LEVELS; level 0: 1. */
static inline int64_t vr_power_node_size(int level)
{
    int64_t size = level > 0 ? VR_POWER_NODE : 1;
    for (int i = 1; i < level; i++)
        size *= VR_POWER_NODE_FACTOR;
    return size;
}

struct vr_power_pyramid {
    struct vr_power_level {
        double min, max, sum; /* of the node that is being made */
        int64_t count, size;  /* samples in it that are there; all of them */
        int children;
        int64_t number; /* of the blob that is being filled */
        size_t node_count;
        struct vr_power_zoom_node nodes[VR_POWER_ZOOM_NODES];
    } levels[VR_POWER_LEVELS];
};

struct vr_power_zoom_node vr_power_node_of(
    double min, double max, double sum, int64_t count, int64_t size);

/* Start from zeroed memory.  The next VR_POWER_NODE samples, or the last ones; full blobs go to the batch.  VR_ERR_NO_MEMORY. */
int vr_power_pyramid_add(
    struct vr_power_pyramid *pyramid, const struct vr_power_block *block,
    struct vr_power_coder *coder, struct vr_power_batch *batch, struct vr_err *err);

/* The nodes and blobs that are not full. */
int vr_power_pyramid_finish(
    struct vr_power_pyramid *pyramid, struct vr_power_coder *coder, struct vr_power_batch *batch,
    struct vr_err *err);

#endif
