/* A crash: the core's registers and the top of its stack are kept, and the system restarts. */
#ifndef MPS_FAULT_H
#define MPS_FAULT_H

/* The handler of all faults and of every interrupt that nobody asked for.  Never returns.  The fault's code is the number of the
 * exception: 3 hard, 4 memory, 5 bus, 6 usage, 7 secure.  When the stack was full, the core could not save its registers: pc and lr
 * are 0, and cfsr says so. */
void mps_fault_handler(void);

#endif
