/* Reset, vectors, and the stack's high water. */
#ifndef MPS_START_H
#define MPS_START_H

#include <stdint.h>

/* B of stack never used since reset. */
uint32_t mps_stack_free_min(void);

#endif
