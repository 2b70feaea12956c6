/* xoshiro256** and splitmix64, from the published algorithms. */
#include "base/rng.h"

#include <math.h>

#define SPLITMIX_STEP 0x9e3779b97f4a7c15u

static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = *state += SPLITMIX_STEP;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void vr_rng_init(struct vr_rng *rng, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        rng->state[i] = splitmix64(&seed);
}

uint64_t vr_rng_at(uint64_t seed, uint64_t index)
{
    seed += index * SPLITMIX_STEP;
    return splitmix64(&seed);
}

static uint64_t rotate_left(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

uint64_t vr_rng_next(struct vr_rng *rng)
{
    uint64_t *s = rng->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint32_t vr_rng_below(struct vr_rng *rng, uint32_t bound)
{
    /* Multiply-shift (Lemire 2019) without the rejection step: its bias, below 2^-32 * bound, cannot matter for test faults. */
    return (uint32_t)(((vr_rng_next(rng) >> 32) * bound) >> 32);
}

double vr_rng_unit(struct vr_rng *rng)
{
    return (double)(vr_rng_next(rng) >> 11) * 0x1p-53;
}

double vr_rng_normal(struct vr_rng *rng)
{
    /* Box-Muller; 1 - unit keeps the logarithm's argument above 0. */
    double radius = sqrt(-2.0 * log(1.0 - vr_rng_unit(rng)));
    return radius * cos(6.283185307179586 * vr_rng_unit(rng));
}
