/* Samples of a power trace: the one shape in which a meter's decoder (power/), the run file (store/) and those who read it hand them
 * on.
 *
 * The axis is the index of the instrument's own sample, from 0 at its first one; energy is integrated there.  An index is never
 * skipped: a sample that was lost has its place, and is marked as missing. */
#ifndef VR_BASE_POWER_SAMPLES_H
#define VR_BASE_POWER_SAMPLES_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VR_POWER_RANGES 15  /* codes of a range: 0..14 */
#define VR_POWER_MISSING 15 /* "range" of a sample that was lost */
#define VR_POWER_LINES 8    /* digital inputs, bits 0..7 */

/* What a value is. */
enum vr_power_quantity {
    VR_POWER_CURRENT, /* A; energy = value * volts / rate */
    VR_POWER_POWER,   /* W; energy = value / rate */
    VR_POWER_ENERGY,  /* J in the sample's own period */
};

/* How a coded sample becomes a value, in SI units: a[0] + a[1] * code + a[2] * code^2, by range.  Codes are kept as the instrument sent
 * them, so that another calibration can be applied later, and because they compress ten times better than floats. */
struct vr_power_scale {
    double a[VR_POWER_RANGES][3];
    /* Half width of the systematic error of a reading in the range, as part of the reading; NaN = the maker does not say. */
    double gain_err[VR_POWER_RANGES];
    uint16_t
        ceiling; /* code from which on the input was out of range: the value is a floor of the truth; 0 = none */
};

static inline double vr_power_value(
    const struct vr_power_scale *scale, unsigned range, unsigned code)
{
    if (range >= VR_POWER_RANGES)
        return (double)NAN;
    const double *a = scale->a[range];
    return a[0] + code * (a[1] + code * a[2]);
}

/* A run of samples; arrays of `count`, borrowed.  Coded (codes and ranges) or not (values): the same for all of a stream. */
struct vr_power_samples {
    int64_t first; /* index */
    size_t count;
    const uint16_t *codes;
    const uint8_t *ranges; /* 0..14, or VR_POWER_MISSING; NULL = not coded */
    const float *values;   /* NaN = missing; NULL = coded */
    const float *volts;    /* NULL = the supply is fixed; NaN = missing */
    const uint8_t *
        lines; /* levels of the digital inputs, of a missing sample those before it; NULL = there are none */
};

/* How a loss was found. */
enum vr_power_gap_kind {
    VR_POWER_GAP_COUNTER, /* the instrument's own count of samples or frames: exact */
    VR_POWER_GAP_ARRIVAL, /* from the times of arrival: its place is known to `place_err` */
    VR_POWER_GAP_DESYNC, /* bytes were lost, what came until the next sure sample was thrown away */
    VR_POWER_GAP_MARKED, /* the instrument says that it lost or could not measure them */
    VR_POWER_GAP_UNPLUG, /* the instrument was away; the stream ends there */
    VR_POWER_GAP_KINDS
};

/* Lost samples.  They are there as missing samples too: this row says how they were found, and how surely. */
struct vr_power_gap {
    int64_t first, count;
    enum vr_power_gap_kind kind;
    int64_t count_min, count_max; /* bounds, count among them */
    int64_t place_err;            /* the true place is at most so many samples from `first` */
};

#endif
