/* Two instructions a turn of the loop.  An M4 takes 3 to 5 cycles for a turn, an M55 1 to 3: at 25 or 32 MHz never 128 ns. */
#include "targets/mps/clock_source.h"

#include <stdint.h>

#include "targets/mps/board.h"

enum {
    TURNS = 1000,
    INSTRUCTION_NS = 64,
    AROUND_MAX = 16 /* instructions to read the clock */,
    TIMES = 3
};

static uint32_t ticks_of(uint32_t instructions)
{
    return (uint32_t)((uint64_t)instructions * INSTRUCTION_NS * mps_board.ticks_hz / 1000000000);
}

static uint32_t measure(void)
{
    uint32_t turns = TURNS;
    const uint32_t before = mps_clock_ticks();
    __asm volatile("1: subs %0, #1\n\tbne 1b" : "+l"(turns)::"cc");
    return mps_clock_ticks() - before;
}

enum wire_clock mps_clock_source(void)
{
    for (unsigned i = 0; i < TIMES; i++) {
        const uint32_t took = measure();
        if (took < ticks_of(2 * TURNS) || took > ticks_of(2 * TURNS + AROUND_MAX))
            return WIRE_CLOCK_TIMER;
    }
    return WIRE_CLOCK_INSN_QEMU;
}
