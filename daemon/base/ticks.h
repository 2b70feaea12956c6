/* Counters of 32 bits that wrap, followed as counters of 64. */
#ifndef VR_BASE_TICKS_H
#define VR_BASE_TICKS_H

#include <stdint.h>

/* The count nearest to `expected` whose lower 32 bits are `ticks`. */
static inline int64_t vr_ticks_near(uint32_t ticks, int64_t expected)
{
    return expected + (int32_t)(ticks - (uint32_t)(uint64_t)expected);
}

/* The largest count up to `latest` whose lower 32 bits are `ticks`. */
static inline int64_t vr_ticks_until(uint32_t ticks, int64_t latest)
{
    return latest - (int64_t)((uint32_t)(uint64_t)latest - ticks);
}

#endif
