/* MPS3 with FPGA image AN547, a Cortex-M55 in an SSE-300 at 32 MHz: one system counter, read and compared with by its timers.
 *
 * It starts in the Secure state; the addresses are the secure ones. */
#include "targets/mps/board.h"

#include "targets/mps/core.h"

#define COUNTER_CONTROL MPS_REG(0x58100000)
#define TIMER 0x58000000u
#define COUNT MPS_REG(TIMER + 0x00) /* the low half */
#define AFTER MPS_REG(TIMER + 0x28) /* compare with the count now plus this, signed */
#define CONTROL MPS_REG(TIMER + 0x2c)

enum { ENABLE = 1 << 0 };

const struct mps_board mps_board = {
    .name = "mps3-an547",
    .cpu = "Cortex-M55",
    .ticks_hz = 32000000,
    .uart = 0x59303000,
    .leds = 0x59302000,
    .uart_receive_irq = 33,
    .uart_transmit_irq = 34,
    .alarm_irq = 3,
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

void mps_alarm_set(uint32_t ticks)
{
    AFTER = ticks;
    CONTROL = ENABLE;
}

void mps_alarm_clear(void)
{
    CONTROL = 0;
}
