/* A change since a baseline against what is allowed. */
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "score/gate_parts.h"

struct vr_change_setup vr_gate_change_setup(
    const struct vr_scenario_gate *gate, const struct vr_scope *scope,
    const struct vr_measure_table *table, size_t metric, bool by_subject, struct vr_pairs *pairs)
{
    return (struct vr_change_setup){
        .table = table,
        .metric = metric,
        .scope = scope,
        .by_subject = by_subject,
        .confidence = gate->confidence,
        .method = gate->method == VR_GATE_PERCENTILE ? VR_BOOTSTRAP_PERCENTILE : VR_BOOTSTRAP_BCA,
        .resamples = (size_t)gate->resamples,
        .pairs = pairs,
    };
}

/* The limits in the metric's unit, or those in percent, of the change. */
static size_t limits_of(
    const struct vr_scenario_gate *gate, bool in_pct, struct vr_gate_limit limits[2])
{
    enum vr_gate_change up = in_pct ? VR_GATE_MAX_INCREASE_PCT : VR_GATE_MAX_INCREASE;
    enum vr_gate_change down = in_pct ? VR_GATE_MAX_DECREASE_PCT : VR_GATE_MAX_DECREASE;
    size_t count = 0;
    if (gate->has_change[down])
        limits[count++] = (struct vr_gate_limit){
            vr_gate_change_word(down), gate->changes[down], -gate->changes[down], false};
    if (gate->has_change[up])
        limits[count++] = (struct vr_gate_limit){
            vr_gate_change_word(up), gate->changes[up], gate->changes[up], true};
    return count;
}

struct changing {
    const struct vr_gate_case *gate_case;
    const struct vr_scenario_gate *gate;
    const struct vr_scope *scope;
    const struct vr_measure_table *table;
    size_t metric;
    bool by_subject;
    struct vr_pairs pairs;
    struct vr_gate_why why;
    struct vr_err *err;
};

static void changing_finish(struct changing *changing)
{
    vr_pairs_finish(&changing->pairs);
}

static const char *clusters_of(const struct changing *changing)
{
    return changing->by_subject ? "subjects" : "records";
}

static void fill_row(
    const struct changing *changing, const struct vr_change *change, struct vr_gate_row *row)
{
    row->value = change->value;
    row->baseline_value = change->baseline_value;
    row->change = change->change;
    row->pair_count = (int64_t)change->cluster_count;
    if (changing->gate->confidence == 0)
        return;
    row->confidence = changing->gate->confidence;
    row->low = change->low;
    row->high = change->high;
    row->p_value = change->p_value;
    row->detectable = change->detectable;
}

/* Why the row is as it is, and not decided where what is not known might change that. */
static void weigh(
    struct changing *changing, const struct vr_change *change, double bound,
    struct vr_gate_row *row)
{
    char lacks[512];
    const char *clusters = clusters_of(changing);
    bool has_interval = changing->gate->confidence > 0 && !isnan(change->low);
    vr_pairs_say(&changing->pairs, lacks, sizeof lacks);
    if (lacks[0])
        vr_gate_why_add(&changing->why, "not compared: %s", lacks);
    if (isnan(change->change))
        vr_gate_why_add(
            &changing->why, change->baseline_value == 0 ? "there is no percentage of 0"
                                                        : "there is no such number in both runs");
    else if (has_interval && change->state == VR_BOOTSTRAP_EQUAL)
        vr_gate_why_add(&changing->why, "all %s change alike", clusters);
    else if (has_interval && strcmp(row->verdict, "inconclusive") == 0)
        vr_gate_say_need(change, changing->gate->confidence, bound, clusters, &changing->why);
    if (lacks[0] && strcmp(row->verdict, "pass") == 0)
        row->verdict = "inconclusive";
}

/* The ends that are held against the limits: without an interval the change itself. */
static void find_ends(struct changing *changing, struct vr_change *change)
{
    double confidence = changing->gate->confidence;
    if (confidence == 0)
        change->low = change->high = change->change;
    else if (
        !isnan(change->change) &&
        !vr_gate_state_tells(change, confidence, clusters_of(changing), &changing->why))
        change->low = change->high = NAN;
}

