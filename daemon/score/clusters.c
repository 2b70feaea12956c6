/* Clusters of records, and the metric of any number of each. */
#include "score/clusters.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "stats/quantile.h"

struct vr_ranked {
    double value;
    uint32_t place; /* of the cluster, by side */
};

void vr_clusters_finish(struct vr_clusters *clusters)
{
    for (size_t i = 0; clusters->items && i < VR_CLUSTER_SIDES * clusters->count; i++)
        vr_item_free(clusters->table, clusters->items[i]);
    free(clusters->items);
    free(clusters->keys);
    free(clusters->values);
    free(clusters->numbers);
    free(clusters->ranked);
    vr_item_free(clusters->table, clusters->scratch);
    *clusters = (struct vr_clusters){0};
}

static double measure(const struct vr_clusters *clusters, void *item)
{
    struct vr_measure measures[VR_MEASURES_MAX];
    clusters->table->measure(item, measures);
    return measures[clusters->metric].value;
}

/* --- making them ------------------------------------------------------------------------------ */

/* A pair and the cluster that it is in. */
struct member {
    const struct vr_pair *pair;
    const char *key;
};

static int member_compare(const void *a, const void *b)
{
    return strcmp(((const struct member *)a)->key, ((const struct member *)b)->key);
}

/* Without a number in either run a record has no part in a mean; with one in one run only it is no pair. */
static bool has_part(
    const struct vr_clusters *clusters, struct vr_pairs *pairs, const struct vr_pair *pair)
{
    if (clusters->sum != VR_CLUSTER_MEAN_OF_RECORDS)
        return true;
    bool has_run = !isnan(measure(clusters, pair->run->item));
    bool has_baseline = pair->baseline ? !isnan(measure(clusters, pair->baseline->item)) : has_run;
    if (has_run != has_baseline)
        vr_pairs_lack(pairs, VR_PAIR_LACK_UNMEASURED, pair->run->name);
    return has_run && has_baseline;
}

static size_t members_list(
    const struct vr_clusters *clusters, const struct vr_clusters_setup *setup,
    struct member *members)
{
    size_t count = 0;
    for (size_t i = 0; i < setup->pairs->count; i++) {
        const struct vr_pair *pair = &setup->pairs->items[i];
        bool by_subject = setup->by_subject && pair->run->subject[0];
        if (has_part(clusters, setup->pairs, pair))
            members[count++] =
                (struct member){pair, by_subject ? pair->run->subject : pair->run->name};
    }
    qsort(members, count, sizeof *members, member_compare);
    return count;
}

static bool add_item(struct vr_clusters *clusters, size_t place, void *item)
{
    if (clusters->sum == VR_CLUSTER_MEAN_OF_RECORDS) {
        clusters->values[place] += measure(clusters, item);
        clusters->numbers[place]++;
        return true;
    }
    return clusters->table->add(clusters->items[place], item);
}

static bool fill(struct vr_clusters *clusters, const struct member *members, size_t count)
{
    bool is_done = true;
    size_t cluster = 0;
    for (size_t i = 0; is_done && i < count; i++) {
        cluster += i > 0 && strcmp(members[i].key, members[i - 1].key) != 0;
        clusters->keys[cluster] = members[i].key;
        is_done = add_item(clusters, cluster, members[i].pair->run->item);
        if (is_done && members[i].pair->baseline)
            is_done =
                add_item(clusters, clusters->count + cluster, members[i].pair->baseline->item);
    }
    return is_done;
}

static bool allocate(struct vr_clusters *clusters)
{
    size_t places = VR_CLUSTER_SIDES * clusters->count + 1;
    clusters->items = calloc(places, sizeof(void *));
    clusters->keys = calloc(places, sizeof *clusters->keys);
    clusters->values = calloc(places, sizeof *clusters->values);
    clusters->numbers = calloc(places, sizeof *clusters->numbers);
    clusters->scratch = calloc(1, clusters->table->item_size);
    bool is_done = clusters->items && clusters->keys && clusters->values && clusters->numbers &&
                   clusters->scratch;
    for (size_t i = 0; is_done && i + 1 < places; i++) {
        clusters->items[i] = calloc(1, clusters->table->item_size);
        is_done = clusters->items[i] != NULL;
    }
    return is_done;
}

/* A subject with a number in one run only has no part in the mean, as a record. */
static void measure_clusters(struct vr_clusters *clusters, const struct vr_clusters_setup *setup)
{
    bool is_paired = setup->pairs->count > 0 && setup->pairs->items[0].baseline;
    for (size_t i = 0; i < clusters->count; i++) {
        double run = measure(clusters, clusters->items[i]);
        double baseline = is_paired ? measure(clusters, clusters->items[clusters->count + i]) : run;
        bool has_both = !isnan(run) && !isnan(baseline);
        if (isnan(run) != isnan(baseline))
            vr_pairs_lack(setup->pairs, VR_PAIR_LACK_UNMEASURED, clusters->keys[i]);
        clusters->numbers[i] = clusters->numbers[clusters->count + i] = has_both;
        clusters->values[i] = has_both ? run : 0;
        clusters->values[clusters->count + i] = has_both ? baseline : 0;
    }
}

