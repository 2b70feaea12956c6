/* What gates of both kinds share: which limit decides, and what an interval is drawn from. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "score/gate_parts.h"

enum rank { PASS, INCONCLUSIVE, FAIL };

static enum rank rank_of(const struct vr_gate_limit *limit, double low, double high)
{
    double best = limit->is_upper ? high : -low, worst = limit->is_upper ? low : -high;
    double bound = limit->is_upper ? limit->bound : -limit->bound;
    if (worst > bound)
        return FAIL;
    return best <= bound ? PASS : INCONCLUSIVE;
}

static double room_of(const struct vr_gate_limit *limit, double value)
{
    return limit->is_upper ? limit->bound - value : value - limit->bound;
}

int vr_gate_rank(const struct vr_gate_row *row)
{
    if (strcmp(row->verdict, "pass") == 0)
        return PASS;
    return strcmp(row->verdict, "fail") == 0 ? FAIL : INCONCLUSIVE;
}

const struct vr_gate_limit *vr_gate_decide(
    const struct vr_gate_limit *limits, size_t count, double value, double low, double high,
    struct vr_gate_row *row)
{
    static const char *const words[] = {"pass", "inconclusive", "fail"};
    const struct vr_gate_limit *decides = &limits[0];
    enum rank rank = rank_of(decides, low, high);
    for (size_t i = 1; i < count; i++) {
        enum rank other = rank_of(&limits[i], low, high);
        bool is_nearer = room_of(&limits[i], value) < room_of(decides, value);
        if (other < rank || (other == rank && !is_nearer))
            continue;
        decides = &limits[i];
        rank = other;
    }
    row->rule = decides->rule;
    row->limit = decides->limit;
    row->verdict = words[rank];
    return decides;
}

bool vr_gate_metric(
    const struct vr_gate_case *gate_case, const char *name, size_t *ret_task, size_t *ret_metric)
{
    const struct vr_scored *run = gate_case->run;
    for (size_t i = 0; i < run->score_count; i++)
        if (vr_change_metric(vr_score_scorer(run->scores[i])->table, name, ret_metric)) {
            *ret_task = i;
            return true;
        }
    return false;
}

bool vr_gate_by_subject(
    const struct vr_scenario_gate *gate, const struct vr_scope *scope, const struct vr_pairs *pairs,
    bool *ret_by_subject, const char **ret_lacking)
{
    bool must = gate->by == VR_GATE_BY_SUBJECT || scope->kind == VR_SCOPE_SUBJECT_AVERAGE;
    *ret_by_subject = gate->by != VR_GATE_BY_RECORD;
    for (size_t i = 0; i < pairs->count; i++) {
        if (pairs->items[i].run->subject[0])
            continue;
        *ret_by_subject = must;
        *ret_lacking = pairs->items[i].run->name;
        return !must;
    }
    return true;
}

bool vr_gate_state_tells(
    const struct vr_change *change, double confidence, const char *clusters,
    struct vr_gate_why *why)
{
    size_t least = vr_change_clusters_min(confidence);
    double percent = 100 * confidence;
    if (change->cluster_count < least || change->state == VR_BOOTSTRAP_FEW)
        vr_gate_why_add(
            why, "%zu %s are too few to say anything with %g %%: at least %zu are needed",
            change->cluster_count, clusters, percent, least);
    else if (change->state == VR_BOOTSTRAP_UNDEFINED)
        vr_gate_why_add(
            why, "the number stands on too few of the %zu %s for an interval",
            change->cluster_count, clusters);
    else
        return true;
    return false;
}

void vr_gate_say_need(
    const struct vr_change *change, double confidence, double bound, const char *clusters,
    struct vr_gate_why *why)
{
    double needed = vr_power_pairs(
        change->standard_error, change->cluster_count, confidence, VR_POWER,
        change->change - bound);
    if (isnan(change->detectable) || isnan(needed))
        return;
    vr_gate_why_add(
        why, "%zu %s show a change of %.3g past the limit 8 times in 10", change->cluster_count,
        clusters, change->detectable);
    double more = needed - (double)change->cluster_count;
    if (more > 0 && more < 1e6)
        vr_gate_why_add(
            why, "to tell the change that was seen from the limit, it takes about %.0f, %.0f more",
            needed, more);
    else if (more > 0)
        vr_gate_why_add(why, "what was seen is at the limit: more %s would not tell", clusters);
}
