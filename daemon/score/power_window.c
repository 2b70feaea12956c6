/* A trial in five. */
#include "score/power_window.h"

#include <math.h>
#include <stdio.h>

#include "stats/quantile.h"

/* Inferences in the order of time; outputs that share one are none. */
struct walk {
    const struct vr_power_inference_row *rows;
    size_t count, at;
    int64_t number; /* of the inference at hand; -1 = before the first */
};

static bool step(struct walk *walk)
{
    for (; walk->at < walk->count; walk->at++)
        if (walk->rows[walk->at].shares == 0) {
            walk->number++;
            walk->at++;
            return true;
        }
    return false;
}

static double begin_of(const struct walk *walk)
{
    return walk->rows[walk->at - 1].first;
}

/* The first inference with a place that is not before number `wanted`. */
static bool seek(struct walk *walk, int64_t wanted)
{
    while (walk->number < wanted || isnan(begin_of(walk)))
        if (!step(walk))
            return false;
    return true;
}

/* The numbers of the first and the last inference with a place. */
static bool find_ends(
    const struct vr_power_inference_row *rows, size_t count, int64_t *ret_first, int64_t *ret_last)
{
    struct walk walk = {rows, count, 0, -1};
    *ret_first = -1;
    while (step(&walk)) {
        if (isnan(begin_of(&walk)))
            continue;
        if (*ret_first < 0)
            *ret_first = walk.number;
        *ret_last = walk.number;
    }
    return *ret_first >= 0;
}

static int measure(
    const struct vr_power_trace *trace, struct vr_power_window_row *row, char *why,
    struct vr_err *err)
{
    struct vr_power_sum sum;
    int r = trace->sum(trace->context, row->first, row->end, &sum, err);
    double first_j = NAN, end_j = NAN;
    if (r == 0 && row->first > 0 && row->end + 1 < trace->count)
        r = vr_power_edge_err(trace, (double)row->first, 1, false, &first_j, err);
    if (r == 0 && row->first > 0 && row->end + 1 < trace->count)
        r = vr_power_edge_err(trace, (double)row->end, 1, false, &end_j, err);
    if (r < 0)
        return r;
    row->seconds = (double)(row->end - row->first) / trace->rate_hz;
    row->gross_uj = sum.count > 0 ? 1e6 * sum.energy_j : (double)NAN;
    row->gain_err_uj = 1e6 * sum.gain_err_j;
    row->edge_err_uj = 1e6 * (first_j + end_j);
    row->lost = sum.lost;
    const struct vr_energy_window window = {
        .to_s = row->seconds, .samples = row->end - row->first, .lost = row->lost};
    vr_energy_window_why(&window, (size_t)row->number, (double)row->inferences, why);
    if (!why[0] && isnan(row->gross_uj))
        snprintf(
            why, VR_ENERGY_WHY_SIZE,
            "the supply's voltage is not known: there is charge, but no energy");
    row->why = why;
    return 0;
}

int vr_power_windows_cut(
    const struct vr_power_trace *trace, const struct vr_power_inference_row *inferences,
    size_t count, struct vr_power_windows *ret_windows, struct vr_err *err)
{
    int64_t first, last;
    struct walk walk = {inferences, count, 0, -1};
    ret_windows->count = 0;
    if (!find_ends(inferences, count, &first, &last))
        return 0;
    seek(&walk, first);
    for (int i = 0; i < VR_ENERGY_MEASUREMENTS; i++) {
        struct vr_power_window_row *row = &ret_windows->rows[i];
        int64_t from = walk.number;
        *row = (struct vr_power_window_row){.number = i + 1, .first = llrint(begin_of(&walk))};
        seek(&walk, first + (last - first) * (i + 1) / VR_ENERGY_MEASUREMENTS);
        row->end = llrint(begin_of(&walk));
        row->inferences = walk.number - from;
        int r = measure(trace, row, ret_windows->why[i], err);
        if (r < 0)
            return r;
    }
    ret_windows->count = VR_ENERGY_MEASUREMENTS;
    return 0;
}

double vr_power_windows_median(const struct vr_power_window_row *rows, size_t count)
{
    double values[VR_ENERGY_MEASUREMENTS];
    if (count != VR_ENERGY_MEASUREMENTS)
        return NAN;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].why[0])
            return NAN;
        values[i] = rows[i].gross_uj / (double)rows[i].inferences;
    }
    vr_quantile_sort(values, count);
    return vr_quantile(values, count, 0.5);
}
