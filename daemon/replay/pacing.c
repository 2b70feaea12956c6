/* From outputs to instants, from instants to lateness and drift. */
#include "replay/pacing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "replay/clock_rate.h"
#include "stats/quantile.h"

/* Seconds on the sensor's time line, and by how much the sample came behind it, up to a constant. */
struct instant {
    double due_s, behind_s;
};

/* --- instants --- */

/* Follows the device's clock over its wraps from output to output: each sample is taken at about its time. */
struct unwrap {
    const struct vr_output_row *last;
    double period_ticks;
    double behind_ticks; /* of the last one, against the first */
};

static double ticks_behind(struct unwrap *unwrap, const struct vr_output_row *output)
{
    if (unwrap->last) {
        double expected =
            (double)(output->at_index - unwrap->last->at_index) * unwrap->period_ticks;
        uint32_t seen = output->ticks_arrival - unwrap->last->ticks_arrival;
        double whole = floor(expected);
        int32_t off = (int32_t)(seen - (uint32_t)(uint64_t)fmod(whole, 4294967296.0));
        unwrap->behind_ticks += off - (expected - whole);
    }
    unwrap->last = output;
    return unwrap->behind_ticks;
}

/* The sample before the end is left out: outputs at the end of the record carry its index and a later time. */
static bool is_instant(
    const struct vr_pacing_input *input, const struct vr_output_row *output,
    const struct vr_output_row *last)
{
    return output->at_index >= 0 && output->at_index < input->sample_count - 1 &&
           (!last || output->at_index > last->at_index);
}

static size_t find_instants(const struct vr_pacing_input *input, struct instant *instants)
{
    double period_s =
        1000.0 * input->rate_den / ((double)input->rate_num * (double)input->speed_milli);
    struct unwrap unwrap = {.period_ticks = period_s * (double)input->ticks_hz};
    size_t count = 0;
    for (size_t i = 0; i < input->output_count; i++) {
        const struct vr_output_row *output = &input->outputs[i];
        if (!is_instant(input, output, unwrap.last))
            continue;
        double behind = ticks_behind(&unwrap, output);
        instants[count++] = (struct instant){
            .due_s = (double)output->at_index * period_s,
            .behind_s = behind / (double)input->ticks_hz,
        };
    }
    return count;
}

/* After an underrun a sample may be late by any time, so by whole turns of the clock.  The outputs' arrival at the host tells. */
static bool is_unwrapped(
    const struct vr_pacing_input *input, const struct instant *instants, size_t count)
{
    double turn_s = 4294967296.0 / (double)input->ticks_hz, start_s = 0;
    const struct vr_output_row *last = NULL;
    size_t k = 0;
    for (size_t i = 0; i < input->output_count && k < count; i++) {
        const struct vr_output_row *output = &input->outputs[i];
        if (!is_instant(input, output, last))
            continue;
        double on_the_way_s =
            (double)output->host_ns / 1e9 - (instants[k].due_s + instants[k].behind_s);
        start_s = k++ == 0 ? on_the_way_s : start_s;
        last = output;
        if (fabs(on_the_way_s - start_s) > turn_s / 4)
            return false;
    }
    return true;
}

/* --- drift --- */

/* Whether `b` lies on or above the line from `a` to `c`. */
static bool is_above(const struct instant *a, const struct instant *b, const struct instant *c)
{
    return (b->behind_s - a->behind_s) * (c->due_s - a->due_s) >=
           (c->behind_s - a->behind_s) * (b->due_s - a->due_s);
}

/* The corners of the lower hull, in place at the front of `hull` (A. M. Andrew, Inf. Proc. Lett. 9 (1979) 216-219). */
static size_t lower_hull(struct instant *hull, size_t count)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        while (used >= 2 && is_above(&hull[used - 2], &hull[used - 1], &hull[i]))
            used--;
        hull[used++] = hull[i];
    }
    return used;
}

static double slope(const struct instant *a, const struct instant *b)
{
    return (b->behind_s - a->behind_s) / (b->due_s - a->due_s);
}

/* `hull` and `above` are scratch for `count`. */
static void measure_drift(
    const struct instant *instants, size_t count, struct instant *hull, double *above,
    struct vr_pacing_row *row)
{
    double first_s = instants[0].due_s, last_s = instants[count - 1].due_s;
    memcpy(hull, instants, count * sizeof *hull);
    size_t corners = lower_hull(hull, count), k = 1;
    while (k + 1 < corners && hull[k].due_s < (first_s + last_s) / 2)
        k++;
    double rate = slope(&hull[k - 1], &hull[k]);
    for (size_t i = 0; i < count; i++)
        above[i] =
            instants[i].behind_s - hull[k].behind_s - rate * (instants[i].due_s - hull[k].due_s);
    vr_quantile_sort(above, count);
    row->drift_ppm = rate * 1e6;
    row->drift_ppm_err = 2e6 * fmax(vr_quantile(above, count, 0.5), 0) / (last_s - first_s);
}

/* --- all of it --- */

static void measure_lateness(
    const struct instant *instants, size_t count, double *late_us, struct vr_pacing_row *row)
{
    double earliest_s = INFINITY;
    for (size_t i = 0; i < count; i++)
        earliest_s = fmin(earliest_s, instants[i].behind_s);
    for (size_t i = 0; i < count; i++)
        late_us[i] = (instants[i].behind_s - earliest_s) * 1e6;
    vr_quantile_sort(late_us, count);
    row->n = (int64_t)count;
    row->error_p50_us = vr_quantile(late_us, count, 0.5);
    row->error_p99_us = vr_quantile(late_us, count, 0.99);
    row->error_max_us = late_us[count - 1];
}

static void measure_clock(const struct vr_pacing_input *input, struct vr_pacing_row *row)
{
    struct vr_clock_rate rate = {NAN, NAN};
    vr_clock_rate_measure(input->syncs, input->sync_count, input->ticks_hz, &rate);
    row->clock_ppm = rate.ppm;
    row->clock_ppm_err = rate.ppm_err;
}

int vr_pacing_measure(
    const struct vr_pacing_input *input, struct vr_pacing_row *ret_row, const char **ret_why,
    struct vr_err *err)
{
    size_t capacity = input->output_count + 1;
    _cleanup_free_ struct instant *instants = calloc(capacity, sizeof *instants);
    _cleanup_free_ struct instant *hull = calloc(capacity, sizeof *hull);
    _cleanup_free_ double *numbers = calloc(capacity, sizeof *numbers);
    if (!instants || !hull || !numbers)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu instants", capacity);
    if (input->ticks_hz <= 0) {
        *ret_why = "the device does not tell the rate of its clock";
        return 0;
    }
    size_t count = find_instants(input, instants);
    if (count < 2) {
        *ret_why = "fewer than two samples had an output";
        return 0;
    }
    if (input->underruns > 0 && !is_unwrapped(input, instants, count)) {
        *ret_why = "samples were late by so much that the device's clock may have wrapped unseen";
        return 0;
    }
    *ret_row = (struct vr_pacing_row){.drift_ppm = NAN, .drift_ppm_err = NAN};
    measure_lateness(instants, count, numbers, ret_row);
    measure_clock(input, ret_row);
    if (input->underruns == 0 && count >= VR_PACING_DRIFT_MIN)
        measure_drift(instants, count, hull, numbers, ret_row);
    return 1;
}
