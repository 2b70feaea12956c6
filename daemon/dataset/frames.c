/* Signals are read one after the other and dealt out, so that drivers need to know of one signal only. */
#include "dataset/frames.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define FRAME_SAMPLES_MAX (1 << 20) /* as many as WFDB may have */

static struct vr_rate signal_rate(const struct vr_signal *signal)
{
    return (struct vr_rate){signal->rate_num, signal->rate_den};
}

/* Samples of a signal in a frame, 0 when they are not whole. */
static uint64_t samples_count(const struct vr_signal *signal, struct vr_rate frames)
{
    uint64_t num = (uint64_t)signal->rate_num * frames.den;
    uint64_t den = (uint64_t)signal->rate_den * frames.num;
    return num % den ? 0 : num / den;
}

/* The record's ticks where they fit, as in WFDB; else the longest frame that fits these signals. */
static bool rate_choose(
    const struct vr_record *record, const struct vr_signal *signals, size_t count,
    struct vr_rate *ret_rate)
{
    *ret_rate = (struct vr_rate){record->rate_num, record->rate_den};
    size_t fitting = 0;
    while (fitting < count && samples_count(&signals[fitting], *ret_rate))
        fitting++;
    if (fitting == count)
        return true;
    *ret_rate = signal_rate(&signals[0]);
    for (size_t i = 1; i < count; i++)
        if (!vr_rate_common(*ret_rate, signal_rate(&signals[i]), ret_rate))
            return false;
    return true;
}

/* False: a frame would have too many samples, or no whole number of one signal's. */
static bool frames_fill(struct vr_frames *frames, const struct vr_signal *signals)
{
    for (size_t i = 0; i < frames->signal_count; i++) {
        uint64_t own = samples_count(&signals[i], frames->rate);
        if (own == 0 || own > FRAME_SAMPLES_MAX || frames->frame_samples + own > FRAME_SAMPLES_MAX)
            return false;
        frames->samples_per_frame[i] = (uint32_t)own;
        frames->frame_samples += own;
        int64_t frame_count = (signals[i].sample_count + (int64_t)own - 1) / (int64_t)own;
        frames->frame_count = frame_count > frames->frame_count ? frame_count : frames->frame_count;
    }
    return true;
}

static int refuse(const struct vr_record *record, struct vr_err *err)
{
    return vr_err_set(
        err, VR_ERR_INPUT,
        "record %s: the rates of its signals have no frame in common of at most %d samples; "
        "take one signal alone",
        record->name, FRAME_SAMPLES_MAX);
}

int vr_frames_init_rate(
    struct vr_frames *frames, struct vr_dataset *dataset, size_t first_signal, size_t signal_count,
    struct vr_rate rate, struct vr_err *err)
{
    const struct vr_record *record = vr_dataset_record(dataset);
    assert(first_signal + signal_count <= record->signal_count);
    struct vr_frames made = {
        .dataset = dataset,
        .first_signal = first_signal,
        .signal_count = signal_count,
        .rate = rate,
    };
    if (!frames_fill(&made, record->signals + first_signal))
        return refuse(record, err);
    *frames = made;
    return 0;
}

int vr_frames_init(
    struct vr_frames *frames, struct vr_dataset *dataset, size_t first_signal, size_t signal_count,
    struct vr_err *err)
{
    const struct vr_record *record = vr_dataset_record(dataset);
    struct vr_rate rate;
    if (!rate_choose(record, record->signals + first_signal, signal_count, &rate))
        return refuse(record, err);
    return vr_frames_init_rate(frames, dataset, first_signal, signal_count, rate, err);
}

int vr_frames_init_all(struct vr_frames *frames, struct vr_dataset *dataset, struct vr_err *err)
{
    return vr_frames_init(frames, dataset, 0, vr_dataset_record(dataset)->signal_count, err);
}

int vr_frames_read_signal(
    const struct vr_frames *frames, size_t signal, int64_t first, size_t count, int32_t *ret_values,
    struct vr_err *err)
{
    size_t number = frames->first_signal + signal;
    int64_t left = vr_dataset_record(frames->dataset)->signals[number].sample_count - first;
    size_t held = left < 0 ? 0 : left < (int64_t)count ? (size_t)left : count;
    for (size_t i = held; i < count; i++)
        ret_values[i] = VR_SAMPLE_INVALID;
    return held ? vr_dataset_read(frames->dataset, number, first, held, ret_values, err) : 0;
}

int vr_frames_read(
    const struct vr_frames *frames, int64_t first, size_t count, int32_t *ret_values,
    struct vr_err *err)
{
    size_t slot = 0;
    if (first < 0 || first > frames->frame_count || count > (uint64_t)(frames->frame_count - first))
        return vr_err_set(
            err, VR_ERR_INPUT,
            "record %s has %" PRId64 " frames; %zu from number %" PRId64 " on were asked for",
            vr_dataset_record(frames->dataset)->name, frames->frame_count, count, first);
    for (size_t i = 0; i < frames->signal_count; i++) {
        size_t own = frames->samples_per_frame[i];
        _cleanup_free_ int32_t *values = reallocarray(NULL, count * own + 1, sizeof *values);
        if (!values)
            return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu frames", count);
        int r = vr_frames_read_signal(frames, i, first * (int64_t)own, count * own, values, err);
        if (r < 0)
            return r;
        for (size_t frame = 0; frame < count; frame++)
            memcpy(
                ret_values + frame * frames->frame_samples + slot, values + frame * own,
                own * sizeof *values);
        slot += own;
    }
    return 0;
}
