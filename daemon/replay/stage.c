#include "replay/stage.h"

#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"

int vr_stage_read(
    struct vr_stage *stage, int64_t first, size_t count, double *ret_values, struct vr_err *err)
{
    return count == 0 ? 0 : stage->type->read(stage, first, count, ret_values, err);
}

int64_t vr_stage_place(const struct vr_stage *chain, const struct vr_stage *from, int64_t index)
{
    if (chain == from)
        return index;
    index = vr_stage_place(chain->input, from, index);
    return chain->type->place ? chain->type->place(chain, index) : index;
}

void vr_stage_destroy(struct vr_stage *stage)
{
    while (stage) {
        struct vr_stage *input = stage->input;
        if (stage->type->finish)
            stage->type->finish(stage);
        free(stage);
        stage = input;
    }
}

void vr_stage_destroyp(struct vr_stage **stage)
{
    vr_stage_destroy(*stage);
}

int vr_stage_put(
    struct vr_stage **chain, struct vr_stage *stage, const struct vr_stage_type *type,
    struct vr_err *err)
{
    if (!stage)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the signal's way to the device");
    stage->type = type;
    stage->input = *chain;
    if (*chain && stage->sample_count == 0)
        stage->sample_count = (*chain)->sample_count;
    *chain = stage;
    return 0;
}

/* --- as it was recorded --- */

struct record_stage {
    struct vr_stage stage;
    struct vr_dataset *dataset, *owned; /* owned: NULL or the same */
    size_t signal;
    double zero; /* digital value of the physical zero, which need not be a whole one */
};

static double value_of(const struct record_stage *record, int32_t value)
{
    return value == VR_SAMPLE_INVALID ? NAN : (double)value - record->zero;
}

static int64_t clamp(int64_t index, int64_t count)
{
    return index < 0 ? 0 : index >= count ? count - 1 : index;
}

/* Only what there is, is read; what lies outside repeats the sample at that end. */
static int record_read(
    struct vr_stage *stage, int64_t first, size_t count, double *ret_values, struct vr_err *err)
{
    const struct record_stage *record = (const struct record_stage *)stage;
    int64_t begin = clamp(first, stage->sample_count);
    int64_t last = clamp(first + (int64_t)count - 1, stage->sample_count);
    size_t held = (size_t)(last - begin + 1);
    _cleanup_free_ int32_t *values = reallocarray(NULL, held, sizeof *values);
    if (!values)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu samples", held);
    int r = vr_dataset_read(record->dataset, record->signal, begin, held, values, err);
    for (size_t i = 0; r == 0 && i < count; i++)
        ret_values[i] =
            value_of(record, values[clamp(first + (int64_t)i, stage->sample_count) - begin]);
    return r;
}

static void record_finish(struct vr_stage *stage)
{
    vr_dataset_close(((struct record_stage *)stage)->owned);
}

static const struct vr_stage_type record_type = {.read = record_read, .finish = record_finish};

static int put_record(
    struct vr_stage **chain, struct vr_dataset *dataset, size_t signal, struct vr_dataset *owned,
    struct vr_err *err)
{
    const struct vr_signal *from = &vr_dataset_record(dataset)->signals[signal];
    struct record_stage *record = calloc(1, sizeof *record);
    if (record)
        *record = (struct record_stage){
            .stage.sample_count = from->sample_count,
            .dataset = dataset,
            .owned = owned,
            .signal = signal,
            .zero = from->baseline - from->offset * from->gain,
        };
    else
        vr_dataset_close(owned);
    return vr_stage_put(chain, record ? &record->stage : NULL, &record_type, err);
}

int vr_stage_record(
    struct vr_stage **chain, struct vr_dataset *dataset, size_t signal, struct vr_err *err)
{
    return put_record(chain, dataset, signal, NULL, err);
}

int vr_stage_record_owned(
    struct vr_stage **chain, struct vr_dataset *dataset, size_t signal, struct vr_err *err)
{
    return put_record(chain, dataset, signal, dataset, err);
}

/* --- at another rate --- */

