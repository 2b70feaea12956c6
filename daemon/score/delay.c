/* Delays of detection, as delay.h gives them. */
#include "score/delay.h"

#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "stats/interval.h"
#include "stats/quantile.h"

#define DAY_S 86400

/* --- one record ------------------------------------------------------------------------------- */

/* A stretch of time of one kind, the end outside. */
struct stretch {
    int64_t begin, end;
};

static int64_t latest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t span_end(const struct vr_timeline *timeline, size_t i, int64_t end)
{
    return i + 1 < timeline->count ? earliest(timeline->spans[i + 1].begin, end) : end;
}

/* The stretches in which `label` holds, those that touch as one.  The caller frees *ret_list. */
static bool find_stretches(
    const struct vr_timeline *timeline, int label, int64_t end, struct stretch **ret_list,
    size_t *ret_count)
{
    struct stretch *list = calloc(timeline->count + 1, sizeof *list);
    size_t count = 0;
    for (size_t i = 0; list && i < timeline->count; i++) {
        int64_t begin = timeline->spans[i].begin;
        if (timeline->spans[i].label != label || begin >= end)
            continue;
        if (count > 0 && list[count - 1].end == begin)
            list[count - 1].end = span_end(timeline, i, end);
        else
            list[count++] = (struct stretch){begin, span_end(timeline, i, end)};
    }
    *ret_list = list;
    *ret_count = count;
    return list != NULL;
}

/* The first stretch that ends after `at`. */
static size_t stretch_after(const struct stretch *list, size_t count, int64_t at)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list[middle].end <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct record {
    struct vr_delay *delay;
    const struct vr_delay_options *options;
    struct stretch *episodes, *alarms;
    size_t episode_count, alarm_count;
};

static void record_finish(struct record *record)
{
    free(record->episodes);
    free(record->alarms);
}

/* Where the grace of an episode ends: at the next one at the latest. */
static int64_t grace_end(const struct record *record, size_t i)
{
    int64_t end = earliest(
        record->episodes[i].end + record->options->grace,
        latest(record->options->end, record->episodes[i].end));
    return i + 1 < record->episode_count ? earliest(end, record->episodes[i + 1].begin) : end;
}

static bool add_episode(struct record *record, size_t i)
{
    struct vr_delay *delay = record->delay;
    const struct stretch *episode = &record->episodes[i];
    const struct vr_delay_options *options = record->options;
    if (episode->begin < options->from || episode->end - episode->begin < options->min_length)
        return true;
    size_t first = stretch_after(record->alarms, record->alarm_count, episode->begin);
    double value = INFINITY;
    if (first < record->alarm_count && record->alarms[first].begin < grace_end(record, i)) {
        int64_t ticks = record->alarms[first].begin - episode->begin;
        value = ticks < 0 ? -INFINITY : (double)ticks / options->ticks_per_s;
    }
    delay->early_count += value < 0;
    delay->missed_count += isinf(value) && value > 0;
    return vr_numbers_add(&delay->delays_s, value);
}

/* Alarms in a stretch of negative time: their begins, and how long they are on. */
static void add_negative(struct record *record, int64_t begin, int64_t end)
{
    struct vr_delay *delay = record->delay;
    double ticks_per_s = record->options->ticks_per_s;
    if (begin >= end)
        return;
    delay->negative_s += (double)(end - begin) / ticks_per_s;
    size_t i = stretch_after(record->alarms, record->alarm_count, begin);
    for (; i < record->alarm_count && record->alarms[i].begin < end; i++) {
        const struct stretch *alarm = &record->alarms[i];
        delay->false_count += alarm->begin >= begin;
        delay->false_s +=
            (double)(earliest(alarm->end, end) - latest(alarm->begin, begin)) / ticks_per_s;
    }
}

/* A span of the truth with another label: negative but for the grace of the episode before. */
static void add_other(struct record *record, int64_t begin, int64_t end)
{
    size_t i = 0, high = record->episode_count; /* how many episodes end at or before begin */
    i = stretch_after(record->episodes, high, begin);
    if (i > 0)
        begin = latest(begin, grace_end(record, i - 1));
    add_negative(record, begin, end);
}

static void add_spans(struct record *record, const struct vr_timeline *truth)
{
    const struct vr_delay_options *options = record->options;
    for (size_t i = 0; i < truth->count; i++) {
        int64_t begin = latest(truth->spans[i].begin, options->from);
        int64_t end = span_end(truth, i, options->end);
        if (truth->spans[i].label < 0 || begin >= end)
            continue;
        record->delay->scored_s += (double)(end - begin) / options->ticks_per_s;
        if (truth->spans[i].label != options->positive)
            add_other(record, begin, end);
    }
}

