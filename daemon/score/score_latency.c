/* The scorer "latency": how long an output takes.
 *
 *     sample_index        at_index                       signal time
 *     ----|------------------|------------------------->
 *         R wave             the sample with which the device knew it was one
 *                            |ticks_arrival    |ticks_emitted    the device's clock
 *                            |<-- compute ---->|
 *         |<--- detection -->|
 *
 * Detection is a property of the algorithm: the same on every machine.  Compute is one of the
 * machine.  Outputs of streams but the first are left out: their rate is not stored. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "score/aggregate.h"
#include "score/score.h"
#include "stats/quantile.h"

struct latency {
    const struct vr_scenario_score *config;
    struct vr_by_record records; /* of struct item */
};

struct times {
    double *values;
    size_t count, capacity;
};

/* Of one record, or of all. */
struct item {
    struct times detection_ms, compute_us;
};

static bool times_reserve(struct times *times, size_t count)
{
    if (times->capacity - times->count >= count)
        return true;
    size_t capacity = times->count + count;
    void *values = reallocarray(times->values, capacity, sizeof *times->values);
    if (!values)
        return false;
    times->values = values;
    times->capacity = capacity;
    return true;
}

static bool times_append(struct times *times, const struct times *more)
{
    if (more->count == 0)
        return true;
    if (!times_reserve(times, more->count))
        return false;
    memcpy(times->values + times->count, more->values, more->count * sizeof *more->values);
    times->count += more->count;
    return true;
}

static void item_finish(void *context)
{
    struct item *item = context;
    free(item->detection_ms.values);
    free(item->compute_us.values);
}

/* --- metrics ---------------------------------------------------------------------------------- */

static const char *const metric_names[] = {
    "latency.detection_ms_p50", "latency.detection_ms_p95", "latency.detection_ms_p99",
    "latency.detection_ms_max", "latency.compute_us_p50",   "latency.compute_us_p95",
    "latency.compute_us_p99",   "latency.compute_us_max",   NULL};
static const char *const metric_units[] = {"ms", "ms", "ms", "ms", "us", "us", "us", "us"};

/* p50, p95, p99 and the maximum. */
static void measure_times(const struct times *times, struct vr_measure *ret_measures)
{
    static const double quantiles[] = {0.5, 0.95, 0.99};
    int64_t n = (int64_t)times->count;
    for (size_t i = 0; i < 3; i++) {
        struct vr_interval interval =
            vr_quantile_interval(times->values, times->count, quantiles[i]);
        ret_measures[i] = (struct vr_measure){
            .value = vr_quantile(times->values, times->count, quantiles[i]),
            .low = interval.low,
            .high = interval.high,
            .n = n,
        };
    }
    ret_measures[3] = vr_measure_plain(vr_quantile(times->values, times->count, 1), n);
}

static void measure_item(const void *context, struct vr_measure *ret_measures)
{
    const struct item *item = context;
    measure_times(&item->detection_ms, ret_measures);
    measure_times(&item->compute_us, ret_measures + 4);
}

static const struct vr_measure_table table = {metric_names, metric_units, measure_item};

/* --- the scorer ------------------------------------------------------------------------------- */

static int latency_open(void *state, const struct vr_scenario_score *config, struct vr_err *err)
{
    struct latency *latency = state;
    (void)err;
    latency->config = config;
    latency->records.item_size = sizeof(struct item);
    latency->records.item_finish = item_finish;
    return 0;
}

static int latency_trial(void *state, const struct vr_score_trial *trial, struct vr_err *err)
{
    struct latency *latency = state;
    struct item *item = vr_by_record_claim(&latency->records, trial->record->name);
    if (!item || !times_reserve(&item->detection_ms, trial->output_count) ||
        !times_reserve(&item->compute_us, trial->output_count))
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "no memory for the outputs of %s", trial->record->name);

    double rate_hz = (double)trial->record->rate_num / trial->record->rate_den;
    double clock_hz = (double)trial->trial->device_clock_hz;
    double from_index = latency->config->from_s * rate_hz;
    for (size_t i = 0; i < trial->output_count; i++) {
        const struct vr_output_row *output = &trial->outputs[i];
        if (output->stream != 0 || (double)output->sample_index < from_index)
            continue;
        double samples = (double)(output->at_index - output->sample_index);
        item->detection_ms.values[item->detection_ms.count++] = 1000 * samples / rate_hz;
        if (clock_hz <= 0)
            continue;
        /* The device's clock has 32 bits, and may have turned over in between. */
        uint32_t ticks = output->ticks_emitted - output->ticks_arrival;
        item->compute_us.values[item->compute_us.count++] = 1e6 * ticks / clock_hz;
    }
    return 0;
}

static int latency_finish(void *state, struct vr_metrics *metrics, struct vr_err *err)
{
    const struct latency *latency = state;
    _cleanup_(item_finish) struct item gross = {0};
    for (size_t i = 0; i < latency->records.count; i++) {
        struct item *item = latency->records.items[i];
        if (!times_append(&gross.detection_ms, &item->detection_ms) ||
            !times_append(&gross.compute_us, &item->compute_us))
            return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the outputs of all records");
        vr_quantile_sort(item->detection_ms.values, item->detection_ms.count);
        vr_quantile_sort(item->compute_us.values, item->compute_us.count);
    }
    vr_quantile_sort(gross.detection_ms.values, gross.detection_ms.count);
    vr_quantile_sort(gross.compute_us.values, gross.compute_us.count);
    return vr_aggregate(&table, &latency->records, &gross, metrics, err);
}

static void latency_close(void *state)
{
    struct latency *latency = state;
    vr_by_record_finish(&latency->records);
}

const struct vr_scorer vr_scorer_latency = {
    .name = "latency",
    .summary = "how long after what it refers to an output comes, and how long it was computed",
    .metrics = metric_names,
    .state_size = sizeof(struct latency),
    .open = latency_open,
    .trial = latency_trial,
    .finish = latency_finish,
    .close = latency_close,
};
