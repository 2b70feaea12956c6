/* A value against min and max. */
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "score/gate_parts.h"

static size_t limits_of(const struct vr_scenario_gate *gate, struct vr_gate_limit limits[2])
{
    size_t count = 0;
    if (gate->has_min)
        limits[count++] = (struct vr_gate_limit){"min", gate->min, gate->min, false};
    if (gate->has_max)
        limits[count++] = (struct vr_gate_limit){"max", gate->max, gate->max, true};
    return count;
}

/* --- is it whole? ----------------------------------------------------------------------------- */

/* Did the scorer that gives `metric` score the record?  Another metric may rightly have no value of
 * it: there is no VEB to be missed where there is none. */
static bool is_scored(const struct vr_gate_index *index, const char *metric, const char *record)
{
    const struct vr_scorer *scorer = vr_scorer_of(metric);
    const struct vr_metric_row *row =
        scorer ? vr_gate_index_find(index, scorer->table->names[0], record) : NULL;
    return row && !isnan(row->value);
}

/* Was everything scored that a value of this scope stands for? */
static bool is_whole(
    const struct vr_gate_case *gate_case, const struct vr_gate_index *index, const char *metric,
    const struct vr_scope *scope, struct vr_gate_why *why)
{
    size_t lacking = 0, held = 0, strangers = 0;
    const char *first = "", *stranger = "";
    for (size_t i = 0; i < gate_case->run->record_count; i++) {
        const struct vr_replayed *record = gate_case->run->records[i].content;
        if (!vr_scope_holds(scope, record))
            continue;
        held++;
        if (!is_scored(index, metric, record->record) && lacking++ == 0)
            first = record->record;
        if (scope->kind == VR_SCOPE_SUBJECT_AVERAGE && !record->subject[0] && strangers++ == 0)
            stranger = record->record;
    }
    if (held == 0)
        vr_gate_why_add(why, "no record of the run is in this scope");
    if (lacking > 0)
        vr_gate_why_add(why, "%zu of %zu records not scored (the first: %s)", lacking, held, first);
    if (strangers > 0)
        vr_gate_why_add(why, "%zu records have no subject (the first: %s)", strangers, stranger);
    return held > 0 && lacking == 0 && strangers == 0;
}

/* --- its interval ----------------------------------------------------------------------------- */

struct interval {
    struct vr_pairs pairs;
    struct vr_change change;
};

static void interval_finish(struct interval *interval)
{
    vr_pairs_finish(&interval->pairs);
}

static int find_interval(
    const struct vr_gate_case *gate_case, const struct vr_scenario_gate *gate,
    const struct vr_scope *scope, struct vr_gate_row *row, struct vr_gate_why *why,
    struct vr_err *err)
{
    _cleanup_(interval_finish) struct interval interval = {0};
    struct vr_change *change = &interval.change;
    size_t task, metric;
    bool by_subject;
    const char *lacking;
    if (!vr_gate_metric(gate_case, gate->metric, &task, &metric))
        return 0;
    int r = vr_pairs_make(gate_case->run, NULL, task, scope, &interval.pairs, err);
    if (r < 0)
        return r;
    if (!vr_gate_by_subject(gate, scope, &interval.pairs, &by_subject, &lacking)) {
        vr_gate_why_add(why, "record %s has no subject", lacking);
        return 0;
    }
    const struct vr_change_setup setup = vr_gate_change_setup(
        gate, scope, vr_score_scorer(gate_case->run->scores[task])->table, metric, by_subject,
        &interval.pairs);
    r = vr_change_make(&setup, change, err);
    if (r < 0)
        return r;
    row->confidence = gate->confidence;
    row->pair_count = (int64_t)change->cluster_count;
    if (!vr_gate_state_tells(change, gate->confidence, by_subject ? "subjects" : "records", why))
        return 0;
    row->low = change->low;
    row->high = change->high;
    row->detectable = change->detectable;
    return 0;
}

int vr_gate_judge_value(
    const struct vr_gate_case *gate_case, const struct vr_gate_index *index,
    const struct vr_scenario_gate *gate, const struct vr_scope *scope, struct vr_gate_rows *rows,
    struct vr_gate_row *row, struct vr_err *err)
{
    struct vr_gate_limit limits[2];
    struct vr_gate_why why = {""};
    const struct vr_metric_row *metric = vr_gate_index_find(index, gate->metric, scope->name);
    double value = metric ? metric->value : NAN;
    bool is_complete = is_whole(gate_case, index, gate->metric, scope, &why);
    int r = gate->confidence > 0 ? find_interval(gate_case, gate, scope, row, &why, err) : 0;
    if (r < 0)
        return r;
    row->value = value;
    vr_gate_decide(
        limits, limits_of(gate, limits), value, gate->confidence > 0 ? row->low : value,
        gate->confidence > 0 ? row->high : value, row);
    if (!is_complete && strcmp(row->verdict, "pass") == 0)
        row->verdict = "inconclusive";
    if (isnan(value) && is_complete)
        vr_gate_why_add(&why, "there is no such number here");
    row->why = vr_gate_rows_keep(rows, why.text);
    return row->why ? 0 : vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for gates");
}
