/* FNV-1a 64 over outputs. */
#include "wire/digest.h"

static uint64_t add_u8(uint64_t digest, uint8_t byte)
{
    return (digest ^ byte) * UINT64_C(0x100000001b3);
}

static uint64_t add_u32(uint64_t digest, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        digest = add_u8(digest, (uint8_t)(value >> 8 * i));
    return digest;
}

uint64_t wire_output_digest(uint64_t digest, uint8_t stream, const struct wire_output *output)
{
    digest = add_u32(digest, output->number);
    digest = add_u8(digest, output->kind);
    digest = add_u8(digest, stream);
    digest = add_u8(digest, output->value_count);
    digest = add_u32(digest, output->sample_index);
    digest = add_u32(digest, output->at_index);
    for (unsigned i = 0; i < output->value_count; i++)
        digest = add_u32(digest, (uint32_t)output->values[i]);
    return digest;
}
