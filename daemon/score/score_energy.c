/* The scorer "energy": what an inference costs, and what the whole trial does (score/attribute.h has how it is measured).
 *
 * Figures only of a valid trace, taken while the line to the device was quiet or at the sensor's pace: at "max" the energy of the
 * line is in every figure, and such figures stay in the report, where they say so.  Of a trial of which some outputs have no energy,
 * there are figures of an inference only while 95 % have one: what is missing may be what costs most. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "score/aggregate.h"
#include "score/score.h"
#include "stats/quantile.h"
#include "wire/protocol.h"

#define ATTRIBUTED_MIN 0.95
#define PACE_TOLERANCE 0.02 /* a span as long as its record to that was replayed as recorded */

struct energy {
    const struct vr_scenario_score *config;
    struct vr_by_record records; /* of struct item */
};

struct list {
    double *values;
    size_t count, capacity;
};

/* Of one record, or of all. */
struct item {
    struct list gross_uj, duration_us;
    struct list mlperf_uj;   /* of an inference, by trial; none where its windows break a rule */
    double net_uj, error_uj; /* sums over inferences; NaN = of one it is not known */
    double peak_ma;
    int64_t inferences; /* those of the outputs that count, with and without energy */
    double span_uj, span_uc, seconds;
    int64_t spans, beats;
    bool is_unpaced; /* not all of it at the sensor's own pace */
    double usable_j; /* of the battery; NaN = none is stated */
};

static bool list_reserve(struct list *list, size_t count)
{
    if (list->capacity - list->count >= count)
        return true;
    size_t capacity = list->count + count;
    void *values = reallocarray(list->values, capacity, sizeof *list->values);
    if (!values)
        return false;
    list->values = values;
    list->capacity = capacity;
    return true;
}

static bool list_append(struct list *list, const struct list *more)
{
    if (more->count == 0)
        return true;
    if (!list_reserve(list, more->count))
        return false;
    memcpy(list->values + list->count, more->values, more->count * sizeof *more->values);
    list->count += more->count;
    return true;
}

static void item_finish(void *context)
{
    struct item *item = context;
    free(item->gross_uj.values);
    free(item->duration_us.values);
    free(item->mlperf_uj.values);
}

/* --- metrics ---------------------------------------------------------------------------------- */

/* The first says whether a record was scored. */
#define METRICS(X) \
    X(MEAN_POWER, "energy.mean_power_mw", "mW") \
    X(MEAN, "energy.per_inference_uj_mean", "uJ") \
    X(P50, "energy.per_inference_uj_p50", "uJ") \
    X(P95, "energy.per_inference_uj_p95", "uJ") \
    X(MLPERF, "energy.mlperf_per_inference_uj", "uJ") \
    X(NET_MEAN, "energy.net_per_inference_uj_mean", "uJ") \
    X(ERR, "energy.relative_err_pct", "%") \
    X(DURATION, "energy.duration_us_p50", "us") \
    X(PEAK, "energy.peak_ma", "mA") \
    X(CHARGE, "energy.charge_uc", "uC") \
    X(PER_BEAT, "energy.per_beat_uj", "uJ") \
    X(PER_HOUR, "energy.per_hour_mj", "mJ") \
    X(BATTERY, "energy.battery_days", "d")

enum {
#define X(word, name, unit) METRIC_##word,
    METRICS(X)
#undef X
};

static const char *const metric_names[] = {
#define X(word, name, unit) name,
    METRICS(X)
#undef X
        NULL};
static const char *const metric_units[] = {
#define X(word, name, unit) unit,
    METRICS(X)
#undef X
};

static struct vr_measure quantile(const struct list *list, double p)
{
    struct vr_interval interval = vr_quantile_interval(list->values, list->count, p);
    return (struct vr_measure){
        vr_quantile(list->values, list->count, p), interval.low, interval.high,
        (int64_t)list->count};
}

static bool is_attributed(const struct item *item)
{
    return item->gross_uj.count > 0 &&
           (double)item->gross_uj.count >= ATTRIBUTED_MIN * (double)item->inferences;
}

