/* Samples from the rings to the algorithm, and its outputs to the output ring. */
#ifndef DUT_CONSUME_H
#define DUT_CONSUME_H

#include "dut/dut.h"

/* Step the algorithm over a bounded number of samples.  Returns whether there were any. */
bool dut_consume(struct dut *dut);

/* Whether all outputs of one call of the algorithm can be kept. */
bool dut_has_room(const struct dut *dut);

/* The stream whose next sample comes next, or stream_count when all have ended. */
unsigned dut_next_stream(const struct dut *dut);

#endif
