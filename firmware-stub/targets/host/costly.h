/* A device whose inferences cost a known time: the same algorithms, but each call that has an output takes so long before it says it, and a
 * tenth of that afterwards.
 *
 * An algorithm's table has no room for a context, so it lies right before the algorithm's state. */
#ifndef HOST_COSTLY_H
#define HOST_COSTLY_H

#include <stdint.h>

#include "algo/algo.h"

struct host_dut_costly;

struct host_dut_costly_options {
    const struct algo *const *algorithms;
    size_t algorithm_count;
    int64_t cost_ns;
    /* Called before it waits: a moment for what must not be late. */
    void (*before_wait)(void *context);
    void *context;
};

/* NULL = no memory.  What the options point to must outlive it. */
struct host_dut_costly *host_dut_costly_create(const struct host_dut_costly_options *options);
void host_dut_costly_destroy(struct host_dut_costly *costly);

/* The tables, as many and in the order of the options'. */
const struct algo *const *host_dut_costly_algorithms(const struct host_dut_costly *costly);

/* B of aligned memory in front of the state, and what must stand in it. */
#define HOST_DUT_COSTLY_HEADER 16
void host_dut_costly_prepare(struct host_dut_costly *costly, void *state);

#endif
