#include "replay/noise.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"

#define PINK_ROWS 16 /* 1/f from half the rate down to 1/65,536 of it */

double vr_noise_normal(uint64_t seed, uint64_t index)
{
    int64_t sum = 0;
    for (uint64_t word = 0; word < 3; word++) {
        uint64_t bits = vr_rng_at(seed, 3 * index + word);
        sum += (int64_t)(bits & 0xffff) + (int64_t)(bits >> 16 & 0xffff) +
               (int64_t)(bits >> 32 & 0xffff) + (int64_t)(bits >> 48);
    }
    return (double)(2 * sum - 12 * 65535) / (2 * 65536.0);
}

struct noise {
    struct vr_stage stage;
    enum vr_fault_noise colour;
    uint64_t seed;
    double cycles; /* of hum, for each sample */
};

static void read_white(const struct noise *noise, int64_t first, size_t count, double *ret_values)
{
    for (size_t i = 0; i < count; i++)
        ret_values[i] = vr_noise_normal(noise->seed, (uint64_t)(first + (int64_t)i));
}

/* A row's number is made when it changes. */
static void read_pink(const struct noise *noise, int64_t first, size_t count, double *ret_values)
{
    double rows[PINK_ROWS];
    for (size_t i = 0; i < count; i++) {
        uint64_t index = (uint64_t)(first + (int64_t)i);
        double sum = 0;
        for (unsigned row = 0; row < PINK_ROWS; row++) {
            if (i == 0 || (index & ((UINT64_C(1) << row) - 1)) == 0)
                rows[row] = vr_noise_normal(vr_rng_at(noise->seed, row), index >> row);
            sum += rows[row];
        }
        ret_values[i] = sum / sqrt(PINK_ROWS);
    }
}

static void read_hum(const struct noise *noise, int64_t first, size_t count, double *ret_values)
{
    double phase = (double)(noise->seed >> 11) * 0x1p-53;
    for (size_t i = 0; i < count; i++) {
        double cycles = fmod(noise->cycles * (double)(first + (int64_t)i), 1) + phase;
        ret_values[i] = M_SQRT2 * sin(2 * M_PI * cycles);
    }
}

static int noise_read(
    struct vr_stage *stage, int64_t first, size_t count, double *ret_values, struct vr_err *err)
{
    const struct noise *noise = (const struct noise *)stage;
    (void)err;
    if (noise->colour == VR_NOISE_WHITE)
        read_white(noise, first, count, ret_values);
    else if (noise->colour == VR_NOISE_PINK)
        read_pink(noise, first, count, ret_values);
    else
        read_hum(noise, first, count, ret_values);
    return 0;
}

static const struct vr_stage_type noise_type = {.read = noise_read};

int vr_stage_noise(
    struct vr_stage **chain, enum vr_fault_noise colour, double rate_hz, uint64_t seed,
    int64_t count, struct vr_err *err)
{
    struct noise *noise = calloc(1, sizeof *noise);
    if (noise)
        *noise = (struct noise){
            .stage.sample_count = count,
            .colour = colour,
            .seed = seed,
            .cycles = (colour == VR_NOISE_HUM_50 ? 50 : 60) / rate_hz,
        };
    return vr_stage_put(chain, noise ? &noise->stage : NULL, &noise_type, err);
}
