/* A wire between two UARTs that disagree about the baud rate: 8N1 characters as levels over time, read by a receiver that waits for
 * a falling edge and samples the middle of each bit at its own rate.
 *
 * As a Linux tty in raw mode: a character without its stop bit is handed over as sampled, and the receiver looks for the next
 * falling edge from the middle of the stop bit on. */
#ifndef SIM_UART_WIRE_H
#define SIM_UART_WIRE_H

#include <stddef.h>
#include <stdint.h>

/* Most bytes out of one byte in: a fast receiver sees several characters in one slow one. */
#define UART_WIRE_GROWTH 12

struct uart_wire {
    double sender_bit_ns, receiver_bit_ns;
    double listen_ns; /* from here on the receiver looks for a start bit */
    double known_ns;  /* the level is known up to here */
    uint8_t bytes
        [16]; /* the last ones sent: as many as fit into one character of a receiver that is 12 times slower */
    double starts_ns[16];
    int64_t framing_errors;
};

void uart_wire_init(struct uart_wire *wire, int64_t sender_baud, int64_t receiver_baud);

/* Send `size` bytes back to back from start_ns on, the line idle before; returns what the receiver read meanwhile, at most
 * UART_WIRE_GROWTH bytes for each.  What it has not finished reading comes with the next call. */
size_t uart_wire_pass(
    struct uart_wire *wire, int64_t start_ns, const uint8_t *data, size_t size, uint8_t *ret_read);

#endif
