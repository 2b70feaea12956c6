/* One byte an interrupt: the UART has no FIFO.
 *
 * When the ring is full, the byte stays in the register and its interrupt is off until there is room.  What the line does then is
 * the line's: QEMU waits, a wire overruns, and the frame's check finds it.  Credits keep either from happening. */
#include "targets/mps/uart.h"

#include "targets/mps/board.h"
#include "targets/mps/core.h"

#define DATA MPS_REG(mps_board.uart + 0x00)
#define STATE MPS_REG(mps_board.uart + 0x04)
#define CONTROL MPS_REG(mps_board.uart + 0x08)
#define INTERRUPT_CLEAR MPS_REG(mps_board.uart + 0x0c)
#define BAUD_DIVIDER MPS_REG(mps_board.uart + 0x10)

enum {
    STATE_TRANSMIT_FULL = 1 << 0,
    STATE_RECEIVE_FULL = 1 << 1,
    CONTROL_TRANSMIT = 1 << 0 | 1 << 2, /* on, with its interrupt */
    CONTROL_RECEIVE = 1 << 1,
    CONTROL_RECEIVE_INTERRUPT = 1 << 3,
    INTERRUPT_TRANSMIT = 1 << 0,
    INTERRUPT_RECEIVE = 1 << 1,
    BAUD_DIVIDER_MIN = 16,
};

/* Powers of two: the indexes run freely and wrap.  Receive holds a frame of 1 kB and its encoding, transmit a few outputs. */
enum { RECEIVE_SIZE = 2048, TRANSMIT_SIZE = 512 };

static struct {
    uint8_t received[RECEIVE_SIZE];
    uint8_t to_send[TRANSMIT_SIZE];
    volatile uint32_t receive_head, receive_tail;   /* taken; written by the interrupt */
    volatile uint32_t transmit_head, transmit_tail; /* sent by the interrupt; queued */
    bool wants_room;
} uart;

void mps_uart_start(uint32_t baud)
{
    const uint32_t divider = mps_board.ticks_hz / baud;
    BAUD_DIVIDER = divider < BAUD_DIVIDER_MIN ? BAUD_DIVIDER_MIN : divider;
    CONTROL = CONTROL_TRANSMIT | CONTROL_RECEIVE | CONTROL_RECEIVE_INTERRUPT;
}

/* --- receive --- */

void mps_uart_receive_interrupt(void)
{
    INTERRUPT_CLEAR = INTERRUPT_RECEIVE;
    while (STATE & STATE_RECEIVE_FULL) {
        if (mps_uart_waiting() == RECEIVE_SIZE) {
            CONTROL = CONTROL_TRANSMIT | CONTROL_RECEIVE;
            return;
        }
        uart.received[uart.receive_tail % RECEIVE_SIZE] = (uint8_t)DATA;
        uart.receive_tail++;
    }
}

size_t mps_uart_waiting(void)
{
    return uart.receive_tail - uart.receive_head;
}

size_t mps_uart_receive(uint8_t *buffer, size_t capacity)
{
    const size_t waiting = mps_uart_waiting();
    const size_t size = waiting < capacity ? waiting : capacity;
    for (size_t i = 0; i < size; i++)
        buffer[i] = uart.received[(uart.receive_head + i) % RECEIVE_SIZE];
    uart.receive_head += size;

    if (size && !(CONTROL & CONTROL_RECEIVE_INTERRUPT)) {
        mps_interrupts_mask();
        CONTROL = CONTROL_TRANSMIT | CONTROL_RECEIVE | CONTROL_RECEIVE_INTERRUPT;
        mps_uart_receive_interrupt(); /* the byte that waits has had its interrupt */
        mps_interrupts_unmask();
    }
    return size;
}

/* --- transmit --- */

/* Give the line what it takes now; more goes out by interrupt.  Interrupts are masked, or this is one. */
static void feed(void)
{
    while (uart.transmit_head != uart.transmit_tail && !(STATE & STATE_TRANSMIT_FULL)) {
        DATA = uart.to_send[uart.transmit_head % TRANSMIT_SIZE];
        uart.transmit_head++;
    }
}

void mps_uart_transmit_interrupt(void)
{
    INTERRUPT_CLEAR = INTERRUPT_TRANSMIT;
    feed();
}

size_t mps_uart_transmit(const uint8_t *data, size_t size)
{
    const size_t room = TRANSMIT_SIZE - (uart.transmit_tail - uart.transmit_head);
    const size_t taken = size < room ? size : room;
    for (size_t i = 0; i < taken; i++)
        uart.to_send[(uart.transmit_tail + i) % TRANSMIT_SIZE] = data[i];
    mps_interrupts_mask();
    uart.transmit_tail += taken;
    uart.wants_room = taken < size;
    feed();
    mps_interrupts_unmask();
    return taken;
}

/* Half of the ring: not for every byte. */
bool mps_uart_has_wanted_room(void)
{
    return uart.wants_room && uart.transmit_tail - uart.transmit_head <= TRANSMIT_SIZE / 2;
}
