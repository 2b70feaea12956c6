/* What the packer hands to who writes.
 *
 * Only daemon/store and its tests include this file. */
#ifndef VR_STORE_POWER_BATCH_H
#define VR_STORE_POWER_BATCH_H

#include "store/power_sum.h"

/* A row of power_chunk. */
struct vr_power_chunk_row {
    int64_t number, count, lost, lost_before;
    double charge_c, charge_before_c, charge_before_low_c; /* NaN = the stream has none */
    double energy_j, energy_before_j, energy_before_low_j;
    double gain_err_j, gain_err_before_j;
    int64_t crc32c;
};

/* A row of power_zoom. */
struct vr_power_zoom_row {
    int64_t level, number;
};

struct vr_power_blob {
    uint8_t *data;
    size_t size;
};

struct vr_power_batch {
    struct vr_power_chunk_row *chunks;
    struct vr_power_blob *chunk_blobs;
    size_t chunk_count, chunk_capacity;
    struct vr_power_zoom_row *zooms;
    struct vr_power_blob *zoom_blobs;
    size_t zoom_count, zoom_capacity;
    struct vr_power_gap *gaps;
    size_t gap_count, gap_capacity;
    struct vr_power_edge *edges;
    size_t edge_count, edge_capacity;
    size_t size; /* B */
};

/* The bytes of `data` are copied.  False = out of memory. */
bool vr_power_batch_add_chunk(
    struct vr_power_batch *batch, const struct vr_power_chunk_row *row, const uint8_t *data,
    size_t size);
bool vr_power_batch_add_zoom(
    struct vr_power_batch *batch, const struct vr_power_zoom_row *row, const uint8_t *data,
    size_t size);
bool vr_power_batch_add_gap(struct vr_power_batch *batch, const struct vr_power_gap *gap);
bool vr_power_batch_add_edge(struct vr_power_batch *batch, const struct vr_power_edge *edge);

#endif
