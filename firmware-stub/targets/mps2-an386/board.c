/* MPS2 with FPGA image AN386, a Cortex-M4F at 25 MHz: two CMSDK timers count down, one for ever, one to an alarm. */
#include "targets/mps/board.h"

#include "targets/mps/core.h"

#define CLOCK 0x40000000u
#define ALARM 0x40001000u
#define CONTROL 0x00
#define VALUE 0x04
#define RELOAD 0x08
#define INTERRUPT_CLEAR 0x0c

enum { ENABLE = 1 << 0, INTERRUPT = 1 << 3 };

const struct mps_board mps_board = {
    .name = "mps2-an386",
    .cpu = "Cortex-M4F",
    .ticks_hz = 25000000,
    .uart = 0x40004000,
    .leds = 0x40028000,
    .uart_receive_irq = 0,
    .uart_transmit_irq = 1,
    .alarm_irq = 9,
};

void mps_clock_start(void)
{
    MPS_REG(CLOCK + RELOAD) = UINT32_MAX;
    MPS_REG(CLOCK + VALUE) = UINT32_MAX;
    MPS_REG(CLOCK + CONTROL) = ENABLE;
}

void mps_clock_align(void)
{
    MPS_REG(CLOCK + VALUE) = MPS_REG(CLOCK + VALUE);
}

uint32_t mps_clock_ticks(void)
{
    return ~MPS_REG(CLOCK + VALUE);
}

void mps_alarm_set(uint32_t ticks)
{
    MPS_REG(ALARM + RELOAD) = ticks;
    MPS_REG(ALARM + VALUE) = ticks;
    MPS_REG(ALARM + CONTROL) = ENABLE | INTERRUPT;
}

void mps_alarm_clear(void)
{
    MPS_REG(ALARM + CONTROL) = 0;
    MPS_REG(ALARM + INTERRUPT_CLEAR) = 1;
}
