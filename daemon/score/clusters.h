/* A metric as a function of how often each cluster of the records is taken: what is resampled and swapped.
 *
 * A cluster is a record, or all records of a subject.  Its items are summed up once; a value is made of as many additions as clusters are
 * taken, and one measuring.  Where the metric is a quantile of a list (vr_measure_table.list), all numbers are put in order once, and a
 * value is one walk along them: of 24 records with 2000 numbers each 2000 resamples take 0.2 s instead of 20. */
#ifndef VR_SCORE_CLUSTERS_H
#define VR_SCORE_CLUSTERS_H

#include "score/pairs.h"

enum vr_cluster_sum {
    VR_CLUSTER_POOLED,          /* the number of everything added up */
    VR_CLUSTER_MEAN_OF_RECORDS, /* of those that have the number */
    VR_CLUSTER_MEAN_OF_CLUSTERS,
};

enum vr_cluster_side { VR_CLUSTER_RUN, VR_CLUSTER_BASELINE, VR_CLUSTER_SIDES };

struct vr_clusters {
    const struct vr_measure_table *table;
    size_t metric; /* index in the table */
    enum vr_cluster_sum sum;
    size_t count;
    bool is_out_of_memory; /* a value could not be made, and is NaN */

    /* Private; by side, then by cluster. */
    const char **keys; /* the subject or record of each cluster; borrowed, of one side */
    void **items;
    double *values, *numbers; /* of means: sum of the values, and how many they are */
    struct vr_ranked *ranked; /* of a quantile: all numbers, ascending */
    size_t ranked_count;
    double quantile;
    void *scratch;
};

struct vr_clusters_setup {
    const struct vr_measure_table *table;
    size_t metric;
    enum vr_cluster_sum sum;
    bool by_subject; /* else by record */
    struct vr_pairs *
        pairs; /* of means, one with a number in one run only is counted as lacking, and is left out */
};

/* VR_ERR_NO_MEMORY.  Finish it in any case. */
int vr_clusters_make(
    const struct vr_clusters_setup *setup, struct vr_clusters *ret_clusters, struct vr_err *err);
void vr_clusters_finish(struct vr_clusters *clusters);

/* The metric of weights[i] times cluster i of the run (i < count) and cluster i - count of the baseline; NaN = there is none. */
double vr_clusters_value(struct vr_clusters *clusters, const uint32_t *weights);

#endif
