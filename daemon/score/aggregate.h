/* What a scorer keeps of each record, and how that becomes metrics: gross, average, and of every
 * record.
 *
 * Gross = the number of everything added up.  Average = the mean over the records that have the
 * number, each alike; its n is how many these are.  Both are mandatory in ANSI/AAMI EC57, because
 * a long or lively record dominates the one and a record of three beats the other. */
#ifndef VR_SCORE_AGGREGATE_H
#define VR_SCORE_AGGREGATE_H

#include "score/metrics.h"

/* A number as a metric has it. */
struct vr_measure {
    double value;     /* NaN = there is none */
    double low, high; /* 95 % interval; NaN = none */
    int64_t n;
};

/* A number without an interval. */
struct vr_measure vr_measure_plain(double value, int64_t n);

#define VR_MEASURES_MAX 32 /* of a scorer */

/* What a scorer knows to say of an item: of what it has added up for one record, or for all. */
struct vr_measure_table {
    const char *const *names; /* of the metrics, NULL after the last */
    const char *const *units; /* in the same order */
    /* One measure for each name. */
    void (*measure)(const void *item, struct vr_measure *ret_measures);
};

/* Items by the name of their record, in the order in which they were claimed. */
struct vr_by_record {
    size_t item_size;
    void (*item_finish)(void *item); /* NULL = nothing to do */
    char **names;
    void **items;
    size_t *trial_counts; /* how often each was claimed */
    size_t count, capacity;
};

/* The item of this record, zeroed when it is new, for one more trial of it; NULL when there is no
 * memory for it. */
void *vr_by_record_claim(struct vr_by_record *records, const char *name);
void vr_by_record_finish(struct vr_by_record *records);

/* Add all metrics: of the item `gross`, of the average, of each record.  None when there is no
 * record.  A record of several trials has no intervals, and then gross has none: repeats of the same
 * signal are no new cases, and would narrow them. */
int vr_aggregate(
    const struct vr_measure_table *table, const struct vr_by_record *records, const void *gross,
    struct vr_metrics *metrics, struct vr_err *err);

#endif
