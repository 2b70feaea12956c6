/* Sums of clusters: the same numbers as the metrics have, by whichever way. */
#include "score/clusters.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "base/rng.h"
#include "scored.h"

#define RECORDS 9
#define METRICS 8 /* of the latency scorer */

static struct vr_score *score;
static struct vr_pair pairs[RECORDS];
static struct vr_pairs all = {.items = pairs, .count = RECORDS};

/* Records of 0 to 40 beats, whose delays are drawn; each is its own baseline. */
static void make_records(void)
{
    static const struct vr_scenario_score config = {.task = "latency"};
    static char names[RECORDS][4];
    struct vr_rng rng;
    vr_rng_init(&rng, 3);
    score = scored_open(&config);
    for (int i = 0; i < RECORDS; i++) {
        struct scored_trial trial;
        snprintf(names[i], sizeof names[i], "r%d", i);
        scored_make(&trial, names[i]);
        for (int k = 0; k < i * 5; k++)
            scored_beat(&trial, 1000 * k, 1, vr_rng_below(&rng, 300), vr_rng_below(&rng, 50));
        scored_put(score, &trial);
    }
    const struct vr_by_record *records = vr_score_records(score);
    for (size_t i = 0; i < RECORDS; i++)
        pairs[i] = (struct vr_pair){&records->entries[i], &records->entries[i]};
}

static struct vr_clusters make(const struct vr_measure_table *table, size_t metric)
{
    struct vr_clusters clusters;
    struct vr_err err;
    const struct vr_clusters_setup setup = {
        .table = table, .metric = metric, .sum = VR_CLUSTER_POOLED, .pairs = &all};
    cr_assert_eq(vr_clusters_make(&setup, &clusters, &err), 0);
    cr_assert_eq(clusters.count, RECORDS);
    return clusters;
}

/* The walk along ranked numbers against sums that are put in order anew. */
Test(clusters, a_quantile_is_that_of_the_sum)
{
    make_records();
    const struct vr_measure_table *table = vr_score_scorer(score)->table;
    struct vr_measure_table slow = *table;
    struct vr_rng rng;
    slow.list = NULL;
    vr_rng_init(&rng, 5);
    for (size_t metric = 0; metric < METRICS; metric++) {
        struct vr_clusters a = make(table, metric), b = make(&slow, metric);
        cr_expect(a.ranked && !b.ranked);
        for (int i = 0; i < 200; i++) {
            uint32_t weights[2 * RECORDS];
            for (size_t k = 0; k < 2 * RECORDS; k++)
                weights[k] = i == 0 ? 0 : vr_rng_below(&rng, 4);
            double x = vr_clusters_value(&a, weights), y = vr_clusters_value(&b, weights);
            cr_expect(
                (isnan(x) && isnan(y)) || fabs(x - y) < 1e-9, "%s: %g, %g", table->names[metric], x,
                y);
        }
        vr_clusters_finish(&a);
        vr_clusters_finish(&b);
    }
    vr_score_close(score);
}
