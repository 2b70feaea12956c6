/* The scorer "measures": numbers that the device tells (outputs of kind MEASURE) against those of the truth (score/measures.h), and heart
 * rate variability from its beats against that from the beats of the truth (score/hrv.h).
 *
 * Where the truth has no MEASURE of a heart rate, but beats, what the device tells at a sample is held against the mean of 60 / RR of the
 * reference over the intervals that lie, with both beats, in the window_s before. */
#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "score/annotator.h"
#include "score/hrv.h"
#include "score/measures.h"
#include "score/trial_marks.h"

#define HEART_RATE 1

enum output_kind {
#define X(number, name, word, values) OUTPUT_##name = number,
#include "schema/outputs.def"
#undef X
};

struct item {
    int64_t trial_count;
    struct vr_measures_counts numbers;
    int64_t window_count,
        found_count; /* windows in which the reference has HRV, and the device too */
    int64_t error_counts[VR_HRV_COUNT];
    double error_squares[VR_HRV_COUNT];
};

/* --- metrics ---------------------------------------------------------------------------------- */

/* The first says that there was something to compare. */
#define METRICS(X) \
    X("measures.compared", "trials", \
      vr_measure_plain( \
          item->trial_count > 0 ? (double)item->trial_count : NAN, item->trial_count)) \
    X("measures.rms_error_pct", "%", number(vr_measures_rms_error_pct(c), c)) \
    X("measures.rms_error", "", number(vr_measures_rms_error(c), c)) \
    X("measures.bias", "", number(c->error_sum / (double)c->count, c)) \
    X("measures.reference_mean", "", number(vr_measures_reference_mean(c), c)) \
    X("measures.hrv_availability_pct", "%", \
      vr_measure_share_pct(item->found_count, item->window_count)) \
    X("measures.mean_nn_error_ms", "ms", hrv_error(item, VR_HRV_MEAN_NN)) \
    X("measures.sdnn_error_ms", "ms", hrv_error(item, VR_HRV_SDNN)) \
    X("measures.rmssd_error_ms", "ms", hrv_error(item, VR_HRV_RMSSD)) \
    X("measures.pnn50_error_pct", "%", hrv_error(item, VR_HRV_PNN50)) \
    X("measures.ln_rmssd_error", "", hrv_error(item, VR_HRV_LN_RMSSD))

VR_METRIC_LISTS(METRICS)

static struct vr_measure number(double value, const struct vr_measures_counts *counts)
{
    return vr_measure_plain(counts->count > 0 ? value : NAN, counts->count);
}

static struct vr_measure hrv_error(const struct item *item, enum vr_hrv_measure place)
{
    int64_t n = item->error_counts[place];
    return vr_measure_plain(n > 0 ? sqrt(item->error_squares[place] / (double)n) : NAN, n);
}

static void measure_item(void *context, struct vr_measure *ret_measures)
{
    const struct item *item = context;
    const struct vr_measures_counts *c = &item->numbers;
    size_t count = 0;
    METRICS(VR_METRIC_PUT)
}

static bool item_add(void *context, const void *more_context)
{
    struct item *item = context;
    const struct item *more = more_context;
    item->trial_count += more->trial_count;
    vr_measures_add(&item->numbers, &more->numbers);
    item->window_count += more->window_count;
    item->found_count += more->found_count;
    for (size_t i = 0; i < VR_HRV_COUNT; i++) {
        item->error_counts[i] += more->error_counts[i];
        item->error_squares[i] += more->error_squares[i];
    }
    return true;
}

static const struct vr_measure_table table = {
    .names = metric_names,
    .units = metric_units,
    .item_size = sizeof(struct item),
    .add = item_add,
    .measure = measure_item,
};

/* --- numbers ---------------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
    const struct vr_measurement *x = a, *y = b;
    return x->sample_index < y->sample_index ? -1 : x->sample_index > y->sample_index;
}

/* The caller frees *ret_items. */
static int read_outputs(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial,
    struct vr_measurement **ret_items, size_t *ret_count, struct vr_err *err)
{
    struct vr_measurement *items = calloc(trial->output_count + 1, sizeof *items);
    if (!items)
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "no memory for the measurements of %s", trial->record->name);
    *ret_items = items;
    for (size_t i = 0; i < trial->output_count; i++) {
        const struct vr_output_row *output = &trial->outputs[i];
        if (output->kind != OUTPUT_MEASURE || output->value_count < 2 ||
            output->values[0] != config->measurement)
            continue;
        int r = vr_score_check_stream(trial, output, err);
        if (r < 0)
            return r;
        items[(*ret_count)++] =
            (struct vr_measurement){output->sample_index, output->values[1] / 1000.0};
    }
    qsort(items, *ret_count, sizeof *items, by_time);
    return 0;
}

