/* Frames from the host, and what they do to the trial. */
#ifndef DUT_RECEIVE_H
#define DUT_RECEIVE_H

#include "dut/dut.h"

/* Take bytes from the port and act on whole frames.  Returns whether there were any bytes. */
bool dut_receive(struct dut *dut);

#endif
