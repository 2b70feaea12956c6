/* The scorer "rate": outputs of kind MEASURE against the numbers of the truth, by window (score/rate.h).
 *
 * Truth: MEASURE annotations of the task's measurement, each at the end of its window.  Where there are none, and the heart rate is
 * asked for, beats:
 *
 *     windows    k step_s .. k step_s + window_s, as many as fit: floor((N - window) / step) + 1
 *     value      the mean of 60 / RR over the intervals that lie in the window with both beats
 *
 * A window without a whole interval has no truth.  Which intervals are valid is for score/annotator.h. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "score/annotator.h"
#include "score/rate.h"
#include "score/score.h"

enum output_kind {
#define X(number, name, word, values) OUTPUT_##name = number,
#include "schema/outputs.def"
#undef X
};

enum code {
#define X(number, name, mnemonic, class, text) CODE_##name = number,
#include "schema/annotations.def"
#undef X
};

#define LAGS_MAX 10000

struct values {
    struct vr_rate_value *items;
    size_t count;
};

static void values_finish(struct values *values)
{
    free(values->items);
}

static int values_alloc(
    struct values *values, size_t capacity, const struct vr_score_trial *trial, struct vr_err *err)
{
    values->items = calloc(capacity + 1, sizeof *values->items);
    if (!values->items)
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "no memory for the measurements of %s", trial->record->name);
    return 0;
}

/* --- truth ------------------------------------------------------------------------------------ */

static double rate_hz(const struct vr_score_trial *trial)
{
    return (double)trial->record->rate_num / trial->record->rate_den;
}

/* A window counts when it begins at or after what from_s and the warm-up leave out, and when it was all replayed.  Where everything is
 * replayed, a value that comes before the first whole window has no shorter one to be of. */
static bool counts(const struct vr_score_trial *trial, double begin, double from_index)
{
    bool is_from_start = from_index <= 0 && trial->record->window_start == 0;
    return is_from_start || begin >= from_index;
}

static int parse_value(
    const struct vr_score_trial *trial, const struct vr_truth_row *row, double *ret_value,
    struct vr_err *err)
{
    const char *text = row->text ? row->text : "";
    char *end;
    *ret_value = strtod(text, &end);
    while (*end == ' ')
        end++;
    if (end == text || *end || !isfinite(*ret_value))
        return vr_err_set(
            err, VR_ERR_INPUT,
            "record %s: the measurement of its truth at sample %lld has the text \"%s\", which is "
            "no number",
            trial->record->name, (long long)row->sample_index, text);
    return 0;
}

static bool is_measure(const struct vr_scenario_score *config, const struct vr_truth_row *row)
{
    return row->code == CODE_MEASURE && row->subtype == config->measurement;
}

/* Whether there are any is told by *ret_any. */
static int read_measures(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial,
    struct values *truth, bool *ret_any, struct vr_err *err)
{
    double window = config->window_s * rate_hz(trial);
    double from_index = vr_score_from_index(config, trial);
    *ret_any = false;
    for (size_t i = 0; i < trial->truth_count; i++) {
        const struct vr_truth_row *row = &trial->truth[i];
        double value;
        if (!is_measure(config, row))
            continue;
        *ret_any = true;
        int r = parse_value(trial, row, &value, err);
        if (r < 0)
            return r;
        if (counts(trial, (double)row->sample_index - window, from_index))
            truth->items[truth->count++] = (struct vr_rate_value){row->sample_index, value, NAN, i};
    }
    return 0;
}

/* Mean of 60 / RR over the intervals in begin..end; *first moves up to the first beat at or after begin. */
static double heart_rate(
    const struct vr_annotator *annotator, double begin, double end, double hz, size_t *first)
{
    double sum = 0, count = 0;
    while (*first < annotator->beat_count && (double)annotator->beats[*first].sample_index < begin)
        ++*first;
    for (size_t i = *first; i < annotator->beat_count; i++) {
        const struct vr_beat *beat = &annotator->beats[i];
        if ((double)beat->sample_index >= end)
            break;
        if (beat->rr <= 0 || (double)(beat->sample_index - beat->rr) < begin)
            continue;
        sum += 60 * hz / (double)beat->rr;
        count++;
    }
    return count > 0 ? sum / count : NAN;
}

static int read_annotator(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial,
    struct vr_annotator *ret_annotator, struct vr_err *err)
{
    _cleanup_free_ struct vr_event *events = calloc(trial->truth_count + 1, sizeof *events);
    if (!events)
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "no memory for the beats of %s", trial->record->name);
    for (size_t i = 0; i < trial->truth_count; i++)
        events[i] = (struct vr_event){
            trial->truth[i].sample_index, trial->truth[i].code, trial->truth[i].subtype};
    int r = vr_events_sort(events, trial->truth_count, err);
    if (r < 0)
        return r;
    int64_t window = llround(config->window_ms / 1000 * rate_hz(trial));
    return vr_annotator_read(events, trial->truth_count, window, ret_annotator, err);
}

