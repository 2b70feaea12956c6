/* The scorer "runs": runs of ectopic beats, of the device's BEAT and LABEL outputs against the truth (score/runs.h). */
#include <math.h>

#include "base/cleanup.h"
#include "score/runs.h"
#include "score/trial_marks.h"

struct item {
    int64_t trial_count;
    struct vr_runs_counts ve, sve;
};

/* The first says that there was something to compare: most records have no run. */
#define CLASS_METRICS(X, kind, sums, class, word) \
    X("runs." kind "_" word "_sensitivity_pct", "%", \
      vr_measure_found_pct(sums.class.tps, sums.class.fn)) \
    X("runs." kind "_" word "_ppv_pct", "%", vr_measure_found_pct(sums.class.tpp, sums.class.fp))

#define METRICS(X) \
    X("runs.compared", "trials", \
      vr_measure_plain( \
          item->trial_count > 0 ? (double)item->trial_count : NAN, item->trial_count)) \
    CLASS_METRICS(X, "ve", ve, couplets, "couplet") \
    CLASS_METRICS(X, "ve", ve, short_runs, "short_run") \
    CLASS_METRICS(X, "ve", ve, long_runs, "long_run") \
    CLASS_METRICS(X, "sve", sve, couplets, "couplet") \
    CLASS_METRICS(X, "sve", sve, short_runs, "short_run") \
    CLASS_METRICS(X, "sve", sve, long_runs, "long_run")

VR_METRIC_LISTS(METRICS)

static void measure_item(void *context, struct vr_measure *ret_measures)
{
    const struct item *item = context;
    struct vr_runs_sums ve = vr_runs_sums(&item->ve), sve = vr_runs_sums(&item->sve);
    size_t count = 0;
    METRICS(VR_METRIC_PUT)
}

static bool item_add(void *context, const void *more_context)
{
    struct item *item = context;
    const struct item *more = more_context;
    item->trial_count += more->trial_count;
    vr_runs_add(&item->ve, &more->ve);
    vr_runs_add(&item->sve, &more->sve);
    return true;
}

static const struct vr_measure_table table = {
    .names = metric_names,
    .units = metric_units,
    .item_size = sizeof(struct item),
    .add = item_add,
    .measure = measure_item,
};

static int runs_trial(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial, void *context,
    struct vr_err *err)
{
    struct item *item = context;
    _cleanup_(vr_trial_marks_finish) struct vr_trial_marks truth = {0}, device = {0};
    int r = vr_trial_marks_truth(trial, &truth, err);
    if (r == 0 && !vr_trial_marks_have_beats(&truth))
        return VR_SCORE_NONE;
    if (r == 0)
        r = vr_trial_marks_outputs(config, trial, &device, err);
    const struct vr_ec57_options options = vr_trial_ec57(config, trial);
    if (r == 0)
        r = vr_runs_compare(
            truth.items, truth.count, device.items, device.count, &options, VR_RUN_VE, &item->ve,
            err);
    if (r == 0)
        r = vr_runs_compare(
            truth.items, truth.count, device.items, device.count, &options, VR_RUN_SVE, &item->sve,
            err);
    item->trial_count = 1;
    return r;
}

const struct vr_scorer vr_scorer_runs = {
    .name = "runs",
    .summary = "runs of ectopic beats, run by run against the truth (ANSI/AAMI EC57)",
    .table = &table,
    .trial = runs_trial,
};
