/* The scorer "episodes": atrial fibrillation, and ventricular flutter or fibrillation, of the device's LABEL outputs against the rhythms
 * of the truth (score/episodes.h). */
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "score/episodes.h"
#include "score/trial_marks.h"

struct item {
    int64_t trial_count;
    struct vr_episodes_counts af, vf;
};

/* A day of signal, so that few false episodes in a short record can be told beside many in a long one. */
#define DAY_S 86400.0

#define KIND_METRICS(X, kind, c) \
    X("episodes." kind "_sensitivity_pct", "%", vr_measure_found_pct(c->tps, c->fn)) \
    X("episodes." kind "_ppv_pct", "%", vr_measure_found_pct(c->tpp, c->fp)) \
    X("episodes." kind "_duration_sensitivity_pct", "%", \
      time_share(c->reference_overlap_s, c->reference_s, c->tps + c->fn)) \
    X("episodes." kind "_duration_ppv_pct", "%", \
      time_share(c->test_overlap_s, c->test_s, c->tpp + c->fp)) \
    X("episodes." kind "_false_per_day", "episodes/d", per_day(c, item->trial_count))

/* The first says that there was something to compare: most records have no episode. */
#define METRICS(X) \
    X("episodes.compared_s", "s", \
      vr_measure_plain(item->trial_count > 0 ? item->af.compared_s : NAN, item->trial_count)) \
    KIND_METRICS(X, "af", af) \
    KIND_METRICS(X, "vf", vf)

VR_METRIC_LISTS(METRICS)

/* Of time, which is no number of independent cases: without an interval. */
static struct vr_measure time_share(double part_s, double whole_s, int64_t episodes)
{
    if (whole_s <= 0)
        return vr_measure_plain(NAN, 0);
    return vr_measure_plain(100 * part_s / whole_s, episodes);
}

static struct vr_measure per_day(const struct vr_episodes_counts *counts, int64_t trials)
{
    if (counts->compared_s <= 0)
        return vr_measure_plain(NAN, 0);
    return vr_measure_plain((double)counts->fp * DAY_S / counts->compared_s, trials);
}

static void measure_item(void *context, struct vr_measure *ret_measures)
{
    const struct item *item = context;
    const struct vr_episodes_counts *af = &item->af, *vf = &item->vf;
    size_t count = 0;
    METRICS(VR_METRIC_PUT)
}

static bool item_add(void *context, const void *more_context)
{
    struct item *item = context;
    const struct item *more = more_context;
    item->trial_count += more->trial_count;
    vr_episodes_add(&item->af, &more->af);
    vr_episodes_add(&item->vf, &more->vf);
    return true;
}

static const struct vr_measure_table table = {
    .names = metric_names,
    .units = metric_units,
    .item_size = sizeof(struct item),
    .add = item_add,
    .measure = measure_item,
};

static int episodes_check(const struct vr_scenario_score *config, struct vr_err *err)
{
    for (size_t i = 0; i < config->class_count; i++)
        if (strncmp(config->classes[i].name, "AFIB", 4) == 0 ||
            strncmp(config->classes[i].name, "VF", 2) == 0)
            return 0;
    return vr_err_set(
        err, VR_ERR_INPUT,
        "the task \"episodes\" needs \"classes\", what the device's labels mean, and one of them "
        "whose name begins with AFIB or VF");
}

static int episodes_trial(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial, void *context,
    struct vr_err *err)
{
    struct item *item = context;
    _cleanup_(vr_trial_marks_finish) struct vr_trial_marks truth = {0}, device = {0};
    int r = vr_trial_marks_truth(trial, &truth, err);
    if (r == 0 && !vr_trial_marks_have_rhythms(&truth))
        return VR_SCORE_NONE;
    if (r == 0)
        r = vr_trial_marks_outputs(config, trial, &device, err);
    struct vr_episodes_options options = {
        .ec57 = vr_trial_ec57(config, trial),
        .kind = VR_EPISODE_AF,
        .is_flutter_excluded = config->is_flutter_excluded,
        .min_length_s = config->min_length_s,
    };
    if (r == 0)
        r = vr_episodes_compare(
            truth.items, truth.count, device.items, device.count, &options, &item->af, err);
    options.kind = VR_EPISODE_VF;
    if (r == 0)
        r = vr_episodes_compare(
            truth.items, truth.count, device.items, device.count, &options, &item->vf, err);
    item->trial_count = 1;
    return r;
}

const struct vr_scorer vr_scorer_episodes = {
    .name = "episodes",
    .summary = "fibrillation, episode by episode against the truth (ANSI/AAMI EC57)",
    .table = &table,
    .check = episodes_check,
    .trial = episodes_trial,
};
