/* Powers of signal and noise by the rule of the noise stress test.
 *
 * SNR = 10 log10(S / (N a^2)), a = the gain that the noise is multiplied by.
 *
 * S: the peak-to-peak amplitude of each of the first 300 normal QRS complexes (codes N, L, R, B) from 50 ms before its annotation to 50 ms
 * behind it; the largest and the smallest 5 % are left out; the mean of the others, squared, divided by 8 (which is right for a sine).
 * N: the first 300 s cut into seconds, of each the root mean square about its own mean; without the largest and the smallest 5 %; the mean
 * of the others, squared.  So slow wander counts little, as it does for a detector.
 *
 * Source: nst(1) and sigamp(1) in the WFDB Applications Guide (https://physionet.org/physiotools/wag/nst-1.htm); Moody, Muldrow and Mark,
 * "A noise stress test for arrhythmia detectors", Computers in Cardiology 11 (1984) 381-384.  Unlike nst, which moves the signal up or
 * down so that noise begins and ends without a step, our noise has its mean taken off. */
#ifndef VR_REPLAY_SNR_H
#define VR_REPLAY_SNR_H

#include "dataset/dataset.h"
#include "dataset/rate.h"
#include "replay/stage.h"

/* *ret_beats = complexes that it rests on.  VR_ERR_INPUT when the truth has no normal QRS complex (or none that is all there). */
int vr_snr_signal_power(
    struct vr_stage *signal, struct vr_rate rate, const struct vr_annotations *truth,
    struct vr_rate ticks, double *ret_power, size_t *ret_beats, struct vr_err *err);

/* Of anything that varies; *ret_mean over those seconds.  VR_ERR_INPUT when not one second of it is all there. */
int vr_snr_noise_power(
    struct vr_stage *noise, struct vr_rate rate, double *ret_power, double *ret_mean,
    struct vr_err *err);

/* The gain a. */
double vr_snr_gain(double signal_power, double noise_power, double snr_db);

#endif
