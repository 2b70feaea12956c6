/* Noise out of nothing: where a chain of stages begins.  By position, and the same on every machine but for hum, which needs a sine. */
#ifndef VR_REPLAY_NOISE_H
#define VR_REPLAY_NOISE_H

#include <stdint.h>

#include "replay/stage.h"
#include "scenario/scenario.h"

/* Normal with mean 0 and standard deviation 1, as the sum of twelve uniform numbers (|x| < 6): number `index` of its seed. */
double vr_noise_normal(uint64_t seed, uint64_t index);

/* Of unit power at `rate_hz`.  White: vr_noise_normal.  Pink (1/f): the sum of 16 white ones of which each is held twice as long as the one
 * before (R. Voss; M. Gardner, Scientific American, April 1978).  Hum: a sine at the mains' frequency, its phase by the seed. `count` is how
 * much of it will be used. */
int vr_stage_noise(
    struct vr_stage **chain, enum vr_fault_noise colour, double rate_hz, uint64_t seed,
    int64_t count, struct vr_err *err);

#endif
