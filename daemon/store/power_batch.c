/* Rows on their way from the packer to the file. */
#include "store/power_batch.h"

#include <stdlib.h>
#include <string.h>

/* Room for one more item in each of two arrays of one length; the second one may be NULL. */
static bool grow(
    struct vr_power_batch *batch, void **items, size_t item_size, struct vr_power_blob **blobs,
    size_t count, size_t *capacity)
{
    if (count < *capacity)
        return true;
    size_t larger = *capacity ? *capacity * 2 : 16;
    void *moved = reallocarray(*items, larger, item_size);
    if (!moved)
        return false;
    *items = moved;
    if (blobs) {
        struct vr_power_blob *moved_blobs = reallocarray(*blobs, larger, sizeof **blobs);
        if (!moved_blobs)
            return false;
        *blobs = moved_blobs;
    }
    batch->size += (larger - *capacity) * (item_size + (blobs ? sizeof **blobs : 0));
    *capacity = larger;
    return true;
}

static bool blob_copy(
    struct vr_power_batch *batch, struct vr_power_blob *blob, const uint8_t *data, size_t size)
{
    blob->data = malloc(size);
    if (!blob->data)
        return false;
    memcpy(blob->data, data, size);
    blob->size = size;
    batch->size += size;
    return true;
}

bool vr_power_batch_add_chunk(
    struct vr_power_batch *batch, const struct vr_power_chunk_row *row, const uint8_t *data,
    size_t size)
{
    if (!grow(
            batch, (void **)&batch->chunks, sizeof *batch->chunks, &batch->chunk_blobs,
            batch->chunk_count, &batch->chunk_capacity) ||
        !blob_copy(batch, &batch->chunk_blobs[batch->chunk_count], data, size))
        return false;
    batch->chunks[batch->chunk_count++] = *row;
    return true;
}

bool vr_power_batch_add_zoom(
    struct vr_power_batch *batch, const struct vr_power_zoom_row *row, const uint8_t *data,
    size_t size)
{
    if (!grow(
            batch, (void **)&batch->zooms, sizeof *batch->zooms, &batch->zoom_blobs,
            batch->zoom_count, &batch->zoom_capacity) ||
        !blob_copy(batch, &batch->zoom_blobs[batch->zoom_count], data, size))
        return false;
    batch->zooms[batch->zoom_count++] = *row;
    return true;
}

bool vr_power_batch_add_gap(struct vr_power_batch *batch, const struct vr_power_gap *gap)
{
    if (!grow(
            batch, (void **)&batch->gaps, sizeof *batch->gaps, NULL, batch->gap_count,
            &batch->gap_capacity))
        return false;
    batch->gaps[batch->gap_count++] = *gap;
    return true;
}

bool vr_power_batch_add_edge(struct vr_power_batch *batch, const struct vr_power_edge *edge)
{
    if (!grow(
            batch, (void **)&batch->edges, sizeof *batch->edges, NULL, batch->edge_count,
            &batch->edge_capacity))
        return false;
    batch->edges[batch->edge_count++] = *edge;
    return true;
}

size_t vr_power_batch_size(const struct vr_power_batch *batch)
{
    return sizeof *batch + batch->size;
}

void vr_power_batch_destroy(struct vr_power_batch *batch)
{
    if (!batch)
        return;
    for (size_t i = 0; i < batch->chunk_count; i++)
        free(batch->chunk_blobs[i].data);
    for (size_t i = 0; i < batch->zoom_count; i++)
        free(batch->zoom_blobs[i].data);
    free(batch->chunks);
    free(batch->chunk_blobs);
    free(batch->zooms);
    free(batch->zoom_blobs);
    free(batch->gaps);
    free(batch->edges);
    free(batch);
}
