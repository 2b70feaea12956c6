/* The beginning and the end of a trial. */
#ifndef DUT_TRIAL_H
#define DUT_TRIAL_H

#include "dut/dut.h"

/* Act on the OPEN in the decoder: run a new trial, or be idle and owe a REFUSE. */
void dut_trial_open(struct dut *dut);

/* Nothing is computed any more: stop the port's pace, switch the busy line off. */
void dut_trial_stop(struct dut *dut);

/* Be idle. */
void dut_trial_close(struct dut *dut);

#endif
