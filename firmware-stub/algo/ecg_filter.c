/* Moving windows in rings; all lengths are set at init, so that no sample needs a division. */
#include "algo/ecg_filter.h"

#include "wire/protocol.h"

/* Lengths of the windows at an internal rate of 180 Hz; that of ECG_HIGH is half its span. */
enum { REFERENCE_HZ = 180 };
static const uint8_t reference_lengths[ECG_WINDOWS] = {5, 5, 12, 2, 28};

void algo_ecg_filter_init(struct ecg_filter *filter, uint32_t rate_num, uint32_t rate_den)
{
    const uint32_t reference = REFERENCE_HZ * rate_den;
    const uint32_t decimation = (rate_num + reference / 2) / reference;
    filter->decimation = (uint8_t)decimation;

    /* length at the internal rate = length at 180 Hz * rate / (D * 180), rounded */
    const uint32_t divisor = reference * decimation;
    uint32_t gain = decimation; /* lengths of both low windows, of the high one */
    for (unsigned i = 0; i < ECG_WINDOWS; i++) {
        uint32_t length = (reference_lengths[i] * rate_num + divisor / 2) / divisor;
        if (i == ECG_HIGH) {
            filter->high_half = (uint8_t)length;
            length = 2 * length + 1;
        }
        if (i <= ECG_HIGH)
            gain *= length;
        filter->oldest[i] = filter->first[i];
        filter->first[i + 1] = (uint8_t)(filter->first[i] + length);
        filter->memory = (uint8_t)length;
    }
    filter->delay = (uint8_t)(filter->first[ECG_LOW_B] - 1 + filter->high_half);
    filter->rate_hz = (REFERENCE_HZ * rate_num + divisor / 2) / divisor;
    filter->scale = (int32_t)(UINT32_MAX / gain * 16);
}

/* Put x into a window.  Returns x minus what it replaced: by how much the window's sum grew. */
static int32_t slide(struct ecg_filter *filter, enum ecg_window window, int32_t x)
{
    const unsigned at = filter->oldest[window];
    const int32_t replaced = filter->entries[at];
    filter->entries[at] = x;
    filter->oldest[window] =
        (uint8_t)(at + 1 == filter->first[window + 1] ? filter->first[window] : at + 1);
    return x - replaced;
}

/* The middle of the span minus its mean, times the length of the span. */
static int32_t high_pass(struct ecg_filter *filter, int32_t x)
{
    const unsigned half = filter->high_half;
    filter->high_sum += slide(filter, ECG_HIGH, x);
    unsigned middle = filter->oldest[ECG_HIGH] + half;
    if (middle >= filter->first[ECG_HIGH + 1])
        middle -= 2 * half + 1;
    return filter->entries[middle] * (int32_t)(2 * half + 1) - filter->high_sum;
}

static void step(struct ecg_filter *filter, int32_t x)
{
    filter->low_sums[0] += slide(filter, ECG_LOW_A, x);
    filter->low_sums[1] += slide(filter, ECG_LOW_B, filter->low_sums[0]);
    const int32_t gained = high_pass(filter, filter->low_sums[1]);
    const int32_t band = (int32_t)((int64_t)gained * filter->scale >> 32);
    const int32_t lsb = band / 16;
    filter->band = lsb > INT16_MAX ? INT16_MAX : lsb < -INT16_MAX ? -INT16_MAX : lsb;

    const int32_t change = slide(filter, ECG_LAG, band);
    const int32_t slope = change < 0 ? -change : change;
    filter->slope = (uint32_t)slope;
    filter->energy += (uint32_t)slide(filter, ECG_ENERGY, slope);
}

bool algo_ecg_filter_push(struct ecg_filter *filter, int16_t sample)
{
    if (sample != WIRE_SAMPLE_INVALID) {
        filter->held = sample;
        if (!filter->started) {
            /* As if it had been there for ever: no step, no false beat at the start.  Some 13,000
             * instructions of a Cortex-M4F, once. */
            for (unsigned i = 0; i < ECG_ENTRIES_MAX; i++)
                step(filter, sample * filter->decimation);
            filter->gathered = sample * filter->gathered_count;
            filter->started = true;
        }
    }
    filter->gathered += filter->held;
    if (++filter->gathered_count < filter->decimation)
        return false;
    step(filter, filter->gathered);
    filter->gathered = 0;
    filter->gathered_count = 0;
    return true;
}
