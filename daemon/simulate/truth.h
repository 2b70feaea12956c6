/* The truth about a simulated device, for those who check what was measured: JSON lines, times in ns of CLOCK_MONOTONIC.
 *
 *     {"type":"pulse","rise_ns":..,"fall_ns":..,"charge_uc":..,"energy_uj":..}   the inference line was high in [rise, fall): gross
 *     {"type":"sync","at_ns":..,"on":true}                                       an edge of the sync line
 *     {"type":"total","from_ns":..,"to_ns":..,"charge_uc":..,"energy_uj":..,"pulses":..,"short_pulses":..,"syncs":..,"late":..,
 *      "lost":..,"is_true":true,...}                                             last
 *
 * An algorithm's step that has nothing to say pulses the line, too, for a microsecond: pulses shorter than `short_ns` are counted and
 * not written.  is_true is false when the meter measured a world that lacks something of what really happened: see activity.h. */
#ifndef VR_SIMULATE_TRUTH_H
#define VR_SIMULATE_TRUTH_H

#include <stdio.h>

#include "simulate/world.h"

struct vr_truth {
    FILE *file; /* NULL = count only */
    int64_t short_ns, from_ns;
    double volts;

    uint8_t levels;
    int64_t rise_ns;
    double rise_coulombs;
    int64_t pulses, short_pulses, syncs;
};

/* `file` stays the caller's. */
void vr_truth_init(
    struct vr_truth *truth, FILE *file, int64_t from_ns, int64_t short_ns, double volts);

/* Lines have changed: right after vr_world_change. */
void vr_truth_change(
    struct vr_truth *truth, const struct vr_world *world, int64_t at_ns, uint8_t levels);

/* What else belongs to the totals. */
struct vr_truth_end {
    int64_t to_ns, late, lost;
    bool
        has_stream; /* the meter has streamed: host time of its sample 0, and between two of them */
    double first_sample_ns, sample_period_ns;
};

/* VR_ERR_IO when something could not be written. */
int vr_truth_finish(
    const struct vr_truth *truth, const struct vr_world *world, const struct vr_truth_end *end,
    struct vr_err *err);

#endif
