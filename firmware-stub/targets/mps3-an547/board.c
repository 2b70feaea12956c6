/* MPS3 with FPGA image AN547, a Cortex-M55 in an SSE-300 at 32 MHz: its system counter is read through a timer.
 *
 * It starts in the Secure state; the addresses are the secure ones. */
#include "targets/mps/board.h"

#include "targets/mps/core.h"

#define COUNTER_CONTROL MPS_REG(0x58100000)
#define COUNT MPS_REG(0x58000000) /* the low half */

enum { ENABLE = 1 << 0 };

const struct mps_board mps_board = {
    .name = "mps3-an547",
    .cpu = "Cortex-M55",
    .ticks_hz = 32000000,
    .uart = 0x59303000,
    .leds = 0x59302000,
    .uart_receive_irq = 33,
    .uart_transmit_irq = 34,
};

void mps_clock_start(void)
{
    COUNTER_CONTROL = ENABLE;
}

void mps_clock_align(void)
{
    COUNTER_CONTROL = 0;
    COUNTER_CONTROL = ENABLE;
}

uint32_t mps_clock_ticks(void)
{
    return COUNT;
}