static int read_beats(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial,
    struct values *truth, struct vr_err *err)
{
    _cleanup_(vr_annotator_finish) struct vr_annotator annotator = {0};
    double hz = rate_hz(trial), from_index = vr_score_from_index(config, trial);
    double window = config->window_s * hz, step = config->step_s * hz;
    double length = (double)trial->record->sample_count;
    int r = read_annotator(config, trial, &annotator, err);
    if (r < 0 || annotator.beat_count < 2)
        return r;
    if (length <= 0)
        length = (double)annotator.beats[annotator.beat_count - 1].sample_index;
    if (step < 1)
        return vr_err_set(
            err, VR_ERR_INPUT, "record %s: a step of %g s is shorter than a sample",
            trial->record->name, config->step_s);
    int64_t count = vr_rate_window_count(length, window, step);
    values_finish(truth);
    r = values_alloc(truth, (size_t)count, trial, err);
    size_t first = 0;
    for (int64_t k = 0; r == 0 && k < count; k++) {
        double begin = (double)k * step, end = begin + window;
        double value = heart_rate(&annotator, begin, end, hz, &first);
        if (!isnan(value) && counts(trial, begin, from_index))
            truth->items[truth->count++] =
                (struct vr_rate_value){llround(end), value, NAN, (size_t)k};
    }
    return r;
}

static int read_truth(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial,
    struct values *truth, struct vr_err *err)
{
    bool has_measures;
    int r = values_alloc(truth, trial->truth_count, trial, err);
    if (r == 0)
        r = read_measures(config, trial, truth, &has_measures, err);
    if (r == 0 && !has_measures && config->measurement == VR_HEART_RATE)
        r = read_beats(config, trial, truth, err);
    if (r < 0)
        return r;
    return truth->count > 0 ? 0 : VR_SCORE_NONE;
}

/* --- device ----------------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
    const struct vr_rate_value *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static int read_outputs(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial,
    struct values *values, struct vr_err *err)
{
    int r = values_alloc(values, trial->output_count, trial, err);
    for (size_t i = 0; r == 0 && i < trial->output_count; i++) {
        const struct vr_output_row *output = &trial->outputs[i];
        if (output->kind != OUTPUT_MEASURE || output->value_count < 2 ||
            output->values[0] != config->measurement)
            continue;
        bool is_confident = output->value_count > 2 && output->values[2] >= 0;
        values->items[values->count++] = (struct vr_rate_value){
            .at = output->sample_index,
            .value = output->values[1] / 1000.0,
            .confidence = is_confident ? output->values[2] / 1e6 : NAN,
            .order = i,
        };
        r = vr_score_check_stream(trial, output, err);
    }
    if (r == 0)
        qsort(values->items, values->count, sizeof *values->items, by_time);
    return r;
}

/* --- the scorer ------------------------------------------------------------------------------- */

static int rate_check(const struct vr_scenario_score *config, struct vr_err *err)
{
    if (config->max_lag_s / config->step_s > LAGS_MAX)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "\"max_lag_s\" of %g s in steps of %g s is more than %d lags: take a longer \"step_s\"",
            config->max_lag_s, config->step_s, LAGS_MAX);
    return 0;
}

static int rate_trial(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial, void *item,
    struct vr_err *err)
{
    struct vr_rate *rate = item;
    _cleanup_(values_finish) struct values truth = {0}, values = {0};
    int r = read_truth(config, trial, &truth, err);
    if (r == 0)
        r = read_outputs(config, trial, &values, err);
    if (r != 0)
        return r;
    double hz = rate_hz(trial), lag_step = config->step_s * hz;
    const char *subject = trial->trial->subject;
    const struct vr_rate_windows windows = {
        .truth = truth.items,
        .truth_count = truth.count,
        .values = values.items,
        .value_count = values.count,
        .max_age = config->max_age_s * hz,
        .lag_step = lag_step,
        .lag_count =
            config->max_lag_s > 0 ? (int)(config->max_lag_s / config->step_s + 1e-9) + 1 : 0,
        .end = trial->record->sample_count > 0 ? (double)trial->record->sample_count
                                               : (double)truth.items[truth.count - 1].at,
        .samples_per_s = hz,
    };
    rate->measurement = config->measurement;
    rate->coverage_pct = config->coverage_pct;
    if (!vr_rate_compare(rate, subject && subject[0] ? subject : trial->record->name, &windows))
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "no memory for the windows of %s", trial->record->name);
    return 0;
}

const struct vr_scorer vr_scorer_rate = {
    .name = "rate",
    .summary = "heart rate, breathing rate, any number, by window",
    .table = &vr_rate_table,
    .check = rate_check,
    .trial = rate_trial,
};
