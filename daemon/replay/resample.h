/* Another sampling rate: a polyphase filter, windowed sinc (Kaiser), by position and without state.
 *
 * Output sample k lies at k / rate_out seconds from where input sample 0 lies: no delay is left.  The phase is exact: an integer and a
 * fraction, at any length.
 *
 *     passband    0 .. 0.83 of the lower of both Nyquist frequencies, ripple below 0.002 dB
 *     stopband    from that Nyquist frequency on: what would alias, and the images of a higher rate, below -80 dB
 *     constant    stays exactly what it is
 *     reach       32 samples of the lower rate to both sides (vr_resample_range)
 *
 * (Kaiser window of beta 8.5, F. Kuo and J. Kaiser, "System Analysis by Digital Computer", 1966; J. Kaiser, ISCAS 1974.)
 * tests/unit/replay/test_resample.c sweeps sines through it and holds it to these figures.
 *
 * Where a sample within reach is invalid (NaN) so is the output, except that where the nearest is infinite (stands at the rail), so does
 * the output: a filter cannot tell what was there, and invents nothing.
 *
 * Coefficients are made once and rounded to 2^-40, so that another libm makes the same.  Of fractions with more than 1024 phases 1024 are made, and what
 * lies between two is interpolated: an error below -116 dB. */
#ifndef VR_REPLAY_RESAMPLE_H
#define VR_REPLAY_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dataset/rate.h"

#define VR_RESAMPLE_PASSBAND 0.83 /* of the lower Nyquist frequency */

struct vr_resample {
    uint64_t num, den; /* input samples for each output sample, in lowest terms */
    int64_t half;      /* taps to either side */
    size_t phase_count;
    double *rows; /* phase_count + 1 rows of 2 * half taps */
};

/* VR_ERR_INPUT when the rates are too far apart for a filter of a sensible size, VR_ERR_NO_MEMORY.  Finish it on success. */
int vr_resample_init(
    struct vr_resample *resample, struct vr_rate from, struct vr_rate to, struct vr_err *err);
/* num / den input samples for each output sample; both above 0 and below 2^62. */
int vr_resample_init_ratio(
    struct vr_resample *resample, uint64_t num, uint64_t den, struct vr_err *err);
void vr_resample_finish(struct vr_resample *resample);

/* How many output samples `count` input samples make: those that begin within their time. */
int64_t vr_resample_count(const struct vr_resample *resample, int64_t count);

/* The input samples that outputs [first, first + count) are made of; count > 0. */
void vr_resample_range(
    const struct vr_resample *resample, int64_t first, size_t count, int64_t *ret_first,
    size_t *ret_count);

/* `input` is that range. */
void vr_resample_apply(
    const struct vr_resample *resample, int64_t first, size_t count, const double *input,
    double *ret_values);

/* Where input sample `index` lies among the outputs: the nearest. */
int64_t vr_resample_place(const struct vr_resample *resample, int64_t index);

#endif
