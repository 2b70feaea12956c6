/* Outputs that the host has not acknowledged yet: numbered, kept as payloads, sent again on demand.
 *
 *     base ........ cursor ........ next
 *     | on the line, | not on the    |
 *     | maybe lost   | line (again)  | number of the next output
 *
 * `sent` is the highest that cursor has been. */
#ifndef DUT_OUTPUTS_H
#define DUT_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/msg.h"

/* B that one output with at most values_max values takes. */
#define DUT_OUTPUT_SIZE(values_max) (25 + 4 * (values_max))

struct dut_outputs {
    uint8_t *slots; /* each the stream, then the payload */
    uint16_t slot_size;
    uint16_t capacity; /* slots, 1..32767: 16-bit acknowledgements are unambiguous */
    uint32_t base;
    uint32_t cursor;
    uint32_t sent;
    uint32_t next;
    uint32_t dropped;
    uint64_t digest;
};

/* The buffer stays the caller's.  capacity is 0 when it is too small for one. */
void dut_outputs_init(
    struct dut_outputs *outputs, uint8_t *buffer, size_t size, unsigned values_max);

/* Forget all; numbers start at 0 again. */
void dut_outputs_open(struct dut_outputs *outputs);

unsigned dut_outputs_room(const struct dut_outputs *outputs);

/* Number and keep an output, or count it as dropped.  output->number is set here. */
void dut_outputs_add(struct dut_outputs *outputs, uint8_t stream, struct wire_output *output);

/* The host has all outputs below the one whose low bits are `low`; with `again` it wants those from
 * there on once more.  A number that is not kept (any more) changes nothing. */
void dut_outputs_acknowledge(struct dut_outputs *outputs, uint16_t low, bool again);

/* The output at the cursor, or NULL when all were sent. */
const uint8_t *dut_outputs_peek(const struct dut_outputs *outputs, size_t *ret_payload_size);

/* The output at the cursor is on the line. */
void dut_outputs_advance(struct dut_outputs *outputs);

#endif
