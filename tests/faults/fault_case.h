/* One case of the fault matrix in virtual time: what is injected, what must come of it, and the invariants that hold after every
 * one of them.
 *
 *   I1  not complete unless the outputs are those of a clean line and the echo is that of the samples
 *   I2  the ledger closes
 *   I4  an end within its deadline and 250 ms
 *   I5  the next trial with the same device completes
 *   I7  the outcome's exit code
 *   I8  the same seed gives the same bytes at the same times
 *
 * I3 and I6 are about files and descriptors: the rows over real lines check them. */
#ifndef FAULT_CASE_H
#define FAULT_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "../sim/sim_trial.h"
#include "base/clock.h"

#define FAULT_MARGIN_NS (250 * VR_NS_PER_MS)

/* A row of the matrix while it runs. */
struct fault_row_run {
    uint64_t seed;
    size_t cases, failures;
};

struct fault_case {
    const char *name;
    struct sim_trial_options options;
    /* Taps, baud rates, anything in the world before its trial.  May be NULL. */
    void (*prepare)(struct sim_world *world, uint64_t seed);

    uint32_t outcomes; /* allowed: 1 << enum vr_outcome each */
    const char *why;   /* part of the reason; NULL = any */
    const char *log;   /* part of the session's log; NULL = any */
    int64_t since_ns;  /* the deadline counts from here; VR_NEVER_NS = from the last unplug */
    int64_t within_ns; /* 0 = no deadline */
    bool own_indexes;  /* the outputs tell other indexes than a clean line's */
    /* What else must be seen in the result; returns what is wrong, or NULL. */
    const char *(*look)(const struct sim_trial_result *result);
};

#define OUTCOME(name) (1u << VR_OUTCOME_##name)

/* An echo of 10 s at 360 Hz over 115,200 baud with frames of 256 B, by unit 42; no fault in it. */
struct sim_trial_options fault_options(uint64_t seed);

/* Runs it, twice, and the next trial behind it; tells what is wrong in words. */
void fault_case_run(struct fault_row_run *row, const struct fault_case *fault_case);

/* A finding of the row that is no case's. */
void fault_tell(struct fault_row_run *row, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
