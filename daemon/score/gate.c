/* Gates against metrics, and the order of what decides. */
#include "score/gate.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* --- gates ------------------------------------------------------------------------------------ */

/* A run of 2000 records has 50,000 metrics, and a gate on each asks for 2000 of them. */
struct index {
    const struct vr_metric_row **items; /* by name and scope */
    size_t count;
};

static int metric_compare(const struct vr_metric_row *a, const struct vr_metric_row *b)
{
    int order = strcmp(a->name, b->name);
    return order ? order : strcmp(a->scope, b->scope);
}

static int item_compare(const void *a, const void *b)
{
    return metric_compare(
        *(const struct vr_metric_row *const *)a, *(const struct vr_metric_row *const *)b);
}

static int index_make(struct index *index, const struct vr_metrics *metrics, struct vr_err *err)
{
    index->items = calloc(metrics->count + 1, sizeof *index->items);
    if (!index->items)
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "no memory to look up %zu metrics", metrics->count);
    for (size_t i = 0; i < metrics->count; i++)
        index->items[index->count++] = &metrics->items[i];
    qsort(index->items, index->count, sizeof *index->items, item_compare);
    return 0;
}

static void index_finish(struct index *index)
{
    free(index->items);
}

static const struct vr_metric_row *index_find(
    const struct index *index, const char *name, const char *scope)
{
    const struct vr_metric_row key = {.name = name, .scope = scope}, *key_pointer = &key;
    const struct vr_metric_row **found =
        bsearch(&key_pointer, index->items, index->count, sizeof *index->items, item_compare);
    return found ? *found : NULL;
}

static bool is_pooled(const char *scope)
{
    return strcmp(scope, "gross") == 0 || strcmp(scope, "average") == 0;
}

/* Did the scorer that gives `metric` score the record?  Another metric may rightly have no value of
 * it: there is no VEB to be missed where there is none. */
static bool is_scored(const struct index *index, const char *metric, const char *record)
{
    const struct vr_scorer *scorer = vr_scorer_of(metric);
    const struct vr_metric_row *row =
        scorer ? index_find(index, scorer->table->names[0], record) : NULL;
    return row && !isnan(row->value);
}

/* Was everything scored that a value of this scope stands for? */
static bool is_scope_scored(
    const struct index *index, const char *metric, const char *scope, const char *const *records,
    size_t count)
{
    if (!is_pooled(scope))
        return is_scored(index, metric, scope);
    for (size_t i = 0; i < count; i++)
        if (!is_scored(index, metric, records[i]))
            return false;
    return true;
}

/* The limit that decides about a value, and the verdict; what is missing is said by the caller. */
static struct vr_gate_row judge_value(const struct vr_scenario_gate *gate, double value)
{
    struct vr_gate_row row = {
        .rule = "min",
        .limit = gate->min,
        .value = value,
        .verdict = "pass",
        .baseline_value = NAN,
        .change = NAN,
        .low = NAN,
        .high = NAN,
        .confidence = NAN,
        .p_value = NAN,
        .detectable = NAN,
    };
    bool below = gate->has_min && value < gate->min, above = gate->has_max && value > gate->max;
    bool max_nearer = gate->has_min && gate->has_max && gate->max - value < value - gate->min;
    if (above || !gate->has_min || (!below && max_nearer)) {
        row.rule = "max";
        row.limit = gate->max;
    }
    if (below || above)
        row.verdict = "fail";
    else if (isnan(value))
        row.verdict = "inconclusive";
    return row;
}

static struct vr_gate_row judge(
    const struct vr_scenario *scenario, size_t place, const char *scope, const struct index *index,
    const char *const *records, size_t record_count)
{
    const struct vr_scenario_gate *gate = &scenario->gates[place];
    const struct vr_metric_row *metric = index_find(index, gate->metric, scope);
    struct vr_gate_row row = judge_value(gate, metric ? metric->value : NAN);
    if (strcmp(row.verdict, "pass") == 0 &&
        !is_scope_scored(index, gate->metric, scope, records, record_count))
        row.verdict = "inconclusive";
    row.gate = (int)place;
    row.metric = gate->metric;
    row.scope = scope;
    row.line = gate->place.line;
    row.column = gate->place.column;
    return row;
}

static size_t rows_needed(const struct vr_scenario *scenario, size_t record_count)
{
    size_t count = 1;
    for (size_t i = 0; i < scenario->gate_count; i++)
        count += strcmp(scenario->gates[i].scope, "each") == 0 ? record_count + 1 : 1;
    return count;
}

int vr_gates_judge(
    const struct vr_scenario *scenario, const char *const *records, size_t record_count,
    const struct vr_metrics *metrics, struct vr_gate_row **ret_rows, size_t *ret_count,
    struct vr_err *err)
{
    _cleanup_(index_finish) struct index index = {0};
    int r = index_make(&index, metrics, err);
    if (r < 0)
        return r;
    struct vr_gate_row *rows = calloc(rows_needed(scenario, record_count), sizeof *rows);
    if (!rows)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu gates", scenario->gate_count);

    size_t count = 0;
    for (size_t i = 0; i < scenario->gate_count; i++) {
        const struct vr_scenario_gate *gate = &scenario->gates[i];
        if (strcmp(gate->scope, "each") == 0 && record_count > 0) {
            for (size_t k = 0; k < record_count; k++)
                rows[count++] = judge(scenario, i, records[k], &index, records, record_count);
            continue;
        }
        rows[count++] = judge(scenario, i, gate->scope, &index, records, record_count);
    }
    *ret_rows = rows;
    *ret_count = count;
    return 0;
}

