/* Windows: a stream of samples cut into the inputs of a model.
 *
 *     samples   0        hop      2 hop                          count
 *               |--------+--------+-----------------..............|
 *     windows   |<---- window ---->|
 *                        |<---- window ---->|              tail: fills no window
 *
 * Pure arithmetic; elements are little-endian, a window is its samples in order, each with all channels. */
#ifndef VR_REPLAY_MLPERF_WINDOW_H
#define VR_REPLAY_MLPERF_WINDOW_H

#include "base/err.h"
#include "scenario/rig_mlperf.h"

struct vr_mlperf_window {
    const struct vr_rig_mlperf *shape;
    size_t channels;
    int64_t first;    /* index of the window's first sample */
    size_t held;      /* samples of it that are here */
    int16_t *samples; /* window_samples x channels */
    uint8_t *bytes;   /* the input, once encoded */
    size_t byte_count;
};

/* How many of `sample_count` samples are in some whole window; 0 = they fill none. */
int64_t vr_mlperf_window_usable(const struct vr_rig_mlperf *shape, int64_t sample_count);

/* The word of its elements' format, as in the rig file. */
const char *vr_mlperf_window_format(const struct vr_rig_mlperf *shape);

/* The shape must outlive the window. */
int vr_mlperf_window_init(
    struct vr_mlperf_window *window, const struct vr_rig_mlperf *shape, size_t channels,
    struct vr_err *err);
void vr_mlperf_window_finish(struct vr_mlperf_window *window);

/* Samples that are missing. */
size_t vr_mlperf_window_room(const struct vr_mlperf_window *window);

/* Take the samples that follow; count is at most the room. */
void vr_mlperf_window_add(struct vr_mlperf_window *window, const int16_t *samples, size_t count);

/* Make the input of a full window.  VR_ERR_INPUT names the sample that has no value, or whose element does not fit the format:
 * nothing is clipped. */
int vr_mlperf_window_encode(struct vr_mlperf_window *window, struct vr_err *err);

/* Bytes of one sample in the input. */
size_t vr_mlperf_window_sample_size(const struct vr_mlperf_window *window);

/* Go on to the next window. */
void vr_mlperf_window_advance(struct vr_mlperf_window *window);

#endif
