/* Order of numbers that wrap: sequence numbers, sample indexes, byte offsets, ticks, output
 * numbers.
 *
 * Right as long as the two are less than half the range apart; windows and rings see to that. */
#ifndef WIRE_SEQUENCE_H
#define WIRE_SEQUENCE_H

#include <stdint.h>

/* < 0, 0 or > 0 as a lies before, at or after b. */
static inline int wire_seq_compare(uint16_t a, uint16_t b)
{
    return (int16_t)(uint16_t)(a - b);
}

/* The same for 32-bit numbers. */
static inline int32_t wire_index_compare(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

/* The 32-bit number nearest to `near` whose low 16 bits are `low`. */
static inline uint32_t wire_seq_extend(uint16_t low, uint32_t near)
{
    const uint32_t ahead = (uint16_t)(low - (uint16_t)near);
    return ahead < 0x8000 ? near + ahead : near + ahead - 0x10000;
}

#endif
