/* A chunk of a power trace and its blob (schema/store.md, "Blobs of power traces").
 *
 * Only daemon/store and its tests include this file. */
#ifndef VR_STORE_POWER_CHUNK_H
#define VR_STORE_POWER_CHUNK_H

#include "store/power.h"

/* What the samples of a stream are made of: the same in all its chunks. */
struct vr_power_shape {
    bool is_coded, has_volts, has_lines;
};

/* Decoded samples.  A sample is there when all of it is: a value without its voltage is missing. */
struct vr_power_chunk {
    struct vr_power_shape shape;
    uint32_t count;                 /* of samples, missing ones among them */
    uint8_t ranges[VR_POWER_CHUNK]; /* VR_POWER_MISSING, or of a stream that is not coded 0 */
    uint8_t lines[VR_POWER_CHUNK];  /* 0 without lines */
    uint16_t codes[VR_POWER_CHUNK]; /* of a coded stream; 0 = missing */
    float values[VR_POWER_CHUNK];   /* of the others; NaN = missing */
    float volts[VR_POWER_CHUNK];    /* with has_volts; NaN = missing */
};

uint32_t vr_power_chunk_lost(const struct vr_power_chunk *chunk);

/* The compressor with its work space; for one thread at a time. */
struct vr_power_coder;

/* NULL = out of memory. */
struct vr_power_coder *vr_power_coder_create(void);
void vr_power_coder_destroy(struct vr_power_coder *coder); /* NULL is allowed */

/* The blob of a chunk; it lives in the coder until the next call. */
int vr_power_chunk_encode(
    struct vr_power_coder *coder, const struct vr_power_chunk *chunk, const uint8_t **ret_data,
    size_t *ret_size, struct vr_err *err);

/* From any bytes, for a stream of this shape; `count` is what the chunk must hold.  VR_ERR_INPUT says what is wrong, as the end of a
 * sentence ("its blob is of version 9 .."). */
int vr_power_chunk_decode(
    struct vr_power_coder *coder, const uint8_t *data, size_t size,
    const struct vr_power_shape *shape, uint32_t count, struct vr_power_chunk *ret_chunk,
    struct vr_err *err);

#define VR_POWER_ZOOM_NODES 1024 /* of a blob of the pyramid */

/* A node as it is stored. */
struct vr_power_zoom_node {
    float min, max, mean; /* NaN = no sample is there */
    float share;          /* of its samples that are there, 0..1: the weight of its mean */
};

/* The same for nodes of the pyramid, count <= VR_POWER_ZOOM_NODES. */
int vr_power_nodes_encode(
    struct vr_power_coder *coder, const struct vr_power_zoom_node *nodes, size_t count,
    const uint8_t **ret_data, size_t *ret_size, struct vr_err *err);
int vr_power_nodes_decode(
    struct vr_power_coder *coder, const uint8_t *data, size_t size,
    struct vr_power_zoom_node *ret_nodes, size_t *ret_count, struct vr_err *err);

#endif
