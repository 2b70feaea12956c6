/* How late an episode is told, and how often one is told that is none.
 *
 *     truth      ----------|=== episode ===|..grace..|------
 *     alarm      --|==|-------|=======================|-----
 *                  false       delay
 *
 * An alarm is a time in which the last thing that the device said is the positive class; it counts from
 * when it was said, never from the sample that it refers to: a device that dates back is no faster.
 *
 * An episode is detected when an alarm is on in it, or in the grace behind its end. Its delay runs from
 * its onset to the begin of the alarm.  When the alarm was on before, nobody can tell what it was on
 * for: the delay is below any number.  That of a missed episode is above any number.  So a quantile of
 * the delays has a value only where neither decides about it: a device that is always in alarm has
 * no median, nor has one that misses every second episode.
 *
 * A false alarm begins in negative time: where the truth has a label, and not the positive one, and
 * outside the grace.  Time without a label, and episodes that are too short or began before scoring
 * did, are neither. */
#ifndef VR_SCORE_DELAY_H
#define VR_SCORE_DELAY_H

#include "score/aggregate.h"
#include "score/timeline.h"
#include "stats/numbers.h"

/* A record, or a sum of many.  Zeroed = nothing; ended with vr_delay_table.item_finish. */
struct vr_delay {
    struct vr_numbers delays_s; /* of each episode; -INFINITY on before, INFINITY missed */
    struct vr_numbers first_outputs_s;
    int64_t early_count, missed_count, false_count;
    double scored_s, negative_s, false_s; /* with a label; negative; of that in alarm */
};

struct vr_delay_options {
    int positive;      /* number of the class */
    int64_t from, end; /* of scoring, in ticks */
    int64_t min_length, grace;
    double ticks_per_s;
};

/* Fill the zeroed item with one record; `alarms` by emission.  False = no memory. */
bool vr_delay_compare(
    struct vr_delay *delay, const struct vr_timeline *truth, const struct vr_timeline *alarms,
    const struct vr_delay_options *options);

extern const struct vr_measure_table vr_delay_table;

#endif
