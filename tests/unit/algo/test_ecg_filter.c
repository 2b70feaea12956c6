/* The filters of the QRS detector against their definition, computed the long way. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "algo/ecg_filter.h"
#include "wire/protocol.h"

enum { STEPS = 300, BEFORE = 100 }; /* internal samples; those before are as the first input */

static int64_t sums[BEFORE + STEPS];
static int64_t lows[BEFORE + STEPS];
static int64_t bands[BEFORE + STEPS]; /* 1/16 LSB */
static int64_t slopes[BEFORE + STEPS];

static int64_t window(const int64_t *values, unsigned at, unsigned length)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < length; i++)
        sum += values[at - i];
    return sum;
}

static unsigned scaled(unsigned length, unsigned num, unsigned den, unsigned decimation)
{
    const unsigned divisor = 180 * den * decimation;
    return (length * num + divisor / 2) / divisor;
}

static int16_t any_sample(uint32_t *random)
{
    *random = *random * 1664525 + 1013904223;
    const int16_t sample = (int16_t)(*random >> 16);
    return sample == WIRE_SAMPLE_INVALID ? 0 : sample;
}

static void check(unsigned num, unsigned den)
{
    const unsigned decimation = (num + 90 * den) / (180 * den);
    const unsigned low = scaled(5, num, den, decimation);
    const unsigned half = scaled(12, num, den, decimation);
    const unsigned lag = scaled(2, num, den, decimation);
    const unsigned energy = scaled(28, num, den, decimation);
    const int64_t scale = UINT32_MAX / (low * low * decimation * (2 * half + 1)) * 16;
    uint32_t random = num * 4099 + den;
    struct ecg_filter filter = {0};

    cr_assert_leq(2 * low + 2 * half + 1 + lag + energy, ECG_ENTRIES_MAX, "%u/%u", num, den);
    algo_ecg_filter_init(&filter, num, den);
    cr_assert_eq(filter.rate_hz, scaled(180, num, den, decimation));
    cr_assert_eq(filter.delay, low - 1 + half);
    cr_assert_eq(filter.memory, energy);
    memset(bands, 0, sizeof bands);
    memset(slopes, 0, sizeof slopes);
    for (unsigned k = BEFORE; k < BEFORE + STEPS; k++) {
        sums[k] = 0;
        for (unsigned i = 0; i < decimation; i++) {
            const int16_t sample = any_sample(&random);
            if (k == BEFORE && i == 0)
                for (unsigned j = 0; j < BEFORE; j++) {
                    sums[j] = (int64_t)sample * decimation;
                    lows[j] = sums[j] * low * low;
                }
            sums[k] += sample;
            cr_assert_eq(algo_ecg_filter_push(&filter, sample), i + 1 == decimation);
        }
        lows[k] = 0;
        for (unsigned i = 0; i < low; i++)
            lows[k] += window(sums, k - i, low);
        const int64_t high = lows[k - half] * (2 * half + 1) - window(lows, k, 2 * half + 1);
        bands[k] = high * scale >> 32;
        slopes[k] = llabs(bands[k] - bands[k - lag]);
        const int64_t lsb = bands[k] / 16;
        cr_assert_eq(
            filter.band, lsb > INT16_MAX    ? INT16_MAX
                         : lsb < -INT16_MAX ? -INT16_MAX
                                            : lsb);
        cr_assert_eq(filter.slope, slopes[k], "%u/%u Hz, step %u", num, den, k - BEFORE);
        cr_assert_eq(filter.energy, window(slopes, k, energy), "%u/%u Hz", num, den);
    }
}

Test(ecg_filter, is_what_its_definition_says_at_every_rate)
{
    for (unsigned rate_hz = 100; rate_hz <= 2000; rate_hz++)
        check(rate_hz, 1);
    check(409500, 4095);
    check(1047971, 4095);
    check(2699, 10);
}

Test(ecg_filter, holds_the_last_valid_sample)
{
    struct ecg_filter gaps = {0};
    struct ecg_filter whole = {0};
    uint32_t random = 1;
    algo_ecg_filter_init(&gaps, 360, 1);
    algo_ecg_filter_init(&whole, 360, 1);
    cr_assert_not(algo_ecg_filter_push(&gaps, WIRE_SAMPLE_INVALID));
    cr_assert(algo_ecg_filter_push(&gaps, WIRE_SAMPLE_INVALID));
    cr_assert_not(gaps.started);
    cr_assert_eq(gaps.energy, 0);
    for (unsigned i = 0; i < 1000; i++) {
        const int16_t sample = any_sample(&random);
        algo_ecg_filter_push(&whole, sample);
        algo_ecg_filter_push(&whole, sample);
        algo_ecg_filter_push(&gaps, sample);
        algo_ecg_filter_push(&gaps, WIRE_SAMPLE_INVALID);
        cr_assert_eq(gaps.energy, whole.energy);
        cr_assert_eq(gaps.band, whole.band);
    }
}
