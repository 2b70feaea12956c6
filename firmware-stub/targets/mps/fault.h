/* A crash: the core's registers and the top of its stack are kept, and the system restarts. */
#ifndef MPS_FAULT_H
#define MPS_FAULT_H

/* The handler of all faults and of every interrupt that nobody asked for.  Never returns.  The fault's code is the number of the
 * exception: 3 hard, 4 memory, 5 bus, 6 usage, 7 secure. */
void mps_fault_handler(void);

#endif
