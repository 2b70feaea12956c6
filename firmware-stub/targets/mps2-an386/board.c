/* MPS2 with FPGA image AN386, a Cortex-M4F at 25 MHz: a CMSDK timer counts down for ever. */
#include "targets/mps/board.h"

#include "targets/mps/core.h"

#define CLOCK 0x40000000u
#define CONTROL 0x00
#define VALUE 0x04
#define RELOAD 0x08

enum { ENABLE = 1 << 0 };

const struct mps_board mps_board = {
    .name = "mps2-an386",
    .cpu = "Cortex-M4F",
    .ticks_hz = 25000000,
    .uart = 0x40004000,
    .leds = 0x40028000,
    .uart_receive_irq = 0,
    .uart_transmit_irq = 1,
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
