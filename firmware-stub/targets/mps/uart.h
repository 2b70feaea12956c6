/* CMSDK UART by interrupt, with a ring for either direction. */
#ifndef MPS_UART_H
#define MPS_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void mps_uart_start(uint32_t baud);

/* Take what has come, at most capacity; never waits. */
size_t mps_uart_receive(uint8_t *buffer, size_t capacity);

/* Queue what fits and return how much; never waits. */
size_t mps_uart_transmit(const uint8_t *data, size_t size);

/* B received and not taken yet. */
size_t mps_uart_waiting(void);

/* Whether there is room now, after the last transmit wanted more than there was. */
bool mps_uart_has_wanted_room(void);

void mps_uart_receive_interrupt(void);
void mps_uart_transmit_interrupt(void);

#endif
