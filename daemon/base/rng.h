/* Seeded randomness: the same numbers on every machine and libc.
 *
 * xoshiro256** seeded by splitmix64 (Blackman and Vigna, https://prng.di.unimi.it).  Not for secrets. */
#ifndef VR_BASE_RNG_H
#define VR_BASE_RNG_H

#include <stdint.h>

struct vr_rng {
    uint64_t state[4];
};

void vr_rng_init(struct vr_rng *rng, uint64_t seed);

uint64_t vr_rng_next(struct vr_rng *rng);

/* Number `index` of the splitmix64 that begins at `seed`: by position, where vr_rng_next is one after the other. */
uint64_t vr_rng_at(uint64_t seed, uint64_t index);

/* Uniform in [0, bound); bound > 0. */
uint32_t vr_rng_below(struct vr_rng *rng, uint32_t bound);

/* Uniform in [0, 1). */
double vr_rng_unit(struct vr_rng *rng);

/* Normal with mean 0 and standard deviation 1. */
double vr_rng_normal(struct vr_rng *rng);

#endif