static void measure_inferences(const struct item *item, struct vr_measure *measures)
{
    double gross_uj = 0;
    int64_t n = (int64_t)item->gross_uj.count;
    if (!is_attributed(item))
        return;
    for (size_t i = 0; i < item->gross_uj.count; i++)
        gross_uj += item->gross_uj.values[i];
    measures[METRIC_MEAN] = vr_measure_plain(gross_uj / (double)n, n);
    measures[METRIC_P50] = quantile(&item->gross_uj, 0.5);
    measures[METRIC_P95] = quantile(&item->gross_uj, 0.95);
    measures[METRIC_NET_MEAN] = vr_measure_plain(item->net_uj / (double)n, n);
    measures[METRIC_ERR] = vr_measure_plain(100 * item->error_uj / gross_uj, n);
    measures[METRIC_DURATION] = quantile(&item->duration_us, 0.5);
    measures[METRIC_PEAK] = vr_measure_plain(item->peak_ma, n);
}

static void measure_item(const void *context, struct vr_measure *ret_measures)
{
    const struct item *item = context;
    for (size_t i = 0; metric_names[i]; i++)
        ret_measures[i] = vr_measure_plain(NAN, 0);
    measure_inferences(item, ret_measures);
    if (item->spans == 0)
        return;
    if (item->mlperf_uj.count == (size_t)item->spans)
        ret_measures[METRIC_MLPERF] = vr_measure_plain(
            vr_quantile(item->mlperf_uj.values, item->mlperf_uj.count, 0.5), item->spans);
    double mean_mw = item->span_uj / item->seconds / 1e3;
    ret_measures[METRIC_MEAN_POWER] = vr_measure_plain(mean_mw, item->spans);
    ret_measures[METRIC_CHARGE] = vr_measure_plain(item->span_uc, item->spans);
    if (item->beats > 0)
        ret_measures[METRIC_PER_BEAT] =
            vr_measure_plain(item->span_uj / (double)item->beats, item->beats);
    if (item->is_unpaced)
        return;
    ret_measures[METRIC_PER_HOUR] = vr_measure_plain(3600 * mean_mw, item->spans);
    ret_measures[METRIC_BATTERY] =
        vr_measure_plain(item->usable_j / (mean_mw / 1e3) / 86400, item->spans);
}

static const struct vr_measure_table table = {metric_names, metric_units, measure_item};

/* --- the scorer ------------------------------------------------------------------------------- */

static int energy_open(void *state, const struct vr_scenario_score *config, struct vr_err *err)
{
    struct energy *energy = state;
    (void)err;
    energy->config = config;
    energy->records.item_size = sizeof(struct item);
    energy->records.item_finish = item_finish;
    return 0;
}

static const char *why_not(const struct vr_energy_rows *rows)
{
    if (!rows || !rows->has_stream)
        return "no meter was at work";
    if (rows->stream.why[0])
        return rows->stream.why;
    if (!rows->has_span)
        return "its trace was never attributed";
    if (strcmp(rows->span.validity, "valid") != 0)
        return rows->span.why;
    if (strcmp(rows->stream.mode, "max") == 0)
        return "the line to the device was busy all the time (speed max); replay it at 1, or "
               "silent";
    return NULL;
}

static double usable_j(const struct vr_scenario_score *config)
{
    if (config->battery_mah <= 0)
        return NAN;
    return config->battery_mah * 3.6 * config->battery_v * config->battery_usable_pct / 100;
}

static void add_inference(struct item *item, const struct vr_power_inference_row *row)
{
    item->gross_uj.values[item->gross_uj.count++] = row->gross_uj;
    item->duration_us.values[item->duration_us.count++] = row->duration_us;
    item->net_uj += row->net_uj;
    item->error_uj += row->edge_err_uj + row->gain_err_uj + row->noise_err_uj;
    item->peak_ma = fmax(item->peak_ma, row->peak_ma);
}

