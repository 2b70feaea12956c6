/* What a board is: its constants and its clock.  Each board's folder defines all of these. */
#ifndef MPS_BOARD_H
#define MPS_BOARD_H

#include <stdint.h>

struct mps_board {
    const char *name; /* as QEMU's -machine calls it */
    const char *cpu;
    uint32_t ticks_hz; /* of mps_clock_ticks, and of the UART */
    uint32_t uart;     /* address of a CMSDK UART */
    uint32_t leds;     /* address of the register of LEDs */
    uint8_t uart_receive_irq;
    uint8_t uart_transmit_irq;
};

extern const struct mps_board mps_board;

/* Start the free-running clock. */
void mps_clock_start(void);

/* Wraps at 2^32. */
uint32_t mps_clock_ticks(void);

/* Let a tick begin now.  Where the clock shows instructions, what is counted from here on comes out the same to the tick in every
 * process; where it shows time, under a tick of it is lost. */
void mps_clock_align(void);

#endif
