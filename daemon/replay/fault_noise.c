/* Noise that is added. */
#include "replay/fault_stages.h"

#include <stdlib.h>

#include "base/cleanup.h"

struct add {
    struct vr_stage stage;
    struct vr_fault_times times;
    struct vr_stage *noise;
    double gain, mean;
};

static int add_read(
    struct vr_stage *stage, int64_t first, size_t count, double *ret_values, struct vr_err *err)
{
    const struct add *add = (const struct add *)stage;
    _cleanup_free_ double *noise = reallocarray(NULL, count, sizeof *noise);
    if (!noise)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu samples", count);
    int r = vr_stage_read(stage->input, first, count, ret_values, err);
    if (r == 0)
        r = vr_stage_read(add->noise, first, count, noise, err);
    for (size_t i = 0; r == 0 && i < count; i++)
        if (vr_fault_times_at(&add->times, first + (int64_t)i) >= 0)
            ret_values[i] += add->gain * (noise[i] - add->mean);
    return r;
}

static void add_finish(struct vr_stage *stage)
{
    vr_stage_destroy(((struct add *)stage)->noise);
}

static const struct vr_stage_type add_type = {.read = add_read, .finish = add_finish};

int vr_stage_add_noise(
    struct vr_stage **chain, const struct vr_fault_times *times, struct vr_stage *noise,
    double gain, double mean, struct vr_err *err)
{
    struct add *add = calloc(1, sizeof *add);
    if (!add) {
        vr_stage_destroy(noise);
        return vr_stage_put(chain, NULL, &add_type, err);
    }
    *add = (struct add){.times = *times, .noise = noise, .gain = gain, .mean = mean};
    return vr_stage_put(chain, &add->stage, &add_type, err);
}