/* --- verdict ---------------------------------------------------------------------------------- */

/* A sentence is put together from clauses; one that does not fit is left out. */
static void add_clause(struct vr_verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_clause(struct vr_verdict *verdict, const char *format, ...)
{
    size_t used = strlen(verdict->why);
    size_t room = sizeof verdict->why - used;
    char clause[sizeof verdict->why];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(clause, sizeof clause, format, arguments);
    va_end(arguments);
    if (size > 0 && (size_t)size + 3 <= room)
        snprintf(verdict->why + used, room, "%s%s", used > 0 ? ", " : "", clause);
}

static size_t gates_with(const struct vr_gate_row *rows, size_t count, const char *verdict)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += strcmp(rows[i].verdict, verdict) == 0;
    return found;
}

/* Where the first difference is matters more than what comes behind it, so it comes early; a place
 * that does not fit leaves its count. */
static void say_unequal(const struct vr_agreement *agreement, struct vr_verdict *verdict)
{
    size_t trials = agreement->equal + agreement->different + agreement->inconclusive;
    if (agreement->different == 0)
        return;
    add_clause(
        verdict, "%zu of %zu trials differ from the golden run", agreement->different, trials);
    add_clause(verdict, "the first: %s", agreement->first);
}

static void say_compared(const struct vr_agreement *agreement, struct vr_verdict *verdict)
{
    size_t trials = agreement->equal + agreement->different + agreement->inconclusive;
    if (agreement->inconclusive > 0)
        add_clause(
            verdict, "%zu of %zu trials not compared with the golden run", agreement->inconclusive,
            trials);
    if (agreement->inconclusive > 0 && agreement->different == 0)
        add_clause(verdict, "the first: %s", agreement->first);
    if (agreement->equal == trials && trials > 0)
        add_clause(verdict, "%zu of %zu trials equal to the golden run", trials, trials);
}

/* What went wrong first, the worst before the rest; then what there is to stand on. */
static void say_why(
    const struct vr_gate_row *rows, size_t count, const struct vr_outcome_counts *outcomes,
    struct vr_verdict *verdict)
{
    size_t failed = gates_with(rows, count, "fail");
    size_t unsure = gates_with(rows, count, "inconclusive");
    size_t trials = outcomes->complete + outcomes->firmware_failed + outcomes->rig_trouble +
                    outcomes->unfinished + outcomes->stopped;
    verdict->why[0] = '\0';
    if (failed > 0)
        add_clause(verdict, "%zu of %zu gates failed", failed, count);
    say_unequal(&outcomes->agreement, verdict);
    if (outcomes->firmware_failed > 0)
        add_clause(
            verdict, "the firmware failed in %zu of %zu trials", outcomes->firmware_failed, trials);
    if (outcomes->rig_trouble > 0)
        add_clause(verdict, "rig trouble in %zu of %zu trials", outcomes->rig_trouble, trials);
    if (outcomes->unfinished > 0)
        add_clause(verdict, "%zu of %zu trials without an end", outcomes->unfinished, trials);
    if (outcomes->stopped > 0)
        add_clause(
            verdict, "the user stopped %zu of %zu trials that began", outcomes->stopped, trials);
    if (outcomes->interrupted)
        add_clause(verdict, "the run was interrupted");
    if (trials == 0)
        add_clause(verdict, "no trials");
    if (unsure > 0)
        add_clause(verdict, "%zu of %zu gates inconclusive", unsure, count);
    say_compared(&outcomes->agreement, verdict);
    if (failed + unsure == 0 && count > 0)
        add_clause(verdict, "%zu of %zu gates passed", count, count);
    if (count == 0)
        add_clause(verdict, "no gates");
    if (outcomes->records > 0)
        add_clause(
            verdict, "%zu of %zu records scored", outcomes->records_scored, outcomes->records);
    if (outcomes->unscored)
        add_clause(verdict, "the first that is not: %s", outcomes->unscored);
    if (outcomes->refusal)
        add_clause(verdict, "%s", outcomes->refusal);
}

void vr_verdict_reach(
    const struct vr_gate_row *rows, size_t count, const struct vr_outcome_counts *outcomes,
    struct vr_verdict *ret_verdict)
{
    say_why(rows, count, outcomes, ret_verdict);
    if (gates_with(rows, count, "fail") > 0 || outcomes->firmware_failed > 0 ||
        outcomes->agreement.different > 0) {
        ret_verdict->word = "fail";
        ret_verdict->exit_code = 1;
    } else if (
        outcomes->rig_trouble > 0 || outcomes->unfinished > 0 || outcomes->stopped > 0 ||
        outcomes->interrupted) {
        ret_verdict->word = "rig";
        ret_verdict->exit_code = 3;
    } else if (
        gates_with(rows, count, "inconclusive") > 0 || outcomes->complete == 0 ||
        outcomes->records_scored < outcomes->records || outcomes->agreement.inconclusive > 0) {
        ret_verdict->word = "inconclusive";
        ret_verdict->exit_code = 5;
    } else {
        ret_verdict->word = "pass";
        ret_verdict->exit_code = 0;
    }
}
