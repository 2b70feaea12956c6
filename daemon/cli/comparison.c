/* Making a comparison. */
#include "cli/comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

void vr_comparison_finish(struct vr_comparison *comparison)
{
    vr_identity_finish(&comparison->a);
    vr_identity_finish(&comparison->b);
    vr_scored_finish(&comparison->scored_a);
    vr_scored_finish(&comparison->scored_b);
    free(comparison->metrics);
    *comparison = (struct vr_comparison){0};
}

/* --- a metric --------------------------------------------------------------------------------- */

static bool is_by_subject(const struct vr_pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (!pairs->items[i].run->subject[0])
            return false;
    return pairs->count > 0;
}

static struct vr_compared_metric *find(
    const struct vr_comparison *comparison, const char *name, const char *scope)
{
    for (size_t i = 0; i < comparison->metric_count; i++)
        if (strcmp(comparison->metrics[i].name, name) == 0 &&
            strcmp(comparison->metrics[i].scope, scope) == 0)
            return &comparison->metrics[i];
    return NULL;
}

static int compare(
    const struct vr_comparison *comparison, size_t task, size_t metric,
    struct vr_compared_metric *compared, struct vr_err *err)
{
    _cleanup_(vr_pairs_finish) struct vr_pairs pairs = {0};
    const struct vr_scope scope = vr_scope_of(compared->scope);
    int r = vr_pairs_make(&comparison->scored_b, &comparison->scored_a, task, &scope, &pairs, err);
    if (r < 0)
        return r;
    compared->by_subject = is_by_subject(&pairs);
    const double either_end = (1 + VR_COMPARISON_CONFIDENCE) / 2;
    const struct vr_change_setup setup = {
        .table = vr_score_scorer(comparison->scored_b.scores[task])->table,
        .metric = metric,
        .scope = &scope,
        .by_subject = compared->by_subject,
        .confidence = vr_scope_is_of_one(&scope) ? 0 : either_end,
        .method = VR_BOOTSTRAP_BCA,
        .resamples = VR_BOOTSTRAP_RESAMPLES,
        .pairs = &pairs,
    };
    r = vr_change_make(&setup, &compared->change, err);
    compared->is_thin = compared->change.cluster_count < vr_change_clusters_min(either_end);
    if (compared->is_thin)
        compared->change.low = compared->change.high = compared->change.detectable = NAN;
    vr_pairs_say(&pairs, compared->lacks, sizeof compared->lacks);
    return r;
}

static int add(
    struct vr_comparison *comparison, size_t task, size_t metric, const char *scope,
    struct vr_err *err)
{
    const struct vr_measure_table *table =
        vr_score_scorer(comparison->scored_b.scores[task])->table;
    if (find(comparison, table->names[metric], scope))
        return 0;
    void *metrics = reallocarray(
        comparison->metrics, comparison->metric_count + 1, sizeof *comparison->metrics);
    if (!metrics)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the metrics of two runs");
    comparison->metrics = metrics;
    struct vr_compared_metric *compared = &comparison->metrics[comparison->metric_count++];
    *compared =
        (struct vr_compared_metric){.name = table->names[metric], .unit = table->units[metric]};
    snprintf(compared->scope, sizeof compared->scope, "%s", scope);
    return compare(comparison, task, metric, compared, err);
}

/* --- which metrics ---------------------------------------------------------------------------- */

static bool has_subjects(const struct vr_scored *scored)
{
    for (size_t i = 0; i < scored->record_count; i++)
        if (scored->records[i].content->subject[0])
            return true;
    return false;
}

static int add_all(struct vr_comparison *comparison, struct vr_err *err)
{
    static const char *const scopes[] = {"gross", "average", "subject_average"};
    size_t scope_count = has_subjects(&comparison->scored_b) ? 3 : 2;
    int r = 0;
    for (size_t task = 0; task < comparison->scored_b.score_count; task++) {
        const char *const *names = vr_score_scorer(comparison->scored_b.scores[task])->table->names;
        for (size_t i = 0; r == 0 && names[i]; i++)
            for (size_t k = 0; r == 0 && k < scope_count; k++)
                r = add(comparison, task, i, scopes[k], err);
    }
    return r;
}

