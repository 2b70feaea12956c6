/* The scorer "beats": outputs of kind BEAT against the beats of the truth (score/beats.h).
 *
 * Both sides count in samples of the record's first stream, whose rate is the one that is stored. */
#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "score/beats.h"
#include "score/score.h"
#include "stats/interval.h"

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

struct item {
    int64_t trial_count; /* how many went into the counts */
    struct vr_beats_counts counts;
};

/* --- metrics ---------------------------------------------------------------------------------- */

static struct vr_measure proportion_pct(int64_t hits, int64_t misses)
{
    int64_t n = hits + misses;
    if (n == 0)
        return vr_measure_plain(NAN, 0);
    struct vr_interval interval = vr_interval_wilson(hits, n);
    /* One division of whole numbers: the nearest double, so that 199 of 200 passes a gate of 99.5. */
    double value = 100.0 * (double)hits / (double)n;
    return (struct vr_measure){value, 100 * interval.low, 100 * interval.high, n};
}

/* A count of beats.  Where there was no beat to be found, 0 missed says nothing. */
static struct vr_measure beat_count(
    int64_t count, const struct vr_beats_sums *sums, int64_t trial_count)
{
    bool has_beats = sums->qtp + sums->qfn > 0;
    return vr_measure_plain(has_beats ? (double)count : NAN, has_beats ? trial_count : 0);
}

/* X(name, unit, measure), with c = the counts, s = their sums, trials = how many trials they hold. */
#define METRICS(X) \
    X("beats.qrs_sensitivity_pct", "%", proportion_pct(s.qtp, s.qfn)) \
    X("beats.qrs_ppv_pct", "%", proportion_pct(s.qtp, s.qfp)) \
    X("beats.veb_sensitivity_pct", "%", proportion_pct(s.vtp, s.vfn)) \
    X("beats.veb_ppv_pct", "%", proportion_pct(s.vtp, s.vfp)) \
    X("beats.veb_fpr_pct", "%", proportion_pct(s.vfp, s.vtn)) \
    X("beats.sveb_sensitivity_pct", "%", proportion_pct(s.stp, s.sfn)) \
    X("beats.sveb_ppv_pct", "%", proportion_pct(s.stp, s.sfp)) \
    X("beats.rr_error_ms", "ms", vr_measure_plain(vr_beats_rr_error_ms(c), c->rr_count)) \
    X("beats.position_bias_ms", "ms", \
      vr_measure_plain(vr_beats_position_bias_ms(c), c->position_count)) \
    X("beats.position_sd_ms", "ms", \
      vr_measure_plain(vr_beats_position_sd_ms(c), c->position_count)) \
    X("beats.qrs_tp", "beats", beat_count(s.qtp, &s, trials)) \
    X("beats.qrs_fn", "beats", beat_count(s.qfn, &s, trials)) \
    X("beats.qrs_fp", "beats", beat_count(s.qfp, &s, trials))

static const char *const metric_names[] = {
#define X(name, unit, measure) name,
    METRICS(X)
#undef X
        NULL};

static const char *const metric_units[] = {
#define X(name, unit, measure) unit,
    METRICS(X)
#undef X
};

static void measure_item(void *context, struct vr_measure *ret_measures)
{
    const struct item *item = context;
    const struct vr_beats_counts *c = &item->counts;
    struct vr_beats_sums s = vr_beats_sums(c);
    int64_t trials = item->trial_count;
    size_t count = 0;
#define X(name, unit, measure) ret_measures[count++] = measure;
    METRICS(X)
#undef X
}

static bool item_add(void *context, const void *more_context)
{
    struct item *item = context;
    const struct item *more = more_context;
    vr_beats_add(&item->counts, &more->counts);
    item->trial_count += more->trial_count;
    return true;
}

static const struct vr_measure_table table = {
    .names = metric_names,
    .units = metric_units,
    .item_size = sizeof(struct item),
    .add = item_add,
    .measure = measure_item,
};

/* --- the scorer ------------------------------------------------------------------------------- */

static bool is_beat(uint8_t code)
{
    enum vr_beat_class class;
    return vr_beat_class_of(code, &class) && class != VR_BEAT_O;
}

/* The code of a BEAT; one that is of no class (no code at all, a rhythm) is a beat nevertheless. */
static uint8_t beat_code(const struct vr_output_row *output)
{
    int32_t code = output->value_count > 0 ? output->values[0] : 0;
    return code >= 0 && code <= UINT8_MAX && is_beat((uint8_t)code) ? (uint8_t)code : CODE_UNKNOWN;
}

static int read_outputs(
    const struct vr_score_trial *trial, struct vr_event *events, size_t *ret_count,
    struct vr_err *err)
{
    size_t count = 0;
    for (size_t i = 0; i < trial->output_count; i++) {
        const struct vr_output_row *output = &trial->outputs[i];
        if (output->kind != OUTPUT_BEAT)
            continue;
        if (output->stream != 0)
            return vr_err_set(
                err, VR_ERR_INPUT,
                "record %s has a beat on stream %u, and its truth counts in samples of stream 0: "
                "put the ECG first in \"channels\"",
                trial->record->name, output->stream);
        events[count++] =
            (struct vr_event){.sample_index = output->sample_index, .code = beat_code(output)};
    }
    *ret_count = count;
    return 0;
}

static void read_truth(const struct vr_score_trial *trial, struct vr_event *events)
{
    for (size_t i = 0; i < trial->truth_count; i++)
        events[i] = (struct vr_event){
            trial->truth[i].sample_index, trial->truth[i].code, trial->truth[i].subtype};
}

/* Rhythm marks alone do not tell where beats are, nor that there is none. */
static bool truth_has_beats(const struct vr_score_trial *trial)
{
    for (size_t i = 0; i < trial->truth_count; i++)
        if (is_beat(trial->truth[i].code))
            return true;
    return false;
}

static int compare(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial,
    struct vr_beats_counts *ret_counts, struct vr_err *err)
{
    _cleanup_free_ struct vr_event *truth = calloc(trial->truth_count, sizeof *truth);
    _cleanup_free_ struct vr_event *outputs = calloc(trial->output_count + 1, sizeof *outputs);
    if (!truth || !outputs)
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "no memory for the beats of %s", trial->record->name);

    size_t output_count = 0;
    int r = read_outputs(trial, outputs, &output_count, err);
    if (r < 0)
        return r;
    read_truth(trial, truth);
    const struct vr_ec57_options options = {
        .rate_num = trial->record->rate_num,
        .rate_den = trial->record->rate_den,
        .sample_count = trial->record->sample_count,
        .from_s = vr_score_from_s(config, trial),
        .window_ms = config->window_ms,
    };
    return vr_beats_compare(
        truth, trial->truth_count, outputs, output_count, &options, ret_counts, err);
}

static int beats_trial(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial, void *context,
    struct vr_err *err)
{
    struct item *item = context;
    if (!truth_has_beats(trial))
        return VR_SCORE_NONE;
    item->trial_count = 1;
    return compare(config, trial, &item->counts, err);
}

const struct vr_scorer vr_scorer_beats = {
    .name = "beats",
    .summary = "beats found, beat by beat against the truth (ANSI/AAMI EC57)",
    .table = &table,
    .trial = beats_trial,
};
