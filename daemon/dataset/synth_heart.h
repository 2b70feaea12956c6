/* A heart made of numbers: its beats, and the samples of an electrode that sees them.
 *
 * After McSharry et al. 2003 (ECGSYN): a beat is a sum of Gaussian waves around its R peak, and beats
 * follow each other with respiratory and low-frequency variability.  Time is cut into blocks of 20 s.
 * What happens in a block depends on the recipe and the block's number alone, and its beats are
 * stretched to fill it exactly, so that any place can be computed without what lies before.
 *
 * The same on every machine: all integers, but for one table of 1024 Gaussian values, which takes only
 * double multiplications (no libm, no sums that a compiler could fuse). */
#ifndef VR_DATASET_SYNTH_HEART_H
#define VR_DATASET_SYNTH_HEART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VR_HEART_TICKS_PER_S \
    576000 /* every sampling rate in use divides it: 360, 250, 300, 500, 128 */
#define VR_HEART_BLOCK_S 20
#define VR_HEART_RATE_MAX_HZ 1000
#define VR_HEART_BLOCK_SAMPLES_MAX (VR_HEART_BLOCK_S * VR_HEART_RATE_MAX_HZ)
#define VR_HEART_BLOCK_BEATS_MAX 80
#define VR_HEART_BPM_MAX 180

#define VR_HEART_GAIN \
    200 /* LSB per mV: 11 bits around 1024, as in the classic arrhythmia recordings */
#define VR_HEART_BASELINE 1024
#define VR_HEART_VALUE_MAX 2047

struct vr_heart {
    int rate_hz; /* of the samples; divides VR_HEART_TICKS_PER_S */
    uint64_t seed;
    int beats_per_minute;
    int pvc_permille; /* of the beats */
    int apc_permille;
    int fibrillation_period; /* of every so many blocks (0 = never) ... */
    int fibrillation_first;  /* ... from this one on ... */
    int fibrillation_count;  /* ... for so many, the atria fibrillate */
    int wander_uv;           /* amplitude of the baseline's wander */
    int noise_uv;            /* standard deviation of the muscle noise, white */
};

struct vr_heart_beat {
    int64_t tick;         /* of its R peak, from the start of the record */
    int64_t before_ticks; /* since the beat before */
    uint8_t code;         /* VR_CODE_NORMAL, _PVC or _APC */
    bool fibrillation;
};

/* The beats of a block, in ascending time; returns their count, at least 1.  They lie in the block, at
 * least 300 ms behind its start. */
size_t vr_heart_beats(
    const struct vr_heart *heart, int64_t block,
    struct vr_heart_beat ret_beats[VR_HEART_BLOCK_BEATS_MAX]);

bool vr_heart_fibrillates(const struct vr_heart *heart, int64_t block);

/* The samples of a block: VR_HEART_BLOCK_S * rate_hz values in 0..VR_HEART_VALUE_MAX. */
void vr_heart_render(const struct vr_heart *heart, int64_t block, int32_t *ret_values);

#endif