static int add_gated(
    struct vr_comparison *comparison, const struct vr_scenario_gate *gate, struct vr_err *err)
{
    bool is_each = strncmp(gate->scope, "each", strlen("each")) == 0;
    size_t metric;
    for (size_t task = 0; task < comparison->scored_b.score_count; task++)
        if (vr_change_metric(
                vr_score_scorer(comparison->scored_b.scores[task])->table, gate->metric, &metric))
            return add(comparison, task, metric, is_each ? "gross" : gate->scope, err);
    return 0;
}

static int add_chosen(struct vr_comparison *comparison, struct vr_err *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < comparison->scenario->gate_count; i++)
        r = add_gated(comparison, &comparison->scenario->gates[i], err);
    for (size_t task = 0; r == 0 && task < comparison->scored_b.score_count; task++)
        r = add(comparison, task, 0, "gross", err);
    return r;
}

/* --- records ---------------------------------------------------------------------------------- */

/* Into the list, the largest change first. */
static void note_record(struct vr_comparison *comparison, const char *name, double a, double b)
{
    double change = fabs(b - a);
    if (!(change > 0))
        return;
    size_t place = comparison->record_count;
    while (place > 0 &&
           fabs(comparison->records[place - 1].b - comparison->records[place - 1].a) < change)
        place--;
    if (place == VR_COMPARISON_WORST)
        return;
    if (comparison->record_count < VR_COMPARISON_WORST)
        comparison->record_count++;
    memmove(
        &comparison->records[place + 1], &comparison->records[place],
        (comparison->record_count - place - 1) * sizeof comparison->records[0]);
    comparison->records[place] = (struct vr_compared_record){name, a, b};
}

static double measure(const struct vr_measure_table *table, size_t metric, void *item)
{
    struct vr_measure measures[VR_MEASURES_MAX];
    table->measure(item, measures);
    return measures[metric].value;
}

/* By the first metric that is told. */
static int find_worst(struct vr_comparison *comparison, struct vr_err *err)
{
    const struct vr_scope scope = vr_scope_of("gross");
    _cleanup_(vr_pairs_finish) struct vr_pairs pairs = {0};
    size_t metric = 0, task = 0;
    if (comparison->metric_count == 0)
        return 0;
    comparison->record_metric = comparison->metrics[0].name;
    while (!vr_change_metric(
        vr_score_scorer(comparison->scored_b.scores[task])->table, comparison->record_metric,
        &metric))
        task++;
    int r = vr_pairs_make(&comparison->scored_b, &comparison->scored_a, task, &scope, &pairs, err);
    const struct vr_measure_table *table =
        vr_score_scorer(comparison->scored_b.scores[task])->table;
    for (size_t i = 0; r == 0 && i < pairs.count; i++)
        note_record(
            comparison, pairs.items[i].run->name,
            measure(table, metric, pairs.items[i].baseline->item),
            measure(table, metric, pairs.items[i].run->item));
    return r;
}

int vr_comparison_make(
    struct vr_store *store_a, int64_t run_a, struct vr_store *store_b, int64_t run_b,
    const struct vr_scenario *scenario, bool with_all, struct vr_comparison *ret_comparison,
    struct vr_err *err)
{
    *ret_comparison = (struct vr_comparison){.scenario = scenario};
    int r = vr_identity_load(store_a, run_a, &ret_comparison->a, err);
    if (r == 0)
        r = vr_identity_load(store_b, run_b, &ret_comparison->b, err);
    if (r == 0)
        r = vr_scored_load(store_a, run_a, scenario, &ret_comparison->scored_a, err);
    if (r == 0)
        r = vr_scored_load(store_b, run_b, scenario, &ret_comparison->scored_b, err);
    if (r == 0)
        r = with_all ? add_all(ret_comparison, err) : add_chosen(ret_comparison, err);
    return r < 0 ? r : find_worst(ret_comparison, err);
}