static bool add_inferences(struct item *item, const struct vr_score_trial *trial, double from_index)
{
    const struct vr_energy_rows *rows = trial->energy;
    if (!list_reserve(&item->gross_uj, rows->inference_count) ||
        !list_reserve(&item->duration_us, rows->inference_count))
        return false;
    for (size_t i = 0, k = 0; i < rows->inference_count; i++) {
        const struct vr_power_inference_row *row = &rows->inferences[i];
        while (k < trial->output_count && trial->outputs[k].number < row->output)
            k++;
        if (k == trial->output_count || trial->outputs[k].number != row->output ||
            (double)trial->outputs[k].sample_index < from_index)
            continue;
        if (row->shares > 0)
            continue;
        item->inferences++;
        if (!isnan(row->gross_uj))
            add_inference(item, row);
    }
    return true;
}

static bool add_windows(struct item *item, const struct vr_energy_rows *rows)
{
    double median_uj = vr_power_windows_median(rows->windows, rows->window_count);
    if (isnan(median_uj))
        return true;
    if (!list_reserve(&item->mlperf_uj, 1))
        return false;
    item->mlperf_uj.values[item->mlperf_uj.count++] = median_uj;
    return true;
}

static int energy_trial(void *state, const struct vr_score_trial *trial, struct vr_err *err)
{
    struct energy *energy = state;
    const struct vr_energy_rows *rows = trial->energy;
    struct item *item = vr_by_record_claim(&energy->records, trial->record->name);
    double rate_hz = (double)trial->record->rate_num / trial->record->rate_den;
    const char *why = why_not(rows);
    if (item)
        item->usable_j = usable_j(energy->config);
    if (item && why)
        return vr_err_set(
            err, VR_ERR_INPUT, "record %s has no energy: %s", trial->record->name, why);
    if (!item || !add_inferences(item, trial, energy->config->from_s * rate_hz) ||
        !add_windows(item, rows))
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "no memory for the energy of %s", trial->record->name);
    double length_s = (double)trial->record->sample_count / rate_hz;
    item->spans++;
    item->span_uj += rows->span.gross_uj;
    item->span_uc += rows->span.charge_uc;
    item->seconds += rows->span.seconds;
    item->is_unpaced = item->is_unpaced || strcmp(rows->stream.mode, "paced") != 0 ||
                       fabs(rows->span.seconds / length_s - 1) > PACE_TOLERANCE;
    for (size_t i = 0; i < trial->output_count; i++)
        item->beats += trial->outputs[i].kind == WIRE_OUTPUT_BEAT;
    return 0;
}

static bool item_append(struct item *gross, const struct item *item)
{
    gross->net_uj += item->net_uj;
    gross->error_uj += item->error_uj;
    gross->peak_ma = fmax(gross->peak_ma, item->peak_ma);
    gross->inferences += item->inferences;
    gross->span_uj += item->span_uj;
    gross->span_uc += item->span_uc;
    gross->seconds += item->seconds;
    gross->spans += item->spans;
    gross->beats += item->beats;
    gross->is_unpaced = gross->is_unpaced || item->is_unpaced;
    gross->usable_j = item->usable_j;
    return list_append(&gross->gross_uj, &item->gross_uj) &&
           list_append(&gross->mlperf_uj, &item->mlperf_uj) &&
           list_append(&gross->duration_us, &item->duration_us);
}

static void item_sort(struct item *item)
{
    vr_quantile_sort(item->gross_uj.values, item->gross_uj.count);
    vr_quantile_sort(item->duration_us.values, item->duration_us.count);
    vr_quantile_sort(item->mlperf_uj.values, item->mlperf_uj.count);
}

static int energy_finish(void *state, struct vr_metrics *metrics, struct vr_err *err)
{
    const struct energy *energy = state;
    _cleanup_(item_finish) struct item gross = {0};
    for (size_t i = 0; i < energy->records.count; i++) {
        struct item *item = energy->records.items[i];
        if (!item_append(&gross, item))
            return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the energy of all records");
        item_sort(item);
    }
    item_sort(&gross);
    return vr_aggregate(&table, &energy->records, &gross, metrics, err);
}

static void energy_close(void *state)
{
    struct energy *energy = state;
    vr_by_record_finish(&energy->records);
}

const struct vr_scorer vr_scorer_energy = {
    .name = "energy",
    .summary = "what an inference costs, and what the whole trial does",
    .metrics = metric_names,
    .state_size = sizeof(struct energy),
    .open = energy_open,
    .trial = energy_trial,
    .finish = energy_finish,
    .close = energy_close,
};
