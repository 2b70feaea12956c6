/* The signal side of the QRS detector: ECG at any rate in; band, slope and energy at about 180 Hz
 * out.
 *
 *     sum of D samples
 *         -> low pass: two moving sums of 28 ms
 *         -> high pass: minus the moving mean of 139 ms
 *         -> |slope| over 11 ms
 *         -> energy: moving sum of 156 ms
 *
 * Lengths are times, so that the detector's constants hold at every rate.  The filters pass about 5
 * to 15 Hz, where a QRS differs most from P and T waves, wander and muscle.  Sums are kept whole
 * and scaled once, by a multiplication, so that a coarse unit loses nothing. */
#ifndef ALGO_ECG_FILTER_H
#define ALGO_ECG_FILTER_H

#include <stdbool.h>
#include <stdint.h>

/* Internal samples of each ring at the highest internal rate, just below 270 Hz. */
enum { ECG_LOW_MAX = 14, ECG_HIGH_MAX = 37, ECG_ENERGY_MAX = 42, ECG_LAG_MAX = 3 };

struct ecg_filter {
    /* What the last internal sample gave. */
    int32_t slope;  /* 1/16 LSB over 11 ms, never negative */
    int32_t energy; /* sum of slopes */
    int16_t band;   /* LSB, saturated */

    int16_t held;           /* last valid input */
    bool started;           /* a valid input has been seen */
    uint8_t gathered_count; /* inputs in `gathered`, the sum that is being built */
    int32_t gathered;

    uint16_t rate_hz;   /* internal, rounded */
    uint8_t decimation; /* D */
    uint8_t low_length;
    uint8_t high_half; /* the moving mean spans 2 * high_half + 1 */
    uint8_t energy_length;
    uint8_t lag;
    uint8_t low_at, high_at, energy_at, lag_at; /* oldest entry of each ring */
    int32_t scale; /* 2^36 / gain of both filters: the band comes out in 1/16 LSB */
    int32_t low_last[2];
    int32_t high_sum;
    int32_t low[ECG_LOW_MAX];
    int32_t high[ECG_HIGH_MAX];
    int32_t energies[ECG_ENERGY_MAX];
    int32_t lags[ECG_LAG_MAX];
};

/* Set up for an input rate of rate_num / rate_den Hz, 100 to 2000. */
void algo_ecg_filter_init(struct ecg_filter *filter, uint32_t rate_num, uint32_t rate_den);

/* Take one input sample, WIRE_SAMPLE_INVALID = repeat the last valid one.  Returns whether an
 * internal sample is ready. */
bool algo_ecg_filter_push(struct ecg_filter *filter, int16_t sample);

/* Internal samples by which band lags behind the input. */
unsigned algo_ecg_filter_delay(const struct ecg_filter *filter);

#endif
