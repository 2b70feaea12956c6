/* A rate (of the heart, of breathing) or any other number told again and again, against the true one, by window.
 *
 *     window k     |<-- window_s -->|
 *     truth                         T        the value of the window, at its end
 *     device         v      v    v     v     values, each at the end of what it is of
 *                                ^           the last one at or before T, at most max_age_s old
 *
 * A window whose value is too old or not there is missing: it counts in the availability, never as an
 * error.
 *
 * Limits of agreement need to know which pairs are of one subject; a record without one is a subject by itself. */
#ifndef VR_SCORE_RATE_H
#define VR_SCORE_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "score/aggregate.h"

#define VR_HEART_RATE 1 /* number of the measurement */

struct vr_rate_pair {
    double reference, test;
    double confidence; /* NaN = none */
};

/* The pairs of one subject. */
struct vr_rate_subject {
    char *name;
    struct vr_rate_pair *pairs;
    size_t count, capacity;
};

/* A record, or a sum of many.  Zeroed = nothing; ended with vr_rate_table.item_finish. */
struct vr_rate {
    int measurement;
    double coverage_pct; /* of the windows with the best confidence */
    int64_t missing;
    struct vr_rate_subject *subjects;
    size_t subject_count;
    /* With each record's best lag; lag_records 0 = no lag was to be looked for. */
    double lag_error, lag_s; /* sums over pairs, over records */
    int64_t lag_pairs, lag_records;
};

/* False = no memory. */
bool vr_rate_add_pair(struct vr_rate *rate, const char *subject, const struct vr_rate_pair *pair);

/* The truth at the end of a window, or what the device says; in samples. */
struct vr_rate_value {
    int64_t at;
    double value, confidence;
    size_t order; /* in which they were said */
};

/* The last value at or before `at`, at most max_age old; NULL = none.  `values` ascend in time. */
const struct vr_rate_value *vr_rate_value_at(
    const struct vr_rate_value *values, size_t count, double at, double max_age);

/* Windows that fit: floor((length - window) / step) + 1, none where length < window; all in samples, step > 0. */
int64_t vr_rate_window_count(double length, double window, double step);

struct vr_rate_windows {
    const struct vr_rate_value *truth, *values; /* in ascending time */
    size_t truth_count, value_count;
    double max_age;  /* samples */
    double lag_step; /* samples */
    int lag_count;   /* lags 0, step, ... to try; 0 = none is looked for */
    double
        end; /* of the record; a window whose last lag lies behind is left out when lags are compared */
    double samples_per_s;
};

/* Fill the item, whose measurement and coverage are set, with one record.  False = no memory. */
bool vr_rate_compare(
    struct vr_rate *rate, const char *subject, const struct vr_rate_windows *windows);

/* What the table is made of. */
bool vr_rate_add(void *sum, const void *item);
void vr_rate_measure(void *item, struct vr_measure *ret_measures);
void vr_rate_finish(void *item);

extern const struct vr_measure_table vr_rate_table; /* rate_measure.c */

#endif
