/* What a tick of mps_clock_ticks is: measured, not believed. */
#ifndef MPS_CLOCK_SOURCE_H
#define MPS_CLOCK_SOURCE_H

#include "wire/protocol.h"

/* Run a loop of known length and look how long it took.  Under QEMU with `-icount shift=6` each instruction takes exactly 64 ns of
 * the time that the clock shows: WIRE_CLOCK_INSN_QEMU.  Else, on a board or under QEMU without it, WIRE_CLOCK_TIMER: a timer, which
 * on a board counts time and in QEMU nothing of use. */
enum wire_clock mps_clock_source(void);

#endif
