/* From pairs to a change. */
#include "score/change.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "score/clusters.h"
#include "stats/permutation.h"
#include "stats/power.h"

size_t vr_change_clusters_min(double confidence)
{
    return (size_t)ceil(-log2(1 - confidence) - 1e-9);
}

bool vr_change_metric(const struct vr_measure_table *table, const char *name, size_t *ret_metric)
{
    for (size_t i = 0; table->names[i]; i++)
        if (strcmp(table->names[i], name) == 0) {
            *ret_metric = i;
            return true;
        }
    return false;
}

/* --- the statistic ---------------------------------------------------------------------------- */

struct comparing {
    struct vr_clusters clusters;
    uint32_t *weights; /* of both sides */
    bool is_paired, in_pct;
};

static void comparing_finish(struct comparing *comparing)
{
    vr_clusters_finish(&comparing->clusters);
    free(comparing->weights);
}

/* The metric of one side, whose clusters are taken so often; NULL = each once. */
static double value_of(
    struct comparing *comparing, enum vr_cluster_side side, const uint32_t *counts)
{
    size_t count = comparing->clusters.count;
    uint32_t *weights = comparing->weights;
    memset(weights, 0, VR_CLUSTER_SIDES * count * sizeof *weights);
    for (size_t i = 0; i < count; i++)
        weights[side * count + i] = counts ? counts[i] : 1;
    return vr_clusters_value(&comparing->clusters, weights);
}

static double change_of(double value, double baseline_value, bool in_pct)
{
    double change = value - baseline_value;
    if (!in_pct)
        return change;
    return baseline_value == 0 ? NAN : 100 * change / fabs(baseline_value);
}

static double resampled(void *context, const uint32_t *counts)
{
    struct comparing *comparing = context;
    double value = value_of(comparing, VR_CLUSTER_RUN, counts);
    if (!comparing->is_paired)
        return value;
    return change_of(value, value_of(comparing, VR_CLUSTER_BASELINE, counts), comparing->in_pct);
}

static double swapped(void *context, const bool *is_swapped)
{
    struct comparing *comparing = context;
    size_t count = comparing->clusters.count;
    uint32_t *weights = comparing->weights;
    double values[VR_CLUSTER_SIDES];
    for (size_t side = 0; side < VR_CLUSTER_SIDES; side++) {
        for (size_t i = 0; i < count; i++) {
            bool is_run = is_swapped[i] == (side == VR_CLUSTER_BASELINE);
            weights[i] = is_run;
            weights[count + i] = !is_run;
        }
        values[side] = vr_clusters_value(&comparing->clusters, weights);
    }
    return values[VR_CLUSTER_RUN] - values[VR_CLUSTER_BASELINE];
}

/* --- the numbers ------------------------------------------------------------------------------ */

/* A mean in which every cluster counts alike is the mean of differences: their signs are flipped, which costs nothing. */
static bool differences_list(const struct vr_clusters *clusters, double *differences)
{
    for (size_t i = 0; i < clusters->count; i++) {
        if (clusters->sum == VR_CLUSTER_POOLED || clusters->numbers[i] != 1)
            return false;
        differences[i] = clusters->values[i] - clusters->values[clusters->count + i];
    }
    return true;
}

static int find_p(struct comparing *comparing, double *ret_p, struct vr_err *err)
{
    size_t count = comparing->clusters.count;
    _cleanup_free_ double *differences = calloc(count + 1, sizeof *differences);
    if (!differences)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu pairs", count);
    if (!differences_list(&comparing->clusters, differences))
        return vr_swap_p(
            swapped, comparing, count, VR_PERMUTATION_DRAWS, VR_BOOTSTRAP_SEED, ret_p, err);
    *ret_p = vr_sign_flip_p(differences, count, VR_PERMUTATION_DRAWS, VR_BOOTSTRAP_SEED);
    return 0;
}

