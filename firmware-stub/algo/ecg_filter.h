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

/* The moving windows, all rings in one array.  LOW_A and LOW_B are of the same length. */
enum ecg_window { ECG_LOW_A, ECG_LOW_B, ECG_HIGH, ECG_LAG, ECG_ENERGY, ECG_WINDOWS };

/* Internal samples of all windows at the highest internal rate, just below 270 Hz: 7, 7, 37, 3 and
 * 42. */
enum { ECG_ENTRIES_MAX = 96 };

struct ecg_filter {
    /* What the last internal sample gave. */
    uint32_t slope;  /* 1/16 LSB over 11 ms */
    uint32_t energy; /* sum of slopes */
    int32_t band;    /* LSB, within 16 bits */

    uint32_t rate_hz; /* internal, rounded */
    uint8_t delay;    /* internal samples by which band lags behind the input .. */
    uint8_t memory;   /* .. and for how many a jump of the band is seen in the energy */
    uint8_t oldest[ECG_WINDOWS];
    uint8_t first[ECG_WINDOWS + 1]; /* window i is entries[first[i]] up to entries[first[i + 1]] */
    uint8_t high_half;              /* the moving mean spans 2 * high_half + 1 */
    uint8_t decimation;             /* D */
    uint8_t gathered_count;         /* inputs in `gathered`, the sum that is being built */
    bool started;                   /* a valid input has been seen */
    int16_t held;                   /* last valid input */
    int32_t gathered;
    int32_t scale; /* 2^36 / gain of both filters: the band comes out in 1/16 LSB */
    int32_t low_sums[2];
    int32_t high_sum;
    int32_t entries[ECG_ENTRIES_MAX];
};

/* Set up, in zeroed memory, for an input rate of rate_num / rate_den Hz, 100 to 2000. */
void algo_ecg_filter_init(struct ecg_filter *filter, uint32_t rate_num, uint32_t rate_den);

/* Take one input sample, WIRE_SAMPLE_INVALID = repeat the last valid one.  Returns whether an
 * internal sample is ready. */
bool algo_ecg_filter_push(struct ecg_filter *filter, int16_t sample);

#endif
