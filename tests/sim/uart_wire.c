/* Levels are computed from the bytes that were sent, never stored: only the last few matter. */
#include "uart_wire.h"

#include <math.h>
#include <stdbool.h>

#define BYTES (sizeof((struct uart_wire *)0)->bytes / sizeof((struct uart_wire *)0)->bytes[0])
#define CHARACTER_BITS 10

void uart_wire_init(struct uart_wire *wire, int64_t sender_baud, int64_t receiver_baud)
{
    *wire = (struct uart_wire){
        .sender_bit_ns = 1e9 / (double)sender_baud,
        .receiver_bit_ns = 1e9 / (double)receiver_baud,
    };
    for (size_t i = 0; i < BYTES; i++)
        wire->starts_ns[i] = -1e18;
}

/* Start bit low, eight bits from the lowest, stop bit high; idle is high. */
static bool level(const struct uart_wire *wire, double at_ns)
{
    for (size_t i = 0; i < BYTES; i++) {
        double bit = floor((at_ns - wire->starts_ns[i]) / wire->sender_bit_ns);
        if (bit >= 0 && bit < CHARACTER_BITS)
            return bit >= 1 && (bit > 8 || wire->bytes[i] >> (int)(bit - 1) & 1);
    }
    return true;
}

/* The first instant from at_ns on at which the level falls; levels change at the sender's bit limits only. */
static double falling_edge(const struct uart_wire *wire, double at_ns)
{
    double best = INFINITY;
    for (size_t i = 0; i < BYTES; i++)
        for (int bit = 0; bit < CHARACTER_BITS; bit++) {
            double edge = wire->starts_ns[i] + bit * wire->sender_bit_ns;
            double inside = wire->sender_bit_ns / 1000;
            if (edge >= at_ns && edge < best && !level(wire, edge + inside) &&
                level(wire, edge - inside))
                best = edge;
        }
    return best;
}

static bool read_character(struct uart_wire *wire, uint8_t *ret_byte)
{
    double start = falling_edge(wire, wire->listen_ns);
    double stop = start + 9.5 * wire->receiver_bit_ns;
    if (!(stop <= wire->known_ns))
        return false;
    *ret_byte = 0;
    for (int bit = 0; bit < 8; bit++)
        if (level(wire, start + (1.5 + bit) * wire->receiver_bit_ns))
            *ret_byte |= (uint8_t)(1u << bit);
    wire->framing_errors += !level(wire, stop);
    wire->listen_ns = stop;
    return true;
}

size_t uart_wire_pass(
    struct uart_wire *wire, int64_t start_ns, const uint8_t *data, size_t size, uint8_t *ret_read)
{
    size_t count = 0;
    double at_ns = (double)start_ns;
    wire->known_ns = at_ns;
    while (read_character(wire, ret_read + count))
        count++;
    for (size_t i = 0; i < size; i++) {
        for (size_t k = 0; k + 1 < BYTES; k++) {
            wire->bytes[k] = wire->bytes[k + 1];
            wire->starts_ns[k] = wire->starts_ns[k + 1];
        }
        wire->bytes[BYTES - 1] = data[i];
        wire->starts_ns[BYTES - 1] = at_ns;
        at_ns += CHARACTER_BITS * wire->sender_bit_ns;
        wire->known_ns = at_ns;
        while (read_character(wire, ret_read + count))
            count++;
    }
    return count;
}
