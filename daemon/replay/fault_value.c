/* Faults that change a sample by itself. */
#include "replay/fault_stages.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"

struct value_stage {
    struct vr_stage stage;
    struct vr_fault_value value;
};

static double fraction(uint64_t bits)
{
    return (double)(bits >> 11) * 0x1p-53;
}

static double wander(const struct vr_fault_value *fault, int64_t index)
{
    double cycles = fault->frequency_hz * (double)index / fault->times.rate_hz;
    return fault->amplitude * sin(2 * M_PI * (fmod(cycles, 1) + fraction(fault->seed)));
}

#define MOTION_SINES 4
#define MOTION_LOW_HZ 0.8 /* walking to shaking */
#define MOTION_HIGH_HZ 5
#define MOTION_POWER \
    0.75 /* of four sines of amplitude 1 under a Hann window, on average: 4 / 2 * 3 / 8 */

/* A sum of sines by the time since the burst began, so that streams of different rates move together. */
static double motion(const struct vr_fault_value *fault, int64_t index, int64_t n)
{
    double since = (double)(index - vr_fault_times_start(&fault->times, n));
    double sum = 0;
    for (uint64_t i = 0; i < MOTION_SINES; i++) {
        uint64_t draw = 2 * (MOTION_SINES * (uint64_t)n + i);
        double hz = MOTION_LOW_HZ +
                    (MOTION_HIGH_HZ - MOTION_LOW_HZ) * fraction(vr_rng_at(fault->seed, draw));
        double phase = fraction(vr_rng_at(fault->seed, draw + 1));
        sum += sin(2 * M_PI * (hz * since / fault->times.rate_hz + phase));
    }
    double edge = sin(M_PI * since / (double)fault->times.length);
    return fault->amplitude * sum * edge * edge / sqrt(MOTION_POWER);
}

static double off(enum vr_fault_to to)
{
    return to == VR_FAULT_TO_INVALID ? NAN : to == VR_FAULT_TO_RAIL_LOW ? -INFINITY : INFINITY;
}

static double change(const struct vr_fault_value *fault, double value, int64_t index, int64_t n)
{
    switch (fault->kind) {
    case VR_FAULT_WANDER:
        return value + wander(fault, index);
    case VR_FAULT_MOTION:
        return value + motion(fault, index, n);
    case VR_FAULT_LEAD_OFF:
        return off(fault->to);
    case VR_FAULT_SATURATION:
        return value > fault->amplitude    ? fault->amplitude
               : value < -fault->amplitude ? -fault->amplitude
                                           : value;
    case VR_FAULT_NAN:
        return fraction(vr_rng_at(fault->seed, (uint64_t)index)) < fault->amplitude ? NAN : value;
    default: /* gap */
        return NAN;
    }
}

static int value_read(
    struct vr_stage *stage, int64_t first, size_t count, double *ret_values, struct vr_err *err)
{
    const struct vr_fault_value *fault = &((const struct value_stage *)stage)->value;
    int r = vr_stage_read(stage->input, first, count, ret_values, err);
    for (size_t i = 0; r == 0 && i < count; i++) {
        int64_t index = first + (int64_t)i, n = vr_fault_times_at(&fault->times, index);
        if (n >= 0)
            ret_values[i] = change(fault, ret_values[i], index, n);
    }
    return r;
}

static const struct vr_stage_type value_type = {.read = value_read};

int vr_stage_value(struct vr_stage **chain, const struct vr_fault_value *value, struct vr_err *err)
{
    struct value_stage *stage = calloc(1, sizeof *stage);
    if (stage)
        stage->value = *value;
    return vr_stage_put(chain, stage ? &stage->stage : NULL, &value_type, err);
}