/* --- quantiles -------------------------------------------------------------------------------- */

static const struct vr_numbers *list_of(const struct vr_clusters *clusters, size_t place, double *p)
{
    return clusters->table->list
               ? clusters->table->list(clusters->items[place], clusters->metric, p)
               : NULL;
}

static int ranked_compare(const void *a, const void *b)
{
    const struct vr_ranked *x = a, *y = b;
    return x->value != y->value ? (x->value > y->value) - (x->value < y->value)
                                : (x->place > y->place) - (x->place < y->place);
}

/* Measuring puts the insides of an item in order; sums of such are put in order by merging (stats/numbers.h). */
static void put_in_order(struct vr_clusters *clusters)
{
    for (size_t i = 0; clusters->sum == VR_CLUSTER_POOLED && i < VR_CLUSTER_SIDES * clusters->count;
         i++)
        measure(clusters, clusters->items[i]);
}

static bool rank(struct vr_clusters *clusters)
{
    size_t places = VR_CLUSTER_SIDES * clusters->count, total = 0;
    double p = 0;
    if (clusters->sum != VR_CLUSTER_POOLED || places == 0 || !list_of(clusters, 0, &p))
        return true;
    for (size_t i = 0; i < places; i++)
        total += list_of(clusters, i, &p)->count;
    clusters->ranked = calloc(total + 1, sizeof *clusters->ranked);
    if (!clusters->ranked)
        return false;
    clusters->quantile = p;
    for (size_t i = 0; i < places; i++) {
        const struct vr_numbers *list = list_of(clusters, i, &p);
        for (size_t k = 0; k < list->count; k++)
            clusters->ranked[clusters->ranked_count++] =
                (struct vr_ranked){list->values[k], (uint32_t)i};
    }
    qsort(clusters->ranked, total, sizeof *clusters->ranked, ranked_compare);
    return true;
}

/* The quantile as vr_quantile has it, from above: the high ones are those that are asked for. */
static double quantile(const struct vr_clusters *clusters, const uint32_t *weights)
{
    const struct vr_ranked *ranked = clusters->ranked;
    double total = 0, p;
    for (size_t i = 0; i < VR_CLUSTER_SIDES * clusters->count; i++)
        total += (double)weights[i] * (double)list_of(clusters, i, &p)->count;
    if (total == 0)
        return NAN;
    double rank = (total - 1) * clusters->quantile, below = floor(rank); /* from 0 */
    double left = total, upper = NAN;
    for (size_t i = clusters->ranked_count; i-- > 0;) {
        if (weights[ranked[i].place] == 0)
            continue;
        left -= weights[ranked[i].place]; /* rank of the first of these */
        if (isnan(upper) && left <= below + 1)
            upper = ranked[i].value;
        if (left <= below)
            return ranked[i].value + (rank - below) * (upper - ranked[i].value);
    }
    return NAN;
}

int vr_clusters_make(
    const struct vr_clusters_setup *setup, struct vr_clusters *ret_clusters, struct vr_err *err)
{
    *ret_clusters =
        (struct vr_clusters){.table = setup->table, .metric = setup->metric, .sum = setup->sum};
    _cleanup_free_ struct member *members = calloc(setup->pairs->count + 1, sizeof *members);
    if (!members)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu clusters", setup->pairs->count);
    size_t count = members_list(ret_clusters, setup, members);
    for (size_t i = 0; i < count; i++)
        ret_clusters->count += i == 0 || strcmp(members[i].key, members[i - 1].key) != 0;
    if (!allocate(ret_clusters) || !fill(ret_clusters, members, count) || !rank(ret_clusters))
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu clusters", ret_clusters->count);
    put_in_order(ret_clusters);
    if (setup->sum == VR_CLUSTER_MEAN_OF_CLUSTERS)
        measure_clusters(ret_clusters, setup);
    return 0;
}

/* --- values ----------------------------------------------------------------------------------- */

static double mean(const struct vr_clusters *clusters, const uint32_t *weights)
{
    double sum = 0, number = 0;
    for (size_t i = 0; i < VR_CLUSTER_SIDES * clusters->count; i++) {
        sum += weights[i] * clusters->values[i];
        number += weights[i] * clusters->numbers[i];
    }
    return number > 0 ? sum / number : NAN;
}

static double pooled(struct vr_clusters *clusters, const uint32_t *weights)
{
    const struct vr_measure_table *table = clusters->table;
    if (table->item_finish)
        table->item_finish(clusters->scratch);
    memset(clusters->scratch, 0, table->item_size);
    for (size_t i = 0; i < VR_CLUSTER_SIDES * clusters->count; i++)
        for (uint32_t k = 0; k < weights[i]; k++)
            if (!table->add(clusters->scratch, clusters->items[i])) {
                clusters->is_out_of_memory = true;
                return NAN;
            }
    return measure(clusters, clusters->scratch);
}

double vr_clusters_value(struct vr_clusters *clusters, const uint32_t *weights)
{
    if (clusters->sum != VR_CLUSTER_POOLED)
        return mean(clusters, weights);
    return clusters->ranked ? quantile(clusters, weights) : pooled(clusters, weights);
}
