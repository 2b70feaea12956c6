/* What the device says of itself. */
#ifndef DUT_HELLO_H
#define DUT_HELLO_H

#include "dut/dut.h"

/* Largest HELLO_R that refuses a host of another major version, in B. */
#define DUT_REFUSAL_SIZE 114

/* Pack HELLO_R, the short one when the host is refused.  Returns its size, or 0 when it does not
 * fit. */
size_t dut_hello_pack(const struct dut *dut, uint8_t *buffer, size_t capacity);

#endif
