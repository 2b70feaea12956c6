/* A byte ring of pieces: a header, then the bytes. */
#include "replay/meter_ring.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct header {
    int64_t arrival_ns;
    size_t size;
};

int vr_meter_ring_init(struct vr_meter_ring *ring, size_t capacity, struct vr_err *err)
{
    *ring = (struct vr_meter_ring){.capacity = capacity, .data = malloc(capacity)};
    if (!ring->data)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for what a meter sends");
    pthread_mutex_init(&ring->lock, NULL);
    pthread_cond_init(&ring->changed, NULL);
    return 0;
}

static void copy_in(struct vr_meter_ring *ring, const void *data, size_t size)
{
    size_t at = (ring->head + ring->used) % ring->capacity;
    size_t first = size < ring->capacity - at ? size : ring->capacity - at;
    memcpy(ring->data + at, data, first);
    memcpy(ring->data, (const uint8_t *)data + first, size - first);
    ring->used += size;
}

/* Look at the oldest bytes without taking them. */
static void copy_out(const struct vr_meter_ring *ring, void *data, size_t size)
{
    size_t first = size < ring->capacity - ring->head ? size : ring->capacity - ring->head;
    memcpy(data, ring->data + ring->head, first);
    memcpy((uint8_t *)data + first, ring->data, size - first);
}

static void drop(struct vr_meter_ring *ring, size_t size)
{
    ring->head = (ring->head + size) % ring->capacity;
    ring->used -= size;
}

void vr_meter_ring_put(
    struct vr_meter_ring *ring, int64_t arrival_ns, const uint8_t *data, size_t size)
{
    const struct header header = {arrival_ns, size};
    assert(size > 0 && size + sizeof header <= ring->capacity / 2);
    pthread_mutex_lock(&ring->lock);
    while (ring->capacity - ring->used < sizeof header + size)
        pthread_cond_wait(&ring->changed, &ring->lock);
    copy_in(ring, &header, sizeof header);
    copy_in(ring, data, size);
    if (ring->used > ring->used_max)
        ring->used_max = ring->used;
    pthread_cond_broadcast(&ring->changed);
    pthread_mutex_unlock(&ring->lock);
}

void vr_meter_ring_end(struct vr_meter_ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    ring->is_ended = true;
    pthread_cond_broadcast(&ring->changed);
    pthread_mutex_unlock(&ring->lock);
}

/* The first `capacity` bytes of the oldest piece; what is left of it becomes a piece of its own. */
static size_t take_piece(
    struct vr_meter_ring *ring, int64_t *ret_arrival_ns, uint8_t *buffer, size_t capacity)
{
    struct header header;
    copy_out(ring, &header, sizeof header);
    size_t size = header.size < capacity ? header.size : capacity;
    drop(ring, sizeof header);
    copy_out(ring, buffer, size);
    drop(ring, size);
    *ret_arrival_ns = header.arrival_ns;
    header.size -= size;
    if (header.size > 0) {
        ring->head = (ring->head + ring->capacity - sizeof header) % ring->capacity;
        size_t head_used = ring->used;
        ring->used = 0;
        copy_in(ring, &header, sizeof header);
        ring->used += head_used;
    }
    return size;
}

size_t vr_meter_ring_take(
    struct vr_meter_ring *ring, int64_t *ret_arrival_ns, uint8_t *buffer, size_t capacity)
{
    size_t size = 0;
    assert(capacity >= sizeof(struct header)); /* what is left of a piece has room for its header */
    pthread_mutex_lock(&ring->lock);
    while (ring->used == 0 && !ring->is_ended)
        pthread_cond_wait(&ring->changed, &ring->lock);
    if (ring->used > 0)
        size = take_piece(ring, ret_arrival_ns, buffer, capacity);
    pthread_cond_broadcast(&ring->changed);
    pthread_mutex_unlock(&ring->lock);
    return size;
}

void vr_meter_ring_finish(struct vr_meter_ring *ring)
{
    if (!ring->data)
        return;
    pthread_cond_destroy(&ring->changed);
    pthread_mutex_destroy(&ring->lock);
    free(ring->data);
    ring->data = NULL;
}
