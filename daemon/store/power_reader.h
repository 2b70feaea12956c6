/* The reader's inside: its decoded chunks and nodes.
 *
 * Only daemon/store and its tests include this file. */
#ifndef VR_STORE_POWER_READER_H
#define VR_STORE_POWER_READER_H

#include "store/power_pyramid.h"
#include "store/power_rows.h"

#define VR_POWER_READER_CHUNKS 2

/* A blob of the pyramid that was looked for last. */
struct vr_power_nodes {
    int64_t number; /* -1 = none was */
    size_t count;   /* 0 = the blob is not there */
    struct vr_power_zoom_node nodes[VR_POWER_ZOOM_NODES];
};

struct vr_power_reader {
    struct vr_store *store;
    struct vr_power_stream_row stream;
    char *strings[7]; /* that the row points to */
    struct vr_power_shape shape;
    struct vr_power_measure measure;
    struct vr_power_coder *coder;
    struct {
        int64_t number; /* -1 = free */
        uint64_t used;
        struct vr_power_chunk chunk;
    } slots[VR_POWER_READER_CHUNKS];
    uint64_t uses, decodes; /* decodes: of chunks, for tests */
    struct vr_power_nodes levels[VR_POWER_LEVELS];
};

/* The row of the chunk with this number, or of the last one before it: 1 = there is one, 0 = there is none. */
int vr_power_reader_row(
    struct vr_power_reader *reader, int64_t number, struct vr_power_chunk_row *ret_row,
    struct vr_err *err);

/* The chunk, decoded; it lives until the second next call.  A chunk that is not in the file is one of missing samples. */
int vr_power_reader_chunk(
    struct vr_power_reader *reader, int64_t number, const struct vr_power_chunk **ret_chunk,
    struct vr_err *err);

/* Load a blob of the pyramid into reader->levels[level - 1]; one that is not in the file is one without nodes. */
int vr_power_reader_nodes(
    struct vr_power_reader *reader, int level, int64_t number, struct vr_err *err);

/* 0 <= first <= end <= sample_count, else VR_ERR_USAGE. */
int vr_power_reader_bounds(
    const struct vr_power_reader *reader, int64_t first, int64_t end, struct vr_err *err);

#endif
