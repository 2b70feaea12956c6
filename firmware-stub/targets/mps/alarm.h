/* One interrupt after a while: the core's SysTick, which every board has.
 *
 * The SSE-300's own timers will not do: its tick is 31.25 ns, and QEMU 7.2 rounds the time of the interrupt down to a whole ns, finds
 * that it is not due yet, and does so for ever. */
#ifndef MPS_ALARM_H
#define MPS_ALARM_H

#include <stdint.h>

/* Raise SysTick's exception once, after 1 tick of the clock or more; sooner when the 24 bits of the counter do not reach. */
void mps_alarm_set(uint32_t ticks);

/* Withdraw it; also what its exception calls. */
void mps_alarm_clear(void);

#endif
