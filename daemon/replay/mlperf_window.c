/* Cutting and encoding. */
#include "replay/mlperf_window.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "wire/bytes.h"
#include "wire/protocol.h"

struct format {
    const char *name;
    size_t size; /* bytes of an element */
    double low, high;
};

static const struct format formats[] = {
    [VR_RIG_FORMAT_INT8] = {"int8", 1, INT8_MIN, INT8_MAX},
    [VR_RIG_FORMAT_UINT8] = {"uint8", 1, 0, UINT8_MAX},
    [VR_RIG_FORMAT_INT16] = {"int16", 2, INT16_MIN, INT16_MAX},
    [VR_RIG_FORMAT_FLOAT32] = {"float32", 4, -3.4028234e38, 3.4028234e38},
};

int64_t vr_mlperf_window_usable(const struct vr_rig_mlperf *shape, int64_t sample_count)
{
    int64_t window = shape->window_samples, hop = shape->hop_samples;
    return sample_count < window ? 0 : (sample_count - window) / hop * hop + window;
}

const char *vr_mlperf_window_format(const struct vr_rig_mlperf *shape)
{
    return formats[shape->format].name;
}

int vr_mlperf_window_init(
    struct vr_mlperf_window *window, const struct vr_rig_mlperf *shape, size_t channels,
    struct vr_err *err)
{
    size_t count = shape->window_samples * channels;
    *window = (struct vr_mlperf_window){.shape = shape, .channels = channels};
    window->byte_count = count * formats[shape->format].size;
    window->samples = calloc(count, sizeof *window->samples);
    window->bytes = calloc(1, window->byte_count);
    if (window->samples && window->bytes)
        return 0;
    vr_mlperf_window_finish(window);
    return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a window of %zu elements", count);
}

void vr_mlperf_window_finish(struct vr_mlperf_window *window)
{
    free(window->samples);
    free(window->bytes);
    window->samples = NULL;
    window->bytes = NULL;
}

size_t vr_mlperf_window_room(const struct vr_mlperf_window *window)
{
    return window->shape->window_samples - window->held;
}

void vr_mlperf_window_add(struct vr_mlperf_window *window, const int16_t *samples, size_t count)
{
    assert(count <= vr_mlperf_window_room(window));
    memcpy(
        window->samples + window->held * window->channels, samples,
        count * window->channels * sizeof *samples);
    window->held += count;
}

static void put_element(enum vr_rig_format format, double element, uint8_t *to)
{
    float narrow = (float)element;
    uint32_t bits;
    switch (format) {
    case VR_RIG_FORMAT_INT8:
    case VR_RIG_FORMAT_UINT8:
        *to = (uint8_t)(int)element;
        break;
    case VR_RIG_FORMAT_INT16:
        wire_put_u16(to, (uint16_t)(int)element);
        break;
    case VR_RIG_FORMAT_FLOAT32:
        memcpy(&bits, &narrow, sizeof bits);
        wire_put_u32(to, bits);
        break;
    }
}

int vr_mlperf_window_encode(struct vr_mlperf_window *window, struct vr_err *err)
{
    const struct vr_rig_mlperf *shape = window->shape;
    const struct format *format = &formats[shape->format];
    assert(vr_mlperf_window_room(window) == 0);
    for (size_t i = 0; i < window->held * window->channels; i++) {
        int16_t sample = window->samples[i];
        long long index = window->first + (int64_t)(i / window->channels);
        if (sample == WIRE_SAMPLE_INVALID)
            return vr_err_set(
                err, VR_ERR_INPUT,
                "sample %lld has no value, and a model's input cannot say so; choose a window of "
                "the record without gaps",
                index);
        double element = sample * shape->scale + shape->offset;
        if (shape->format != VR_RIG_FORMAT_FLOAT32)
            element = round(element);
        if (!(element >= format->low && element <= format->high))
            return vr_err_set(
                err, VR_ERR_INPUT,
                "sample %lld is %d, which x %g + %g is %g: no %s; change scale and offset in the "
                "rig file",
                index, sample, shape->scale, shape->offset, element, format->name);
        put_element(shape->format, element, window->bytes + i * format->size);
    }
    return 0;
}

size_t vr_mlperf_window_sample_size(const struct vr_mlperf_window *window)
{
    return formats[window->shape->format].size * window->channels;
}

void vr_mlperf_window_advance(struct vr_mlperf_window *window)
{
    size_t hop = window->shape->hop_samples;
    assert(vr_mlperf_window_room(window) == 0);
    memmove(
        window->samples, window->samples + hop * window->channels,
        (window->held - hop) * window->channels * sizeof *window->samples);
    window->held -= hop;
    window->first += (int64_t)hop;
}
