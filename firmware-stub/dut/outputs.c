/* A ring of packed outputs, indexed by their numbers. */
#include "dut/outputs.h"

#include "wire/digest.h"
#include "wire/sequence.h"

void dut_outputs_init(
    struct dut_outputs *outputs, uint8_t *buffer, size_t size, unsigned values_max)
{
    const size_t slot_size = DUT_OUTPUT_SIZE(values_max);
    const size_t capacity = size / slot_size;
    *outputs = (struct dut_outputs){
        .slots = buffer,
        .slot_size = (uint16_t)slot_size,
        .capacity = (uint16_t)(capacity < INT16_MAX ? capacity : INT16_MAX),
    };
    dut_outputs_open(outputs);
}

void dut_outputs_open(struct dut_outputs *outputs)
{
    outputs->base = outputs->cursor = outputs->sent = outputs->next = 0;
    outputs->dropped = 0;
    outputs->digest = WIRE_DIGEST_INIT;
}

unsigned dut_outputs_room(const struct dut_outputs *outputs)
{
    return outputs->capacity - (outputs->next - outputs->base);
}

static uint8_t *slot(const struct dut_outputs *outputs, uint32_t number)
{
    return outputs->slots + (size_t)(number % outputs->capacity) * outputs->slot_size;
}

void dut_outputs_add(struct dut_outputs *outputs, uint8_t stream, struct wire_output *output)
{
    output->number = outputs->next;
    uint8_t *const at = slot(outputs, output->number);
    if (!dut_outputs_room(outputs) || !wire_output_pack(output, at + 1, outputs->slot_size - 1u)) {
        outputs->dropped++;
        return;
    }
    at[0] = stream;
    outputs->digest = wire_output_digest(outputs->digest, stream, output);
    outputs->next++;
}

void dut_outputs_acknowledge(struct dut_outputs *outputs, uint16_t low, bool again)
{
    const uint32_t number = wire_seq_extend(low, outputs->base);
    if (number - outputs->base > outputs->next - outputs->base)
        return;
    outputs->base = number;
    if (again || wire_index_compare(outputs->cursor, number) < 0)
        outputs->cursor = number;
}

const uint8_t *dut_outputs_peek(const struct dut_outputs *outputs, size_t *ret_payload_size)
{
    if (outputs->cursor == outputs->next)
        return NULL;
    const uint8_t *const at = slot(outputs, outputs->cursor);
    *ret_payload_size = 24 + 4 * (size_t)at[1 + 6];
    return at;
}

void dut_outputs_advance(struct dut_outputs *outputs)
{
    outputs->cursor++;
    if (wire_index_compare(outputs->sent, outputs->cursor) < 0)
        outputs->sent = outputs->cursor;
}
