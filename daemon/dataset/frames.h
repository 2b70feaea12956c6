/* Signals of a record side by side, frame by frame: the order in which files and tools hold them.
 *
 * A frame lasts one tick of the record, or so many that each signal has whole samples in it; it holds
 * samples_per_frame[i] samples of its i-th signal. */
#ifndef VR_DATASET_FRAMES_H
#define VR_DATASET_FRAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dataset/dataset.h"
#include "dataset/rate.h"

struct vr_frames {
    struct vr_dataset *dataset; /* not owned */
    size_t first_signal;
    size_t signal_count;
    uint32_t samples_per_frame[VR_SIGNALS_MAX];
    size_t frame_samples; /* the sum of them */
    struct vr_rate rate;  /* frames per second */
    int64_t frame_count;  /* up to the end of the longest signal */
};

/* Signals [first_signal, first_signal + signal_count), which the record must have.  VR_ERR_INPUT when
 * their rates have no frame in common. */
int vr_frames_init(
    struct vr_frames *frames, struct vr_dataset *dataset, size_t first_signal, size_t signal_count,
    struct vr_err *err);

/* The same in frames at `rate`, of which each of these signals must have a whole number of samples.  VR_ERR_INPUT when a frame has too
 * many. */
int vr_frames_init_rate(
    struct vr_frames *frames, struct vr_dataset *dataset, size_t first_signal, size_t signal_count,
    struct vr_rate rate, struct vr_err *err);

/* All signals of a record. */
int vr_frames_init_all(struct vr_frames *frames, struct vr_dataset *dataset, struct vr_err *err);

/* Samples [first, first + count) of the signal at this place among those of the frames; what lies behind its end is invalid. */
int vr_frames_read_signal(
    const struct vr_frames *frames, size_t signal, int64_t first, size_t count, int32_t *ret_values,
    struct vr_err *err);

/* Frames [first, first + count) into count * frame_samples values.  A signal that ends before the
 * others has invalid samples in the last one. */
int vr_frames_read(
    const struct vr_frames *frames, int64_t first, size_t count, int32_t *ret_values,
    struct vr_err *err);

#endif
