/* What a scorer keeps of each record, and how that becomes metrics: gross, average, and of every
 * record, subject and stratum.
 *
 * A scorer makes an item of each trial.  Items can be added up, and an item, of one trial or a sum
 * of many, can be measured.  From these two everything else follows: repeats of a record, the sum
 * over all, over a subject or a stratum, and the thousands of sums of a bootstrap.
 *
 * Gross = the number of everything added up.  Average = the mean over the records that have the
 * number, each alike; its n is how many these are.  Both are mandatory in ANSI/AAMI EC57, because
 * a long or lively record dominates the one and a record of three beats the other. */
#ifndef VR_SCORE_AGGREGATE_H
#define VR_SCORE_AGGREGATE_H

#include "score/metrics.h"
#include "stats/numbers.h"

/* A number as a metric has it. */
struct vr_measure {
    double value;     /* NaN = there is none */
    double low, high; /* 95 % interval; NaN = none */
    int64_t n;
};

/* A number without an interval. */
struct vr_measure vr_measure_plain(double value, int64_t n);
/* 100 hits / n with Wilson's interval; none of 0. */
struct vr_measure vr_measure_share_pct(int64_t hits, int64_t n);
/* The same of hits + misses. */
struct vr_measure vr_measure_found_pct(int64_t hits, int64_t misses);

#define VR_MEASURES_MAX 96 /* of a scorer */

/* What a scorer knows to do with its items.  A zeroed item is the sum of none. */
struct vr_measure_table {
    const char *const *names; /* of the metrics, NULL after the last */
    const char *const *units; /* in the same order */
    size_t item_size;
    /* sum += item.  False when there is no memory for it; the sum is then fit for item_finish only. */
    bool (*add)(void *sum, const void *item);
    /* One measure for each name.  May put the insides of the item in order, not change what it says. */
    void (*measure)(void *item, struct vr_measure *ret_measures);
    void (*item_finish)(void *item); /* NULL = nothing to do */
    /* For speed only: where the measure at `index` is the quantile *ret_p of a list of the item, and nothing else, that list; NULL for
     * every other.  NULL = no measure is. */
    const struct vr_numbers *(*list)(const void *item, size_t index, double *ret_p);
};

/* A scorer writes its metrics once, as a list METRICS(X) of X(name, unit, measure); from it come `metric_names` and `metric_units`, and in
 * its `measure`, with `size_t count = 0`, the measures in the same order. */
#define VR_METRIC_NAME(name, unit, measure) name,
#define VR_METRIC_UNIT(name, unit, measure) unit,
#define VR_METRIC_PUT(name, unit, measure) ret_measures[count++] = measure;
#define VR_METRIC_LISTS(METRICS) \
    static const char *const metric_names[] = {METRICS(VR_METRIC_NAME) NULL}; \
    static const char *const metric_units[] = {METRICS(VR_METRIC_UNIT)};

/* Everything of one record. */
struct vr_by_record_entry {
    char *name, *subject, *strata; /* owned; as in vr_trial_row */
    void *item;                    /* the sum over its trials */
    size_t trial_count;
    bool
        is_refused; /* a trial could not be scored: the item is empty, and no number stands for the record */
};

/* In the order in which records were first added to.  Zeroed with a table = empty. */
struct vr_by_record {
    const struct vr_measure_table *table;
    struct vr_by_record_entry *entries;
    size_t count, capacity;
};

/* Add the item of one trial to the entry of the record called `name`; `item` is taken, also on error.  NULL = the trial could not
 * be scored, and empties the entry for good.  VR_ERR_NO_MEMORY. */
int vr_by_record_add(
    struct vr_by_record *records, const char *name, const struct vr_trial_row *trial, void *item,
    struct vr_err *err);
void vr_by_record_finish(struct vr_by_record *records);

/* End an item that was made with calloc(1, table->item_size); NULL is none. */
void vr_item_free(const struct vr_measure_table *table, void *item);

/* Does `strata` ("age=adult;snr_db=6") hold the stratum ("snr_db=6")? */
bool vr_strata_hold(const char *strata, const char *stratum);

#define VR_SCOPE_SUBJECT "subject:" /* and the subject */
#define VR_SCOPE_STRATUM "stratum:" /* and the stratum */

/* Add all metrics, of the scopes gross, average, each record; where subjects are known each subject ("subject:p-0123456789abcdef") and
 * "subject_average", the mean over them; where there are strata, each ("stratum:snr_db=6").  None when there is no
 * record.  A record of several trials has no intervals, and then no sum over it has: repeats of the same
 * signal are no new cases, and would narrow them. */
int vr_aggregate(
    const struct vr_by_record *records, struct vr_metrics *metrics, struct vr_err *err);

#endif
