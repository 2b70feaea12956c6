/* When a fault is there: from at_s on for length_s, and again every every_s, in samples of its stream. */
#ifndef VR_REPLAY_FAULT_TIMES_H
#define VR_REPLAY_FAULT_TIMES_H

#include <stdint.h>

#include "dataset/rate.h"
#include "scenario/scenario.h"

struct vr_fault_times {
    double at_s, every_s; /* every_s 0 = once */
    double rate_hz;
    int64_t length; /* of each; INT64_MAX = to the end */
};

struct vr_fault_times vr_fault_times(const struct vr_scenario_fault *fault, struct vr_rate rate);

/* First sample of the n-th time, n from 0. */
int64_t vr_fault_times_start(const struct vr_fault_times *times, int64_t n);
/* The last time that has begun at `index`; -1 = none. */
int64_t vr_fault_times_begun(const struct vr_fault_times *times, int64_t index);
/* The time that is there at `index`; -1 = none. */
int64_t vr_fault_times_at(const struct vr_fault_times *times, int64_t index);
/* How many begin before `count`. */
int64_t vr_fault_times_count(const struct vr_fault_times *times, int64_t count);

#endif
