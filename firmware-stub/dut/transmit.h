/* Frames to the host. */
#ifndef DUT_TRANSMIT_H
#define DUT_TRANSMIT_H

#include "dut/dut.h"

/* Encode what is due while there is room, and hand bytes to the port.  Returns whether any of it
 * was done. */
bool dut_transmit(struct dut *dut);

#endif