struct resample_stage {
    struct vr_stage stage;
    struct vr_resample resample;
};

static int resample_read(
    struct vr_stage *stage, int64_t first, size_t count, double *ret_values, struct vr_err *err)
{
    const struct vr_resample *resample = &((struct resample_stage *)stage)->resample;
    int64_t begin;
    size_t needed;
    vr_resample_range(resample, first, count, &begin, &needed);
    _cleanup_free_ double *input = reallocarray(NULL, needed, sizeof *input);
    if (!input)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu samples", needed);
    int r = vr_stage_read(stage->input, begin, needed, input, err);
    if (r == 0)
        vr_resample_apply(resample, first, count, input, ret_values);
    return r;
}

static int64_t resample_place(const struct vr_stage *stage, int64_t index)
{
    return vr_resample_place(&((const struct resample_stage *)stage)->resample, index);
}

static void resample_finish(struct vr_stage *stage)
{
    vr_resample_finish(&((struct resample_stage *)stage)->resample);
}

static const struct vr_stage_type resample_type = {
    .read = resample_read, .place = resample_place, .finish = resample_finish};

int vr_stage_resample(struct vr_stage **chain, struct vr_resample *resample, struct vr_err *err)
{
    struct resample_stage *stage = calloc(1, sizeof *stage);
    if (!stage) {
        vr_resample_finish(resample);
        return vr_stage_put(chain, NULL, &resample_type, err);
    }
    stage->resample = *resample;
    *resample = (struct vr_resample){0};
    stage->stage.sample_count = vr_resample_count(&stage->resample, (*chain)->sample_count);
    return vr_stage_put(chain, &stage->stage, &resample_type, err);
}

/* --- a part of it --- */

struct window_stage {
    struct vr_stage stage;
    int64_t first;
};

/* A channel may end before the one that its stream's window was laid over: there are no samples then. */
static int window_read(
    struct vr_stage *stage, int64_t first, size_t count, double *ret_values, struct vr_err *err)
{
    const struct window_stage *window = (const struct window_stage *)stage;
    int r = vr_stage_read(stage->input, window->first + first, count, ret_values, err);
    int64_t end = stage->input->sample_count - window->first;
    for (size_t i = 0; r == 0 && i < count; i++) {
        int64_t at = first + (int64_t)i;
        if (at >= end && at < stage->sample_count)
            ret_values[i] = NAN;
    }
    return r;
}

static int64_t window_place(const struct vr_stage *stage, int64_t index)
{
    return index - ((const struct window_stage *)stage)->first;
}

static const struct vr_stage_type window_type = {.read = window_read, .place = window_place};

int vr_stage_window(struct vr_stage **chain, int64_t first, int64_t count, struct vr_err *err)
{
    struct window_stage *window = calloc(1, sizeof *window);
    if (window)
        *window = (struct window_stage){.stage.sample_count = count, .first = first};
    return vr_stage_put(chain, window ? &window->stage : NULL, &window_type, err);
}

/* --- over and over --- */

struct loop_stage {
    struct vr_stage stage;
    int64_t start;
};

static int loop_read(
    struct vr_stage *stage, int64_t first, size_t count, double *ret_values, struct vr_err *err)
{
    int64_t length = stage->input->sample_count;
    int64_t at = (((struct loop_stage *)stage)->start + first % length + length) % length;
    int r = 0;
    while (count > 0 && r == 0) {
        size_t some = (uint64_t)(length - at) < count ? (size_t)(length - at) : count;
        r = vr_stage_read(stage->input, at, some, ret_values, err);
        ret_values += some;
        count -= some;
        at = 0;
    }
    return r;
}

static const struct vr_stage_type loop_type = {.read = loop_read};

int vr_stage_loop(struct vr_stage **chain, int64_t start, struct vr_err *err)
{
    struct loop_stage *loop = calloc(1, sizeof *loop);
    if (loop)
        *loop = (struct loop_stage){.start = start};
    return vr_stage_put(chain, loop ? &loop->stage : NULL, &loop_type, err);
}