/* Mean of 60 / RR over what lies in `window` before `at`; NaN = no interval does.  Moves `first` on to the first beat in it. */
static double heart_rate(
    const struct vr_annotator *annotator, size_t *first, int64_t at, double window, double hz)
{
    double sum = 0;
    size_t count = 0;
    while (*first < annotator->beat_count &&
           (double)(at - annotator->beats[*first].sample_index) > window)
        (*first)++;
    for (size_t i = *first; i < annotator->beat_count; i++) {
        const struct vr_beat *beat = &annotator->beats[i];
        if (beat->sample_index > at)
            break;
        if (beat->rr > 0 && (double)(at - beat->sample_index + beat->rr) <= window) {
            sum += 60 * hz / (double)beat->rr;
            count++;
        }
    }
    return count > 0 ? sum / (double)count : NAN;
}

/* Where the truth is beats: the true rate at each time at which the device tells one. */
static int pair_with_beats(
    const struct vr_scenario_score *config, const struct vr_trial_marks *truth,
    const struct vr_measurement *test, size_t test_count, const struct vr_ec57_options *options,
    const struct vr_ec57_span *span, struct vr_measures_counts *counts, struct vr_err *err)
{
    _cleanup_(vr_annotator_finish) struct vr_annotator annotator = {0};
    _cleanup_free_ struct vr_event *events = calloc(truth->count + 1, sizeof *events);
    if (!events)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu beats", truth->count);
    for (size_t i = 0; i < truth->count; i++)
        events[i] = (struct vr_event){
            truth->items[i].sample_index, truth->items[i].code, truth->items[i].subtype};
    int r = vr_annotator_read(events, truth->count, span->window, &annotator, err);
    double hz = (double)options->rate_num / options->rate_den;
    size_t first = 0;
    for (size_t i = 0; r == 0 && i < test_count; i++) {
        struct vr_measurement reference = test[i];
        reference.value =
            heart_rate(&annotator, &first, test[i].sample_index, config->window_s * hz, hz);
        if (!isnan(reference.value))
            vr_measures_pair(&reference, 1, &test[i], 1, span, counts);
    }
    return r;
}

static bool has_measurement(const struct vr_trial_marks *truth, int measurement)
{
    for (size_t i = 0; i < truth->count; i++)
        if (vr_mark_is_measurement(&truth->items[i], measurement))
            return true;
    return false;
}

/* --- the scorer ------------------------------------------------------------------------------- */

static int compare_hrv(
    const struct vr_scenario_score *config, struct vr_trial_marks *truth,
    struct vr_trial_marks *device, const struct vr_ec57_options *options,
    const struct vr_ec57_span *span, struct item *item, struct vr_err *err)
{
    _cleanup_(vr_hrv_windows_finish) struct vr_hrv_windows reference = {0}, test = {0};
    double coverage = config->coverage_pct / 100;
    int r = vr_hrv_windows(truth->items, truth->count, options, span, coverage, &reference, err);
    if (r == 0)
        r = vr_hrv_windows(device->items, device->count, options, span, coverage, &test, err);
    for (size_t w = 0; r == 0 && w < reference.count; w++) {
        if (isnan(reference.items[w].values[VR_HRV_MEAN_NN]))
            continue;
        item->window_count++;
        item->found_count += isnan(test.items[w].values[VR_HRV_MEAN_NN]) ? 0 : 1;
        for (size_t i = 0; i < VR_HRV_COUNT; i++) {
            double error = test.items[w].values[i] - reference.items[w].values[i];
            if (isnan(error))
                continue;
            item->error_counts[i]++;
            item->error_squares[i] += error * error;
        }
    }
    return r;
}

static int measures_trial(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial, void *context,
    struct vr_err *err)
{
    struct item *item = context;
    _cleanup_(vr_trial_marks_finish) struct vr_trial_marks truth = {0}, device = {0};
    _cleanup_free_ struct vr_measurement *numbers = NULL;
    size_t number_count = 0;
    int r = vr_trial_marks_truth(trial, &truth, err);
    if (r == 0)
        r = vr_marks_sort(truth.items, truth.count, err);
    if (r < 0)
        return r;
    bool has_numbers = has_measurement(&truth, config->measurement);
    bool has_beats = vr_trial_marks_have_beats(&truth);
    if (!has_numbers && !(has_beats && config->measurement == HEART_RATE))
        return VR_SCORE_NONE;

    const struct vr_ec57_options options = vr_trial_ec57(config, trial);
    struct vr_ec57_span span = vr_ec57_span(&options, vr_marks_last(truth.items, truth.count));
    r = vr_trial_marks_outputs(config, trial, &device, err);
    if (r == 0)
        r = read_outputs(config, trial, &numbers, &number_count, err);
    if (r == 0 && has_numbers)
        r = vr_measures_of_marks(
            truth.items, truth.count, config->measurement, numbers, number_count, &span,
            &item->numbers, err);
    else if (r == 0)
        r = pair_with_beats(
            config, &truth, numbers, number_count, &options, &span, &item->numbers, err);
    if (r == 0 && has_beats)
        r = compare_hrv(config, &truth, &device, &options, &span, item, err);
    item->trial_count = 1;
    return r;
}

const struct vr_scorer vr_scorer_measures = {
    .name = "measures",
    .summary = "numbers against those of the truth (ANSI/AAMI EC57), and heart rate variability",
    .table = &table,
    .trial = measures_trial,
};
