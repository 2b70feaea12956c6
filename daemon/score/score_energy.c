/* The scorer "energy": what an inference costs, and what the whole trial does (score/attribute.h has how it is measured).
 *
 * Figures only of a valid trace, taken while the line to the device was quiet or at the sensor's pace: at "max" the energy of the
 * line is in every figure, and such figures stay in the report, where they say so.  Of a trial of which some outputs have no energy,
 * there are figures of an inference only while 95 % have one: what is missing may be what costs most. */
#include <math.h>
#include <string.h>

#include "score/score.h"
#include "stats/numbers.h"
#include "stats/quantile.h"
#include "wire/protocol.h"

#define ATTRIBUTED_MIN 0.95
#define PACE_TOLERANCE 0.02 /* a span as long as its record to that was replayed as recorded */

struct item {
    struct vr_numbers gross_uj, duration_us;
    struct vr_numbers
        mlperf_uj;           /* of an inference, by trial; none where its windows break a rule */
    double net_uj, error_uj; /* sums over inferences; NaN = of one it is not known */
    double peak_ma;
    int64_t inferences; /* those of the outputs that count, with and without energy */
    double span_uj, span_uc, seconds;
    int64_t spans, beats;
    bool is_unpaced; /* not all of it at the sensor's own pace */
    double usable_j; /* of the battery; NaN = none is stated */
};

static bool item_add(void *context, const void *more_context)
{
    struct item *item = context;
    const struct item *more = more_context;
    item->net_uj += more->net_uj;
    item->error_uj += more->error_uj;
    item->peak_ma = fmax(item->peak_ma, more->peak_ma);
    item->inferences += more->inferences;
    item->span_uj += more->span_uj;
    item->span_uc += more->span_uc;
    item->seconds += more->seconds;
    item->spans += more->spans;
    item->beats += more->beats;
    item->is_unpaced = item->is_unpaced || more->is_unpaced;
    item->usable_j = more->spans > 0 ? more->usable_j : item->usable_j;
    return vr_numbers_append(&item->gross_uj, &more->gross_uj) &&
           vr_numbers_append(&item->mlperf_uj, &more->mlperf_uj) &&
           vr_numbers_append(&item->duration_us, &more->duration_us);
}

static void item_finish(void *context)
{
    struct item *item = context;
    vr_numbers_finish(&item->gross_uj);
    vr_numbers_finish(&item->duration_us);
    vr_numbers_finish(&item->mlperf_uj);
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

static struct vr_measure quantile(struct vr_numbers *list, double p)
{
    vr_numbers_sort(list);
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

static void measure_inferences(struct item *item, struct vr_measure *measures)
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

static void measure_item(void *context, struct vr_measure *ret_measures)
{
    struct item *item = context;
    for (size_t i = 0; metric_names[i]; i++)
        ret_measures[i] = vr_measure_plain(NAN, 0);
    measure_inferences(item, ret_measures);
    if (item->spans == 0)
        return;
    if (item->mlperf_uj.count == (size_t)item->spans)
        ret_measures[METRIC_MLPERF] =
            vr_measure_plain(quantile(&item->mlperf_uj, 0.5).value, item->spans);
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

static const struct vr_measure_table table = {
    .names = metric_names,
    .units = metric_units,
    .item_size = sizeof(struct item),
    .add = item_add,
    .measure = measure_item,
    .item_finish = item_finish,
};

/* --- the scorer ------------------------------------------------------------------------------- */

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
    vr_numbers_add(&item->gross_uj, row->gross_uj);
    vr_numbers_add(&item->duration_us, row->duration_us);
    item->net_uj += row->net_uj;
    item->error_uj += row->edge_err_uj + row->gain_err_uj + row->noise_err_uj;
    item->peak_ma = fmax(item->peak_ma, row->peak_ma);
}

static bool add_inferences(struct item *item, const struct vr_score_trial *trial, double from_index)
{
    const struct vr_energy_rows *rows = trial->energy;
    if (!vr_numbers_reserve(&item->gross_uj, rows->inference_count) ||
        !vr_numbers_reserve(&item->duration_us, rows->inference_count))
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
    return isnan(median_uj) || vr_numbers_add(&item->mlperf_uj, median_uj);
}

static int energy_trial(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial, void *context,
    struct vr_err *err)
{
    const struct vr_energy_rows *rows = trial->energy;
    struct item *item = context;
    double rate_hz = (double)trial->record->rate_num / trial->record->rate_den;
    const char *why = why_not(rows);
    if (why)
        return vr_err_set(
            err, VR_ERR_INPUT, "record %s has no energy: %s", trial->record->name, why);
    if (!add_inferences(item, trial, vr_score_from_index(config, trial)) ||
        !add_windows(item, rows))
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "no memory for the energy of %s", trial->record->name);
    item->usable_j = usable_j(config);
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

const struct vr_scorer vr_scorer_energy = {
    .name = "energy",
    .summary = "what an inference costs, and what the whole trial does",
    .table = &table,
    .trial = energy_trial,
};
