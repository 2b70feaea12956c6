/* What a meter sent, with its times of arrival, between the thread that reads and the one that decodes.
 *
 * The reader must never wait for anything but the port: a kernel's buffer for a tty holds a few kilobytes, 10 ms of a stream of 400 kB/s.
 * Here is room for seconds.  Should even that be full, the reader waits; what the instrument then loses is found like any other loss. */
#ifndef VR_REPLAY_METER_RING_H
#define VR_REPLAY_METER_RING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct vr_meter_ring {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint8_t *data;
    size_t capacity, head, used; /* B */
    size_t used_max;             /* the fullest that it ever was */
    bool is_ended;               /* nothing more comes in */
};

/* VR_ERR_NO_MEMORY. */
int vr_meter_ring_init(struct vr_meter_ring *ring, size_t capacity, struct vr_err *err);
/* Waits for room.  size <= capacity / 2. */
void vr_meter_ring_put(
    struct vr_meter_ring *ring, int64_t arrival_ns, const uint8_t *data, size_t size);
void vr_meter_ring_end(struct vr_meter_ring *ring);
/* Waits for bytes.  Returns how many, all of one put or, when buffer is smaller, its next part; 0 = there is no more. */
size_t vr_meter_ring_take(
    struct vr_meter_ring *ring, int64_t *ret_arrival_ns, uint8_t *buffer, size_t capacity);
void vr_meter_ring_finish(struct vr_meter_ring *ring);

#endif
