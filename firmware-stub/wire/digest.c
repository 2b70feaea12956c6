/* FNV-1a 64 over outputs. */
#include "wire/digest.h"

#include <stddef.h>

#include "wire/bytes.h"

enum { HEAD_SIZE = 15 };

uint64_t wire_output_digest(uint64_t digest, uint8_t stream, const struct wire_output *output)
{
    uint8_t text[HEAD_SIZE + 4 * WIRE_VALUES_MAX];
    const size_t size = HEAD_SIZE + 4 * (size_t)output->value_count;

    wire_put_u32(text, output->number);
    text[4] = output->kind;
    text[5] = stream;
    text[6] = output->value_count;
    wire_put_u32(text + 7, output->sample_index);
    wire_put_u32(text + 11, output->at_index);
    for (unsigned i = 0; i < output->value_count; i++)
        wire_put_u32(text + HEAD_SIZE + 4 * i, (uint32_t)output->values[i]);
    for (size_t i = 0; i < size; i++)
        digest = (digest ^ text[i]) * UINT64_C(0x100000001b3);
    return digest;
}
