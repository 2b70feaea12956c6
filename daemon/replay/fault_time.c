/* Faults that move samples in time. */
#include "replay/fault_stages.h"

#include <math.h>
#include <stdlib.h>

#define PPM_PARTS 1000 /* ppm are taken to a thousandth */

int vr_stage_clock_drift(struct vr_stage **chain, double ppm, struct vr_err *err)
{
    struct vr_resample resample;
    uint64_t nominal = UINT64_C(1000000) * PPM_PARTS;
    int r = vr_resample_init_ratio(
        &resample, nominal, (uint64_t)((int64_t)nominal + llround(ppm * PPM_PARTS)), err);
    return r < 0 ? r : vr_stage_resample(chain, &resample, err);
}

/* --- samples that are read twice --- */

struct duplicate {
    struct vr_stage stage;
    struct vr_fault_times times;
    int64_t samples;
    int64_t times_count;
};

/* How many copies have begun at output `index`: the n-th begins where the input's start of it comes, behind the copies before. */
static int64_t copies_begun(const struct duplicate *duplicate, int64_t index)
{
    int64_t low = 0, high = duplicate->times_count; /* begun: at least low, at most high */
    while (low < high) {
        int64_t n = low + (high - low) / 2;
        if (vr_fault_times_start(&duplicate->times, n) + n * duplicate->samples <= index)
            low = n + 1;
        else
            high = n;
    }
    return low;
}

static int duplicate_read(
    struct vr_stage *stage, int64_t first, size_t count, double *ret_values, struct vr_err *err)
{
    const struct duplicate *duplicate = (const struct duplicate *)stage;
    int r = 0;
    while (count > 0 && r == 0) {
        int64_t begun = copies_begun(duplicate, first);
        size_t some = count;
        if (begun < duplicate->times_count) {
            int64_t next =
                vr_fault_times_start(&duplicate->times, begun) + begun * duplicate->samples - first;
            some = (uint64_t)next < count ? (size_t)next : count;
        }
        r = vr_stage_read(stage->input, first - begun * duplicate->samples, some, ret_values, err);
        ret_values += some;
        first += (int64_t)some;
        count -= some;
    }
    return r;
}

/* What happened before the fault is where it was: of samples that come twice, the first. */
static int64_t duplicate_place(const struct vr_stage *stage, int64_t index)
{
    const struct duplicate *duplicate = (const struct duplicate *)stage;
    int64_t begun = vr_fault_times_begun(&duplicate->times, index) + 1;
    begun = begun < duplicate->times_count ? begun : duplicate->times_count;
    return index + begun * duplicate->samples;
}

static const struct vr_stage_type duplicate_type = {
    .read = duplicate_read, .place = duplicate_place};

int vr_stage_duplicate(
    struct vr_stage **chain, const struct vr_fault_times *times, int64_t samples,
    struct vr_err *err)
{
    struct duplicate *duplicate = calloc(1, sizeof *duplicate);
    if (duplicate) {
        *duplicate = (struct duplicate){.times = *times, .samples = samples};
        duplicate->times_count = vr_fault_times_count(times, (*chain)->sample_count);
        duplicate->stage.sample_count = (*chain)->sample_count + duplicate->times_count * samples;
    }
    return vr_stage_put(chain, duplicate ? &duplicate->stage : NULL, &duplicate_type, err);
}
