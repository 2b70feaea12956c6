/* The scorer "beats": outputs of kind BEAT against the beats of the truth (score/beats.h).
 *
 * Both sides count in samples of the record's first stream, whose rate is the one that is stored. */
#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "score/beats.h"
#include "score/trial_marks.h"

enum output_kind {
#define X(number, name, word, values) OUTPUT_##name = number,
#include "schema/outputs.def"
#undef X
};

struct item {
    int64_t trial_count; /* how many went into the counts */
    struct vr_beats_counts counts;
};

/* --- metrics ---------------------------------------------------------------------------------- */

/* A count of beats.  Where there was no beat to be found, 0 missed says nothing. */
static struct vr_measure beat_count(
    int64_t count, const struct vr_beats_sums *sums, int64_t trial_count)
{
    bool has_beats = sums->qtp + sums->qfn > 0;
    return vr_measure_plain(has_beats ? (double)count : NAN, has_beats ? trial_count : 0);
}

/* X(name, unit, measure), with c = the counts, s = their sums, trials = how many trials they hold. */
#define METRICS(X) \
    X("beats.qrs_sensitivity_pct", "%", vr_measure_found_pct(s.qtp, s.qfn)) \
    X("beats.qrs_ppv_pct", "%", vr_measure_found_pct(s.qtp, s.qfp)) \
    X("beats.veb_sensitivity_pct", "%", vr_measure_found_pct(s.vtp, s.vfn)) \
    X("beats.veb_ppv_pct", "%", vr_measure_found_pct(s.vtp, s.vfp)) \
    X("beats.veb_fpr_pct", "%", vr_measure_found_pct(s.vfp, s.vtn)) \
    X("beats.sveb_sensitivity_pct", "%", vr_measure_found_pct(s.stp, s.sfn)) \
    X("beats.sveb_ppv_pct", "%", vr_measure_found_pct(s.stp, s.sfp)) \
    X("beats.rr_error_ms", "ms", vr_measure_plain(vr_beats_rr_error_ms(c), c->rr_count)) \
    X("beats.position_bias_ms", "ms", \
      vr_measure_plain(vr_beats_position_bias_ms(c), c->position_count)) \
    X("beats.position_sd_ms", "ms", \
      vr_measure_plain(vr_beats_position_sd_ms(c), c->position_count)) \
    X("beats.qrs_tp", "beats", beat_count(s.qtp, &s, trials)) \
    X("beats.qrs_fn", "beats", beat_count(s.qfn, &s, trials)) \
    X("beats.qrs_fp", "beats", beat_count(s.qfp, &s, trials))

VR_METRIC_LISTS(METRICS)

static void measure_item(void *context, struct vr_measure *ret_measures)
{
    const struct item *item = context;
    const struct vr_beats_counts *c = &item->counts;
    struct vr_beats_sums s = vr_beats_sums(c);
    int64_t trials = item->trial_count;
    size_t count = 0;
    METRICS(VR_METRIC_PUT)
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

static int read_outputs(
    const struct vr_score_trial *trial, struct vr_event *events, size_t *ret_count,
    struct vr_err *err)
{
    size_t count = 0;
    for (size_t i = 0; i < trial->output_count; i++) {
        const struct vr_output_row *output = &trial->outputs[i];
        if (output->kind != OUTPUT_BEAT)
            continue;
        int r = vr_score_check_stream(trial, output, err);
        if (r < 0)
            return r;
        events[count++] = (struct vr_event){
            .sample_index = output->sample_index, .code = vr_trial_beat_code(output)};
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
        if (vr_code_is_beat(trial->truth[i].code))
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
    const struct vr_ec57_options options = vr_trial_ec57(config, trial);
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
