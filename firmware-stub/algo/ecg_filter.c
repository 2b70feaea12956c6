/* Moving sums in rings; all lengths are set at init, so that no sample needs a division. */
#include "algo/ecg_filter.h"

#include "wire/protocol.h"

/* The internal rate that the lengths below are given at. */
enum { REFERENCE_HZ = 180, LOW_LENGTH = 5, HIGH_HALF = 12, ENERGY_LENGTH = 28, LAG = 2 };

void algo_ecg_filter_init(struct ecg_filter *filter, uint32_t rate_num, uint32_t rate_den)
{
    const uint32_t reference = REFERENCE_HZ * rate_den;
    uint32_t decimation = (rate_num + reference / 2) / reference;
    if (!decimation)
        decimation = 1;

    /* length at the internal rate = length at 180 Hz * rate / (D * 180), rounded */
    const uint32_t divisor = reference * decimation;
#define SCALED(length) ((uint8_t)(((length)*rate_num + divisor / 2) / divisor))
    *filter = (struct ecg_filter){
        .rate_hz = (uint16_t)((REFERENCE_HZ * rate_num + divisor / 2) / divisor),
        .decimation = (uint8_t)decimation,
        .low_length = SCALED(LOW_LENGTH),
        .high_half = SCALED(HIGH_HALF),
        .energy_length = SCALED(ENERGY_LENGTH),
        .lag = SCALED(LAG),
    };
#undef SCALED
    const uint32_t low_gain = (uint32_t)filter->low_length * filter->low_length * decimation;
    const uint32_t gain = low_gain * (2u * filter->high_half + 1);
    filter->scale = (int32_t)(UINT32_MAX / gain * 16);
}

unsigned algo_ecg_filter_delay(const struct ecg_filter *filter)
{
    return filter->low_length - 1u + filter->high_half;
}

/* As if the first valid sample had been there for ever: no step, no false beat at the start. */
static void settle(struct ecg_filter *filter)
{
    const int32_t sum = filter->held * filter->decimation;
    const int32_t low = sum * filter->low_length * filter->low_length;
    for (unsigned i = 0; i < ECG_LOW_MAX; i++)
        filter->low[i] = sum;
    for (unsigned i = 0; i < ECG_HIGH_MAX; i++)
        filter->high[i] = low;
    filter->low_last[0] = filter->low_last[1] = low;
    filter->high_sum = low * (2 * filter->high_half + 1);
    filter->gathered = filter->held * filter->gathered_count;
    filter->started = true;
}

static uint8_t next(unsigned at, unsigned length)
{
    return (uint8_t)(at + 1 == length ? 0 : at + 1);
}

/* Lynn's recursion of two moving sums: y = 2 y[1] - y[2] + x - 2 x[n] + x[2n]. */
static int32_t low_pass(struct ecg_filter *filter, int32_t x)
{
    const unsigned length = filter->low_length;
    const unsigned oldest = filter->low_at;
    const unsigned middle = oldest >= length ? oldest - length : oldest + length;
    const int32_t y = 2 * filter->low_last[0] - filter->low_last[1] + x - 2 * filter->low[middle] +
                      filter->low[oldest];
    filter->low[oldest] = x;
    filter->low_at = next(oldest, 2 * length);
    filter->low_last[1] = filter->low_last[0];
    filter->low_last[0] = y;
    return y;
}

/* The middle of the span minus its mean, times the length of the span. */
static int32_t high_pass(struct ecg_filter *filter, int32_t x)
{
    const unsigned half = filter->high_half;
    const unsigned oldest = filter->high_at;
    const unsigned middle = oldest >= half ? oldest - half : oldest + half + 1;
    filter->high_sum += x - filter->high[oldest];
    filter->high[oldest] = x;
    filter->high_at = next(oldest, 2 * half + 1);
    return filter->high[middle] * (int32_t)(2 * half + 1) - filter->high_sum;
}

static void step(struct ecg_filter *filter, int32_t sum)
{
    const int32_t gained = high_pass(filter, low_pass(filter, sum));
    const int32_t band = (int32_t)((int64_t)gained * filter->scale >> 32);
    const int32_t lsb = band / 16;
    filter->band = (int16_t)(lsb > INT16_MAX ? INT16_MAX : lsb < -INT16_MAX ? -INT16_MAX : lsb);

    const int32_t change = band - filter->lags[filter->lag_at];
    filter->lags[filter->lag_at] = band;
    filter->lag_at = next(filter->lag_at, filter->lag);
    filter->slope = change < 0 ? -change : change;

    filter->energy += filter->slope - filter->energies[filter->energy_at];
    filter->energies[filter->energy_at] = filter->slope;
    filter->energy_at = next(filter->energy_at, filter->energy_length);
}

bool algo_ecg_filter_push(struct ecg_filter *filter, int16_t sample)
{
    if (sample != WIRE_SAMPLE_INVALID) {
        filter->held = sample;
        if (!filter->started)
            settle(filter);
    }
    filter->gathered += filter->held;
    if (++filter->gathered_count < filter->decimation)
        return false;
    if (filter->started)
        step(filter, filter->gathered);
    filter->gathered = 0;
    filter->gathered_count = 0;
    return true;
}
