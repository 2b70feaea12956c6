/* The measures of rates (score/rate.h). */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "score/rate.h"
#include "stats/agreement.h"

/* All pairs of an item side by side, subject by subject. */
struct view {
    const struct vr_rate *rate;
    size_t count;
    double *references, *tests, *differences, *absolutes; /* owned, one block */
    const struct vr_rate_pair **best;                     /* owned: by confidence */
    bool has_confidence;                                  /* each of them */
    struct vr_limits limits;
    struct vr_line line;
    double *room;
};

static void view_finish(struct view *view)
{
    free(view->references);
    free(view->best);
}

static int by_confidence(const void *a, const void *b)
{
    double x = (*(const struct vr_rate_pair *const *)a)->confidence;
    double y = (*(const struct vr_rate_pair *const *)b)->confidence;
    return (x < y) - (x > y);
}

static void view_fill(struct view *view, size_t *counts)
{
    size_t at = 0;
    view->has_confidence = view->count > 0;
    for (size_t i = 0; i < view->rate->subject_count; i++) {
        const struct vr_rate_subject *subject = &view->rate->subjects[i];
        counts[i] = subject->count;
        for (size_t k = 0; k < subject->count; k++, at++) {
            const struct vr_rate_pair *pair = &subject->pairs[k];
            view->references[at] = pair->reference;
            view->tests[at] = pair->test;
            view->differences[at] = pair->test - pair->reference;
            view->absolutes[at] = fabs(view->differences[at]);
            view->best[at] = pair;
            view->has_confidence = view->has_confidence && !isnan(pair->confidence);
        }
    }
    if (view->has_confidence)
        qsort(view->best, view->count, sizeof *view->best, by_confidence);
    view->limits = vr_limits_by_subject(view->differences, counts, view->rate->subject_count);
    view->line = vr_proportional_bias(view->references, view->tests, view->count, view->room);
}

/* Without memory the view is that of no pairs. */
static void view_open(struct view *view, const struct vr_rate *rate)
{
    *view = (struct view){.rate = rate};
    for (size_t i = 0; i < rate->subject_count; i++)
        view->count += rate->subjects[i].count;
    _cleanup_free_ size_t *counts = calloc(rate->subject_count + 1, sizeof *counts);
    view->references = calloc(6 * view->count + 1, sizeof *view->references);
    view->best = calloc(view->count + 1, sizeof *view->best);
    view->tests = view->references + view->count;
    view->differences = view->tests + view->count;
    view->absolutes = view->differences + view->count;
    view->room = view->absolutes + view->count;
    if (!counts || !view->references || !view->best) {
        static const struct vr_rate none;
        view->count = 0;
        view->rate = &none;
        view->limits = vr_limits_plain(NULL, 0);
        view->line = vr_line_fit(NULL, NULL, 0);
        return;
    }
    view_fill(view, counts);
}

static struct vr_measure of_pairs(const struct view *view, double value)
{
    return vr_measure_plain(value, isnan(value) ? 0 : (int64_t)view->count);
}

static struct vr_measure with_interval(
    const struct view *view, double value, struct vr_interval interval)
{
    return (struct vr_measure){
        value, interval.low, interval.high, isnan(value) ? 0 : (int64_t)view->count};
}

static double rmse(const struct view *view)
{
    double sum = 0;
    for (size_t i = 0; i < view->count; i++)
        sum += view->differences[i] * view->differences[i];
    return view->count > 0 ? sqrt(sum / (double)view->count) : NAN;
}

/* Of a reference of 0 there is no percentage. */
static struct vr_measure mape_pct(const struct view *view)
{
    double sum = 0;
    int64_t n = 0;
    for (size_t i = 0; i < view->count; i++)
        if (view->references[i] != 0) {
            sum += view->absolutes[i] / fabs(view->references[i]);
            n++;
        }
    return vr_measure_plain(n > 0 ? 100 * sum / (double)n : NAN, n);
}

static struct vr_measure within_pct(const struct view *view, double limit)
{
    int64_t hits = 0;
    for (size_t i = 0; i < view->count; i++)
        hits += view->absolutes[i] <= limit;
    return vr_measure_share_pct(hits, (int64_t)view->count);
}

/* Within 10 % or 5 beats a minute, whichever is greater. */
static struct vr_measure ec13_pct(const struct view *view)
{
    int64_t hits = 0;
    if (view->rate->measurement != VR_HEART_RATE)
        return vr_measure_plain(NAN, 0);
    for (size_t i = 0; i < view->count; i++)
        hits += view->absolutes[i] <= fmax(5, fabs(view->references[i]) / 10);
    return vr_measure_share_pct(hits, (int64_t)view->count);
}

/* The pairs with the best confidence, coverage_pct of all, rounded up.  Of those with the same confidence at the border the mean error
 * counts: which of them is in must not matter. */
