/* Little-endian numbers to and from bytes, at any alignment.  No struct is ever cast to bytes. */
#ifndef WIRE_BYTES_H
#define WIRE_BYTES_H

#include <stdint.h>
#include <string.h>

/* Where the machine's own order is the wire's, at any address, a copy of known size is one
 * instruction.  Of four bytes stored one by one GCC makes none on ARM, and calls instead. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && \
    (!defined(__arm__) || defined(__ARM_FEATURE_UNALIGNED))

static inline void wire_put_u16(uint8_t *bytes, uint16_t value)
{
    memcpy(bytes, &value, sizeof value);
}

static inline void wire_put_u32(uint8_t *bytes, uint32_t value)
{
    memcpy(bytes, &value, sizeof value);
}

static inline uint16_t wire_get_u16(const uint8_t *bytes)
{
    uint16_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static inline uint32_t wire_get_u32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

#else

static inline void wire_put_u16(uint8_t *bytes, uint16_t value)
{
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
}

static inline void wire_put_u32(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
    bytes[2] = (uint8_t)(value >> 16);
    bytes[3] = (uint8_t)(value >> 24);
}

static inline uint16_t wire_get_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t wire_get_u32(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

#endif

static inline void wire_put_u64(uint8_t *bytes, uint64_t value)
{
    wire_put_u32(bytes, (uint32_t)value);
    wire_put_u32(bytes + 4, (uint32_t)(value >> 32));
}

static inline int16_t wire_get_s16(const uint8_t *bytes)
{
    return (int16_t)wire_get_u16(bytes);
}

static inline uint64_t wire_get_u64(const uint8_t *bytes)
{
    return wire_get_u32(bytes) | (uint64_t)wire_get_u32(bytes + 4) << 32;
}

#endif