static int judge_in(struct changing *changing, bool in_pct, struct vr_gate_row *row)
{
    struct vr_gate_limit limits[2];
    struct vr_change change;
    size_t count = limits_of(changing->gate, in_pct, limits);
    if (count == 0)
        return 0;
    struct vr_change_setup setup = vr_gate_change_setup(
        changing->gate, changing->scope, changing->table, changing->metric, changing->by_subject,
        &changing->pairs);
    setup.in_pct = in_pct;
    int r = vr_change_make(&setup, &change, changing->err);
    if (r < 0)
        return r;
    find_ends(changing, &change);
    const struct vr_gate_limit *decides =
        vr_gate_decide(limits, count, change.change, change.low, change.high, row);
    fill_row(changing, &change, row);
    weigh(changing, &change, decides->bound, row);
    return 0;
}

/* Of limits in the unit and limits in percent, the worse verdict stands. */
static int judge_both(struct changing *changing, struct vr_gate_row *row)
{
    struct changing relative = *changing;
    struct vr_gate_row other = *row;
    struct vr_gate_limit limits[2];
    int r = judge_in(changing, false, row);
    if (r < 0 || limits_of(changing->gate, true, limits) == 0)
        return r;
    r = judge_in(&relative, true, &other);
    if (r == 0 && (limits_of(changing->gate, false, limits) == 0 ||
                   vr_gate_rank(&other) > vr_gate_rank(row))) {
        *row = other;
        changing->why = relative.why;
    }
    return r;
}

/* The limits, where there is nothing to hold against them. */
static void put_limits(const struct vr_scenario_gate *gate, struct vr_gate_row *row)
{
    struct vr_gate_limit limits[2];
    if (limits_of(gate, false, limits) == 0)
        limits_of(gate, true, limits);
    row->rule = limits[0].rule;
    row->limit = limits[0].limit;
}

static int compare(
    struct changing *changing, const struct vr_baseline_run *baseline, struct vr_gate_row *row)
{
    const struct vr_gate_case *gate_case = changing->gate_case;
    size_t task;
    const char *lacking;
    if (!vr_gate_metric(gate_case, changing->gate->metric, &task, &changing->metric)) {
        vr_gate_why_add(&changing->why, "no task of the scenario gives such a number");
        return 0;
    }
    changing->table = vr_score_scorer(gate_case->run->scores[task])->table;
    if (baseline->changed[0])
        vr_gate_why_add(&changing->why, "since the baseline: %s", baseline->changed);
    int r = vr_pairs_make(
        gate_case->run, &baseline->scored, task, changing->scope, &changing->pairs, changing->err);
    if (r < 0)
        return r;
    if (!vr_gate_by_subject(
            changing->gate, changing->scope, &changing->pairs, &changing->by_subject, &lacking)) {
        vr_gate_why_add(&changing->why, "record %s has no subject", lacking);
        return 0;
    }
    return judge_both(changing, row);
}

int vr_gate_judge_change(
    const struct vr_gate_case *gate_case, const struct vr_gate_index *index,
    const struct vr_scenario_gate *gate, const struct vr_scope *scope, struct vr_gate_rows *rows,
    struct vr_gate_row *row, struct vr_err *err)
{
    _cleanup_(changing_finish) struct changing changing = {
        .gate_case = gate_case, .gate = gate, .scope = scope, .err = err};
    const struct vr_baseline_run *baseline = NULL;
    int r = gate_case->baselines
                ? vr_baselines_get(gate_case->baselines, gate->against, &baseline, err)
                : 0;
    if (r < 0)
        return r;
    put_limits(gate, row);
    if (baseline && baseline->is_found) {
        row->against = baseline->identity.uid;
        r = compare(&changing, baseline, row);
    } else {
        const struct vr_metric_row *metric = vr_gate_index_find(index, gate->metric, scope->name);
        row->value = metric ? metric->value : NAN;
        vr_gate_why_add(
            &changing.why, "no baseline: %s", baseline ? baseline->why : "none is at hand");
    }
    if (r < 0)
        return r;
    row->why = vr_gate_rows_keep(rows, changing.why.text);
    return row->why ? 0 : vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for gates");
}