bool vr_delay_compare(
    struct vr_delay *delay, const struct vr_timeline *truth, const struct vr_timeline *alarms,
    const struct vr_delay_options *options)
{
    _cleanup_(record_finish) struct record record = {.delay = delay, .options = options};
    bool is_done =
        find_stretches(
            truth, options->positive, options->end, &record.episodes, &record.episode_count) &&
        find_stretches(
            alarms, options->positive, options->end, &record.alarms, &record.alarm_count);
    for (size_t i = 0; is_done && i < record.episode_count; i++)
        is_done = add_episode(&record, i);
    if (is_done)
        add_spans(&record, truth);
    return is_done;
}

/* --- items ------------------------------------------------------------------------------------ */

static bool delay_add(void *context, const void *more_context)
{
    struct vr_delay *delay = context;
    const struct vr_delay *more = more_context;
    delay->early_count += more->early_count;
    delay->missed_count += more->missed_count;
    delay->false_count += more->false_count;
    delay->scored_s += more->scored_s;
    delay->negative_s += more->negative_s;
    delay->false_s += more->false_s;
    return vr_numbers_append(&delay->delays_s, &more->delays_s) &&
           vr_numbers_append(&delay->first_outputs_s, &more->first_outputs_s);
}

static void delay_finish(void *context)
{
    struct vr_delay *delay = context;
    vr_numbers_finish(&delay->delays_s);
    vr_numbers_finish(&delay->first_outputs_s);
}

/* --- measures --------------------------------------------------------------------------------- */

/* A number that is known, or NaN. */
static double known(double value)
{
    return isfinite(value) ? value : NAN;
}

/* Between a number and one that is above or below any there is no line: then the rank must be whole. */
static double quantile(const struct vr_numbers *sorted, double p)
{
    if (sorted->count == 0)
        return NAN;
    double rank = (double)(sorted->count - 1) * p;
    size_t below = (size_t)rank;
    if ((double)below == rank)
        return known(sorted->values[below]);
    return known(vr_quantile(sorted->values, sorted->count, p));
}

static struct vr_measure of_times(const struct vr_numbers *sorted, double p)
{
    struct vr_measure measure = vr_measure_plain(quantile(sorted, p), (int64_t)sorted->count);
    struct vr_interval interval = vr_quantile_interval(sorted->values, sorted->count, p);
    if (isfinite(measure.value) && isfinite(interval.low) && isfinite(interval.high)) {
        measure.low = interval.low;
        measure.high = interval.high;
    }
    return measure;
}

static struct vr_measure false_per_day(const struct vr_delay *delay)
{
    if (!(delay->negative_s > 0))
        return vr_measure_plain(NAN, 0);
    double per_count = DAY_S / delay->negative_s;
    struct vr_interval interval = vr_interval_poisson(delay->false_count);
    return (struct vr_measure){
        (double)delay->false_count * per_count, interval.low * per_count, interval.high * per_count,
        delay->false_count};
}

/* X(name, unit, measure), with d = the item. */
#define METRICS(X) \
    X("delay.scored_h", "h", \
      vr_measure_plain(d->scored_s > 0 ? d->scored_s / 3600 : NAN, (int64_t)d->delays_s.count)) \
    X("delay.detected_pct", "%", \
      vr_measure_share_pct( \
          (int64_t)d->delays_s.count - d->missed_count, (int64_t)d->delays_s.count)) \
    X("delay.early_pct", "%", vr_measure_share_pct(d->early_count, (int64_t)d->delays_s.count)) \
    X("delay.median_s", "s", of_times(&d->delays_s, 0.5)) \
    X("delay.p95_s", "s", of_times(&d->delays_s, 0.95)) \
    X("delay.false_per_24h", "1/d", false_per_day(d)) \
    X("delay.false_time_pct", "%", \
      vr_measure_plain( \
          d->negative_s > 0 ? 100 * d->false_s / d->negative_s : NAN, (int64_t)d->negative_s)) \
    X("delay.first_output_s", "s", of_times(&d->first_outputs_s, 0.5))

VR_METRIC_LISTS(METRICS)

static void delay_measure(void *context, struct vr_measure *ret_measures)
{
    struct vr_delay *d = context;
    size_t count = 0;
    vr_numbers_sort(&d->delays_s);
    vr_numbers_sort(&d->first_outputs_s);
    METRICS(VR_METRIC_PUT)
}

const struct vr_measure_table vr_delay_table = {
    .names = metric_names,
    .units = metric_units,
    .item_size = sizeof(struct vr_delay),
    .add = delay_add,
    .measure = delay_measure,
    .item_finish = delay_finish,
};
