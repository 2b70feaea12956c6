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
#include "score/score.h"
#include "stats/numbers.h"
#include "stats/quantile.h"

struct item {
    struct vr_numbers detection_ms, compute_us;
};

static bool item_add(void *context, const void *more_context)
{
    struct item *item = context;
    const struct item *more = more_context;
    return vr_numbers_append(&item->detection_ms, &more->detection_ms) &&
           vr_numbers_append(&item->compute_us, &more->compute_us);
}

static void item_finish(void *context)
{
    struct item *item = context;
    vr_numbers_finish(&item->detection_ms);
    vr_numbers_finish(&item->compute_us);
}

/* --- metrics ---------------------------------------------------------------------------------- */

static const char *const metric_names[] = {
    "latency.detection_ms_p50", "latency.detection_ms_p95", "latency.detection_ms_p99",
    "latency.detection_ms_max", "latency.compute_us_p50",   "latency.compute_us_p95",
    "latency.compute_us_p99",   "latency.compute_us_max",   NULL};
static const char *const metric_units[] = {"ms", "ms", "ms", "ms", "us", "us", "us", "us"};

static const double quantiles[] = {0.5, 0.95, 0.99, 1};

#define QUANTILES (sizeof quantiles / sizeof *quantiles)

static const struct vr_numbers *item_list(const void *context, size_t index, double *ret_p)
{
    const struct item *item = context;
    *ret_p = quantiles[index % QUANTILES];
    return index < QUANTILES ? &item->detection_ms : &item->compute_us;
}

/* No interval of the maximum. */
static void measure_times(struct vr_numbers *times, struct vr_measure *ret_measures)
{
    int64_t n = (int64_t)times->count;
    vr_numbers_sort(times);
    for (size_t i = 0; i + 1 < QUANTILES; i++) {
        struct vr_interval interval =
            vr_quantile_interval(times->values, times->count, quantiles[i]);
        ret_measures[i] = (struct vr_measure){
            .value = vr_quantile(times->values, times->count, quantiles[i]),
            .low = interval.low,
            .high = interval.high,
            .n = n,
        };
    }
    ret_measures[QUANTILES - 1] = vr_measure_plain(vr_quantile(times->values, times->count, 1), n);
}

static void measure_item(void *context, struct vr_measure *ret_measures)
{
    struct item *item = context;
    measure_times(&item->detection_ms, ret_measures);
    measure_times(&item->compute_us, ret_measures + QUANTILES);
}

static const struct vr_measure_table table = {
    .names = metric_names,
    .units = metric_units,
    .item_size = sizeof(struct item),
    .add = item_add,
    .measure = measure_item,
    .item_finish = item_finish,
    .list = item_list,
};

/* --- the scorer ------------------------------------------------------------------------------- */

static int latency_trial(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial, void *context,
    struct vr_err *err)
{
    struct item *item = context;
    if (!vr_numbers_reserve(&item->detection_ms, trial->output_count) ||
        !vr_numbers_reserve(&item->compute_us, trial->output_count))
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "no memory for the outputs of %s", trial->record->name);

    double rate_hz = (double)trial->record->rate_num / trial->record->rate_den;
    double clock_hz = (double)trial->trial->device_clock_hz;
    double from_index = vr_score_from_index(config, trial);
    for (size_t i = 0; i < trial->output_count; i++) {
        const struct vr_output_row *output = &trial->outputs[i];
        if (output->stream != 0 || (double)output->sample_index < from_index)
            continue;
        double samples = (double)(output->at_index - output->sample_index);
        vr_numbers_add(&item->detection_ms, 1000 * samples / rate_hz);
        if (clock_hz <= 0)
            continue;
        /* The device's clock has 32 bits, and may have turned over in between. */
        uint32_t ticks = output->ticks_emitted - output->ticks_arrival;
        vr_numbers_add(&item->compute_us, 1e6 * ticks / clock_hz);
    }
    return 0;
}

const struct vr_scorer vr_scorer_latency = {
    .name = "latency",
    .summary = "how long after what it refers to an output comes, and how long it was computed",
    .table = &table,
    .trial = latency_trial,
};
