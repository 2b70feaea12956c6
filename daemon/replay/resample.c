#include "replay/resample.h"

#include <math.h>
#include <stdlib.h>

#define ZERO_CROSSINGS 32 /* of the sinc, to either side */
#define BETA 8.5          /* 0.1102 * (85.8 dB - 8.7): several images together stay below -80 dB */
#define CUTOFF 0.915      /* of the lower Nyquist frequency: the middle of the transition */
#define PHASES_MAX 1024
#define TAPS_MAX 4000000 /* of all phases: 32 MB */
#define COEFFICIENT_LSB 0x1p-40

/* In pedantic C the 128-bit integer needs the word. */
__extension__ typedef __int128 wide;

/* --- coefficients --- */

/* Modified Bessel function of the first kind, order 0, by its series. */
static double bessel_i0(double x)
{
    double sum = 1, term = 1;
    for (int k = 1; term > sum * 1e-18; k++) {
        term *= x / 2 / k * (x / 2 / k);
        sum += term;
    }
    return sum;
}

static double kaiser(double place)
{
    return fabs(place) < 1 ? bessel_i0(BETA * sqrt(1 - place * place)) / bessel_i0(BETA) : 0;
}

static double sinc(double x)
{
    return x == 0 ? 1 : sin(M_PI * x) / (M_PI * x);
}

/* Taps of the phase `fraction` behind an input sample, which add up to 1. */
static void make_row(double fraction, int64_t half, double cutoff, double *row)
{
    double sum = 0;
    for (int64_t tap = 0; tap < 2 * half; tap++) {
        double distance = (double)(tap - half + 1) - fraction;
        row[tap] = cutoff * sinc(cutoff * distance) * kaiser(distance / (double)half);
        sum += row[tap];
    }
    double rest = 1;
    for (int64_t tap = 0; tap < 2 * half; tap++) {
        row[tap] = round(row[tap] / sum / COEFFICIENT_LSB) * COEFFICIENT_LSB;
        rest -= row[tap];
    }
    row[fraction < 0.5 ? half - 1 : half] += rest;
}

static uint64_t greatest_divisor(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

int vr_resample_init_ratio(
    struct vr_resample *resample, uint64_t num, uint64_t den, struct vr_err *err)
{
    uint64_t divisor = greatest_divisor(num, den);
    num /= divisor, den /= divisor;
    double narrowing = num > den ? (double)den / (double)num : 1;
    double half = ceil(ZERO_CROSSINGS / narrowing);
    size_t phase_count = den <= PHASES_MAX ? (size_t)den : PHASES_MAX;
    if (half * 2 * (double)(phase_count + 1) > TAPS_MAX)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "cannot resample by %llu to %llu: the rates are too far apart for one filter",
            (unsigned long long)num, (unsigned long long)den);
    *resample = (struct vr_resample){
        .num = num, .den = den, .half = (int64_t)half, .phase_count = phase_count};
    size_t taps = 2 * (size_t)half;
    resample->rows = reallocarray(NULL, (phase_count + 1) * taps, sizeof *resample->rows);
    if (!resample->rows)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a filter of %zu taps", taps);
    for (size_t i = 0; i <= phase_count; i++)
        make_row(
            (double)i / (double)phase_count, resample->half, CUTOFF * narrowing,
            resample->rows + i * taps);
    return 0;
}

int vr_resample_init(
    struct vr_resample *resample, struct vr_rate from, struct vr_rate to, struct vr_err *err)
{
    return vr_resample_init_ratio(
        resample, (uint64_t)from.num * to.den, (uint64_t)from.den * to.num, err);
}

void vr_resample_finish(struct vr_resample *resample)
{
    free(resample->rows);
    resample->rows = NULL;
}

/* --- places --- */

/* index * num / den, downwards. */
static int64_t scale(int64_t index, uint64_t num, uint64_t den, uint64_t *ret_rest)
{
    wide product = (wide)index * (wide)num, quotient = product / (wide)den;
    if (product % (wide)den < 0)
        quotient--;
    if (ret_rest)
        *ret_rest = (uint64_t)(product - quotient * (wide)den);
    return (int64_t)quotient;
}

int64_t vr_resample_count(const struct vr_resample *resample, int64_t count)
{
    return scale(count, resample->den, resample->num, NULL);
}

int64_t vr_resample_place(const struct vr_resample *resample, int64_t index)
{
    uint64_t rest;
    int64_t place = scale(index, resample->den, resample->num, &rest);
    return place + (rest >= resample->num - rest);
}

void vr_resample_range(
    const struct vr_resample *resample, int64_t first, size_t count, int64_t *ret_first,
    size_t *ret_count)
{
    int64_t begin = scale(first, resample->num, resample->den, NULL) - resample->half + 1;
    int64_t last = scale(first + (int64_t)count - 1, resample->num, resample->den, NULL);
    *ret_first = begin;
    *ret_count = (size_t)(last + resample->half - begin + 1);
}

/* --- samples --- */

static double convolve(const double *row, const double *input, int64_t taps)
{
    double sum = 0;
    for (int64_t i = 0; i < taps; i++)
        sum += row[i] * input[i];
    return sum;
}

/* `input` begins with the first tap; `rest` / den is the phase. */
static double make_sample(const struct vr_resample *resample, const double *input, uint64_t rest)
{
    int64_t taps = 2 * resample->half;
    wide position = (wide)rest * (wide)resample->phase_count;
    size_t phase = (size_t)(position / (wide)resample->den);
    double mix = (double)(uint64_t)(position % (wide)resample->den) / (double)resample->den;
    const double *row = resample->rows + phase * (size_t)taps;

    double value = convolve(row, input, taps);
    if (mix > 0)
        value += mix * (convolve(row + taps, input, taps) - value);
    if (isfinite(value))
        return value;
    double nearest = input[resample->half - 1 + (rest >= resample->den - rest)];
    return isinf(nearest) ? nearest : NAN;
}

void vr_resample_apply(
    const struct vr_resample *resample, int64_t first, size_t count, const double *input,
    double *ret_values)
{
    int64_t begin = scale(first, resample->num, resample->den, NULL);
    for (size_t i = 0; i < count; i++) {
        uint64_t rest;
        int64_t place = scale(first + (int64_t)i, resample->num, resample->den, &rest);
        ret_values[i] = make_sample(resample, input + (place - begin), rest);
    }
}
