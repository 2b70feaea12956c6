/* Signals are read one after the other and dealt out, so that drivers need to know of one signal only. */
#include "dataset/frames.h"

#include <assert.h>
#include <stdlib.h>

#include "base/cleanup.h"

int vr_frames_init(
    struct vr_frames *frames, struct vr_dataset *dataset, size_t first_signal, size_t signal_count,
    struct vr_err *err)
{
    const struct vr_record *record = vr_dataset_record(dataset);
    assert(first_signal + signal_count <= record->signal_count);
    struct vr_frames made = {
        .dataset = dataset, .first_signal = first_signal, .signal_count = signal_count};
    for (size_t i = 0; i < signal_count; i++) {
        const struct vr_signal *signal = &record->signals[first_signal + i];
        uint64_t num = (uint64_t)signal->rate_num * record->rate_den;
        uint64_t den = (uint64_t)signal->rate_den * record->rate_num;
        if (num == 0 || num % den || num / den > UINT32_MAX)
            return vr_err_set(
                err, VR_ERR_INPUT,
                "record %s: signal %s has no whole number of samples per frame; take it alone",
                record->name, signal->name);
        made.samples_per_frame[i] = (uint32_t)(num / den);
        made.frame_samples += made.samples_per_frame[i];
    }
    *frames = made;
    return 0;
}

int vr_frames_init_all(struct vr_frames *frames, struct vr_dataset *dataset, struct vr_err *err)
{
    return vr_frames_init(frames, dataset, 0, vr_dataset_record(dataset)->signal_count, err);
}

int vr_frames_read(
    const struct vr_frames *frames, int64_t first, size_t count, int32_t *ret_values,
    struct vr_err *err)
{
    size_t slot = 0;
    for (size_t i = 0; i < frames->signal_count; i++) {
        size_t own = frames->samples_per_frame[i];
        _cleanup_free_ int32_t *values = reallocarray(NULL, count * own + 1, sizeof *values);
        if (!values)
            return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu frames", count);
        int r = vr_dataset_read(
            frames->dataset, frames->first_signal + i, first * (int64_t)own, count * own, values,
            err);
        if (r < 0)
            return r;
        for (size_t j = 0; j < count * own; j++)
            ret_values[j / own * frames->frame_samples + slot + j % own] = values[j];
        slot += own;
    }
    return 0;
}