static int find_interval(
    const struct vr_change_setup *setup, struct comparing *comparing, struct vr_change *change,
    struct vr_err *err)
{
    struct vr_bootstrap bootstrap;
    const struct vr_bootstrap_setup drawing = {
        .cluster_count = change->cluster_count,
        .statistic = resampled,
        .context = comparing,
        .resamples = setup->resamples,
        .seed = VR_BOOTSTRAP_SEED,
    };
    int r = vr_bootstrap_make(&drawing, &bootstrap, err);
    if (r < 0)
        return r;
    change->state = bootstrap.state;
    change->low = vr_bootstrap_bound(&bootstrap, setup->method, 1 - setup->confidence);
    change->high = vr_bootstrap_bound(&bootstrap, setup->method, setup->confidence);
    change->standard_error = bootstrap.standard_error;
    change->detectable = vr_power_detectable(
        bootstrap.standard_error, change->cluster_count, setup->confidence, VR_POWER);
    vr_bootstrap_finish(&bootstrap);
    return 0;
}

static enum vr_cluster_sum sum_of(const struct vr_scope *scope)
{
    if (scope->kind == VR_SCOPE_AVERAGE)
        return VR_CLUSTER_MEAN_OF_RECORDS;
    return scope->kind == VR_SCOPE_SUBJECT_AVERAGE ? VR_CLUSTER_MEAN_OF_CLUSTERS
                                                   : VR_CLUSTER_POOLED;
}

static int make_clusters(
    const struct vr_change_setup *setup, struct comparing *comparing, struct vr_err *err)
{
    const struct vr_clusters_setup clusters = {
        .table = setup->table,
        .metric = setup->metric,
        .sum = sum_of(setup->scope),
        .by_subject = setup->by_subject,
        .pairs = setup->pairs,
    };
    int r = vr_clusters_make(&clusters, &comparing->clusters, err);
    if (r < 0)
        return r;
    comparing->weights =
        calloc(VR_CLUSTER_SIDES * comparing->clusters.count + 1, sizeof *comparing->weights);
    return comparing->weights ? 0
                              : vr_err_set(
                                    err, VR_ERR_NO_MEMORY, "no memory for %zu clusters",
                                    comparing->clusters.count);
}

static int make(
    const struct vr_change_setup *setup, struct comparing *comparing, struct vr_change *change,
    struct vr_err *err)
{
    change->cluster_count = comparing->clusters.count;
    change->value = value_of(comparing, VR_CLUSTER_RUN, NULL);
    change->change = change->value;
    int r = 0;
    if (comparing->is_paired) {
        change->baseline_value = value_of(comparing, VR_CLUSTER_BASELINE, NULL);
        change->change = change_of(change->value, change->baseline_value, comparing->in_pct);
    }
    if (setup->confidence > 0)
        r = find_interval(setup, comparing, change, err);
    if (r == 0 && setup->confidence > 0 && comparing->is_paired)
        r = find_p(comparing, &change->p_value, err);
    if (r == 0 && comparing->clusters.is_out_of_memory)
        r = vr_err_set(
            err, VR_ERR_NO_MEMORY, "no memory for sums over %zu clusters", change->cluster_count);
    return r;
}

int vr_change_make(
    const struct vr_change_setup *setup, struct vr_change *ret_change, struct vr_err *err)
{
    _cleanup_(comparing_finish) struct comparing comparing = {
        .is_paired = setup->pairs->count > 0 && setup->pairs->items[0].baseline,
        .in_pct = setup->in_pct,
    };
    *ret_change = (struct vr_change){
        .value = NAN,
        .baseline_value = NAN,
        .change = NAN,
        .low = NAN,
        .high = NAN,
        .p_value = NAN,
        .standard_error = NAN,
        .detectable = NAN,
        .state = VR_BOOTSTRAP_FEW,
    };
    int r = make_clusters(setup, &comparing, err);
    return r < 0 ? r : make(setup, &comparing, ret_change, err);
}
