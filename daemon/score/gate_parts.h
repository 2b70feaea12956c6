/* What the files of gates share.  Only daemon/score/gate*.c include this. */
#ifndef VR_SCORE_GATE_PARTS_H
#define VR_SCORE_GATE_PARTS_H

#include "score/change.h"
#include "score/gate.h"
#include "stats/power.h"

/* A row without a verdict, of the gate at this place; `scope` is kept by the rows.  NULL = no memory. */
struct vr_gate_row *vr_gate_rows_add(
    struct vr_gate_rows *rows, const struct vr_scenario *scenario, size_t place, const char *scope);
/* A copy that lives as long as the rows; NULL = no memory. */
const char *vr_gate_rows_keep(struct vr_gate_rows *rows, const char *text);

/* The metrics of a run by name and scope: of 2000 records there are 50,000, and a gate on each asks for 2000 of them. */
struct vr_gate_index {
    const struct vr_metric_row **items;
    size_t count;
};
int vr_gate_index_make(
    struct vr_gate_index *index, const struct vr_metrics *metrics, struct vr_err *err);
void vr_gate_index_finish(struct vr_gate_index *index);
const struct vr_metric_row *vr_gate_index_find(
    const struct vr_gate_index *index, const char *name, const char *scope);

/* One gate in one scope: fill the row.  `verdict` is pass, fail or inconclusive. */
int vr_gate_judge_value(
    const struct vr_gate_case *gate_case, const struct vr_gate_index *index,
    const struct vr_scenario_gate *gate, const struct vr_scope *scope, struct vr_gate_rows *rows,
    struct vr_gate_row *row, struct vr_err *err);
int vr_gate_judge_change(
    const struct vr_gate_case *gate_case, const struct vr_gate_index *index,
    const struct vr_scenario_gate *gate, const struct vr_scope *scope, struct vr_gate_rows *rows,
    struct vr_gate_row *row, struct vr_err *err);

/* Which task of the scenario gives the metric, and where it is in that task's table; false = none does. */
bool vr_gate_metric(
    const struct vr_gate_case *gate_case, const char *name, size_t *ret_task, size_t *ret_metric);

/* What intervals of this gate are drawn from.  False: records without a subject are among the pairs, and it asks for subjects; *ret_lacking
 * is the first. */
bool vr_gate_by_subject(
    const struct vr_scenario_gate *gate, const struct vr_scope *scope, const struct vr_pairs *pairs,
    bool *ret_by_subject, const char **ret_lacking);

/* A sentence that grows by clauses with "; " between them; one that does not fit is cut. */
struct vr_gate_why {
    char text[1024];
};
void vr_gate_why_add(struct vr_gate_why *why, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One limit of a gate: of the value, or of the change. */
struct vr_gate_limit {
    const char *rule;
    double limit; /* as in the scenario */
    double bound; /* what is held against it must not be above (is_upper), or below */
    bool is_upper;
};

/* Fill rule, limit and verdict of the row: fail when everything from low to high is beyond a limit, pass when nothing is, of any.  NaN is
 * inconclusive.  Returns the one that decides; `count` is 1 or 2. */
const struct vr_gate_limit *vr_gate_decide(
    const struct vr_gate_limit *limits, size_t count, double value, double low, double high,
    struct vr_gate_row *row);
/* Higher = worse: pass, inconclusive, fail. */
int vr_gate_rank(const struct vr_gate_row *row);

struct vr_change_setup vr_gate_change_setup(
    const struct vr_scenario_gate *gate, const struct vr_scope *scope,
    const struct vr_measure_table *table, size_t metric, bool by_subject, struct vr_pairs *pairs);

/* Can such an interval tell anything?  If not, it says why. */
bool vr_gate_state_tells(
    const struct vr_change *change, double confidence, const char *clusters,
    struct vr_gate_why *why);
/* What so many could have shown, and how many it takes to tell the change from the bound. */
void vr_gate_say_need(
    const struct vr_change *change, double confidence, double bound, const char *clusters,
    struct vr_gate_why *why);

#endif