static struct vr_measure mae_at_coverage(const struct view *view)
{
    double share = view->rate->coverage_pct / 100 * (double)view->count;
    size_t wanted = (size_t)ceil(share * (1 - DBL_EPSILON));
    if (!view->has_confidence || wanted == 0)
        return vr_measure_plain(NAN, 0);
    double sum = 0;
    for (size_t i = 0; i < wanted;) {
        double ties = 0;
        size_t end = i;
        for (; end < view->count && view->best[end]->confidence == view->best[i]->confidence; end++)
            ties += fabs(view->best[end]->test - view->best[end]->reference);
        size_t taken = end < wanted ? end - i : wanted - i;
        sum += ties * (double)taken / (double)(end - i);
        i = end;
    }
    return vr_measure_plain(sum / (double)wanted, (int64_t)wanted);
}

/* Accuracy root mean square of oxygen saturations: over references of 70 to 100 %. */
static struct vr_measure arms_pct(const struct view *view)
{
    double sum = 0;
    int64_t n = 0;
    if (view->rate->measurement == VR_HEART_RATE)
        return vr_measure_plain(NAN, 0);
    for (size_t i = 0; i < view->count; i++)
        if (view->references[i] >= 70 && view->references[i] <= 100) {
            sum += view->differences[i] * view->differences[i];
            n++;
        }
    return vr_measure_plain(n > 0 ? sqrt(sum / (double)n) : NAN, n);
}

static struct vr_measure lag_mae(const struct view *view)
{
    const struct vr_rate *rate = view->rate;
    return vr_measure_plain(
        rate->lag_pairs > 0 ? rate->lag_error / (double)rate->lag_pairs : NAN, rate->lag_pairs);
}

static struct vr_measure lag_s(const struct view *view)
{
    const struct vr_rate *rate = view->rate;
    return vr_measure_plain(
        rate->lag_records > 0 ? rate->lag_s / (double)rate->lag_records : NAN, rate->lag_records);
}

/* A heart rate has a unit in its metrics' names, any other measurement its own. */
static struct vr_measure told(const struct view *view, bool is_bpm, struct vr_measure measure)
{
    bool is_heart_rate = view->rate->measurement == VR_HEART_RATE;
    return is_heart_rate == is_bpm ? measure : vr_measure_plain(NAN, 0);
}

/* X(name, unit, measure), with v = the view.  In the measurement's unit: */
#define UNIT_METRICS(X, suffix, unit, is_bpm) \
    X("rate.mae" suffix, unit, told(v, is_bpm, of_pairs(v, vr_mean(v->absolutes, v->count)))) \
    X("rate.abs_error_sd" suffix, unit, \
      told(v, is_bpm, of_pairs(v, vr_sd(v->absolutes, v->count)))) \
    X("rate.rmse" suffix, unit, told(v, is_bpm, of_pairs(v, rmse(v)))) \
    X("rate.bias" suffix, unit, \
      told(v, is_bpm, with_interval(v, v->limits.bias, v->limits.bias_interval))) \
    X("rate.loa_low" suffix, unit, \
      told(v, is_bpm, with_interval(v, v->limits.low, v->limits.low_interval))) \
    X("rate.loa_high" suffix, unit, \
      told(v, is_bpm, with_interval(v, v->limits.high, v->limits.high_interval))) \
    X("rate.mae_at_coverage" suffix, unit, told(v, is_bpm, mae_at_coverage(v))) \
    X("rate.lag_mae" suffix, unit, told(v, is_bpm, lag_mae(v)))

#define METRICS(X) \
    X("rate.pairs", "windows", of_pairs(v, v->count > 0 ? (double)v->count : NAN)) \
    X("rate.availability_pct", "%", \
      vr_measure_share_pct((int64_t)v->count, (int64_t)v->count + v->rate->missing)) \
    UNIT_METRICS(X, "_bpm", "bpm", true) \
    UNIT_METRICS(X, "", "", false) \
    X("rate.lag_s", "s", lag_s(v)) \
    X("rate.mape_pct", "%", mape_pct(v)) \
    X("rate.within_2_pct", "%", within_pct(v, 2)) \
    X("rate.within_5_pct", "%", within_pct(v, 5)) \
    X("rate.within_10_pct", "%", within_pct(v, 10)) \
    X("rate.ec13_within_pct", "%", ec13_pct(v)) \
    X("rate.arms_pct", "%", arms_pct(v)) \
    X("rate.pearson_r", "", of_pairs(v, vr_pearson(v->references, v->tests, v->count))) \
    X("rate.ccc", "", of_pairs(v, vr_concordance(v->references, v->tests, v->count))) \
    X("rate.proportional_bias", "", of_pairs(v, v->line.slope)) \
    X("rate.proportional_bias_p", "", of_pairs(v, v->line.p))

VR_METRIC_LISTS(METRICS)

void vr_rate_measure(void *context, struct vr_measure *ret_measures)
{
    _cleanup_(view_finish) struct view view;
    const struct view *v = &view;
    size_t count = 0;
    view_open(&view, context);
    METRICS(VR_METRIC_PUT)
}

const struct vr_measure_table vr_rate_table = {
    .names = metric_names,
    .units = metric_units,
    .item_size = sizeof(struct vr_rate),
    .add = vr_rate_add,
    .measure = vr_rate_measure,
    .item_finish = vr_rate_finish,
};
