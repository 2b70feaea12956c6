/* Microvolts times 2^15 while waves are summed, LSB at the end. */
#include "dataset/synth_heart.h"

#include <assert.h>
#include <string.h>

#include "base/rng.h"
#include "dataset/dataset.h"

#define TICKS_PER_MS (VR_HEART_TICKS_PER_S / 1000)
#define BLOCK_TICKS ((int64_t)VR_HEART_BLOCK_S * VR_HEART_TICKS_PER_S)
#define INTERVAL_MIN_TICKS (300 * TICKS_PER_MS)
#define FIRST_BEAT_TICKS (300 * TICKS_PER_MS) /* its P wave does not reach the block before */

/* Periods that no block is a multiple of, so that no two blocks breathe alike. */
#define BREATH_MS 4100
#define VASOMOTION_MS 10700 /* the 0.1 Hz waves of blood pressure */
#define DRIFT_MS 13300
#define FLUTTER_MS 163 /* f waves: 368 a minute */
#define FLUTTER_UV 45

enum random_stream { RANDOM_BEATS, RANDOM_NOISE };

struct wave {
    int offset_ms; /* from the R peak, with a beat a second */
    int sigma_ms;
    int amplitude_uv;
    bool repolarisation; /* comes earlier when the heart beats faster */
};

#define WAVE_COUNT 5

static const struct wave waves_sinus[WAVE_COUNT] = {
    {-165, 22, 130, false}, {-28, 9, -120, false}, {0, 10, 1200, false},
    {27, 9, -260, false},   {275, 48, 300, true},
};
static const struct wave waves_fibrillation[WAVE_COUNT] = {
    {-28, 9, -120, false},
    {0, 10, 1150, false},
    {27, 9, -260, false},
    {275, 48, 250, true},
};
static const struct wave waves_apc[WAVE_COUNT] = {
    {-130, 16, 90, false}, {-28, 9, -120, false}, {0, 10, 1180, false},
    {27, 9, -260, false},  {275, 48, 280, true},
};
static const struct wave waves_pvc[WAVE_COUNT] = {
    {-70, 26, -180, false},
    {0, 32, 1600, false},
    {85, 36, -520, false},
    {300, 62, -420, true},
};

#define GAUSS_SIZE 1024 /* over 4 standard deviations */

/* exp(-x^2 / 2) * 2^15 in steps of 1/256 by its own recurrence: each ratio of neighbours is the one
 * before times e^(-h^2). */
static void gauss_fill(int32_t ret_table[GAUSS_SIZE])
{
    double value = 1, ratio = 0x1.ffff00003ffffp-1; /* e^(-h^2 / 2) */
    for (int i = 0; i < GAUSS_SIZE; i++) {
        ret_table[i] = (int32_t)(value * 32768 + 0.5);
        value *= ratio;
        ratio *= 0x1.fffe0000ffffbp-1; /* e^(-h^2) */
    }
}

/* sin * 2^14 of a phase of 2^32 per turn, by Bhaskara's fraction, right to 0.2 %:
 * 16 u / (5 - 4 u) with u = x (1 - x), x the part of a half turn. */
static int32_t sine_q14(uint32_t phase)
{
    int64_t x = phase >> 16 & 0x7fff, u = x * (32768 - x);
    int32_t value = (int32_t)((u << 18) / ((INT64_C(5) << 30) - 4 * u));
    return phase >> 31 ? -value : value;
}

static uint32_t phase_at(int64_t tick, int period_ms)
{
    int64_t period = (int64_t)period_ms * TICKS_PER_MS;
    return (uint32_t)(((uint64_t)(tick % period) << 32) / (uint64_t)period);
}

/* Mean 0, standard deviation 2^14: the sum of four uniform numbers is close enough to a normal one, and
 * needs no logarithm. */
static int32_t normal_q14(struct vr_rng *rng)
{
    uint64_t bits = vr_rng_next(rng);
    int64_t sum =
        (int64_t)((bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48));
    return (int32_t)((sum - 131070) * 28378 / 65536); /* 2^14 / (2^16 * sqrt(4 / 12)) */
}

static void random_init(
    struct vr_rng *rng, const struct vr_heart *heart, int64_t block, enum random_stream stream)
{
    vr_rng_init(rng, heart->seed << 40 ^ (uint64_t)block << 8 ^ (uint64_t)stream);
}

bool vr_heart_fibrillates(const struct vr_heart *heart, int64_t block)
{
    if (heart->fibrillation_period == 0)
        return false;
    int64_t place = block % heart->fibrillation_period - heart->fibrillation_first;
    return place >= 0 && place < heart->fibrillation_count;
}

/* The next interval of the heart's own pacemaker. */
static int64_t interval_draw(
    const struct vr_heart *heart, bool fibrillation, int64_t tick, struct vr_rng *rng)
{
    int64_t mean = 60 * (int64_t)VR_HEART_TICKS_PER_S / heart->beats_per_minute, permille_q14;
    if (fibrillation) {
        mean = mean * 85 / 100;
        permille_q14 = 220 * (int64_t)normal_q14(rng);
    } else {
        permille_q14 = 50 * (int64_t)sine_q14(phase_at(tick, BREATH_MS)) +
                       30 * (int64_t)sine_q14(phase_at(tick, VASOMOTION_MS)) +
                       15 * (int64_t)normal_q14(rng);
    }
    int64_t interval = mean + mean * permille_q14 / (1000 * 16384);
    int64_t min = fibrillation ? 350 * TICKS_PER_MS : INTERVAL_MIN_TICKS;
    return interval < min ? min : interval;
}

/* Beats from the first one of the block to the first one of the next, in ticks from the former, before
 * the stretch.  An early beat and the one after its pause come together, so that the next block always
 * begins with a normal one. */
static size_t beats_draw(
    const struct vr_heart *heart, int64_t block,
    struct vr_heart_beat beats[VR_HEART_BLOCK_BEATS_MAX])
{
    struct vr_rng rng;
    random_init(&rng, heart, block, RANDOM_BEATS);
    bool fibrillation = vr_heart_fibrillates(heart, block);
    size_t count = 0;
    int64_t tick = 0, interval = 0;
    beats[count++] = (struct vr_heart_beat){.code = VR_CODE_NORMAL};
    while (tick + interval / 2 < BLOCK_TICKS) {
        assert(count + 2 <= VR_HEART_BLOCK_BEATS_MAX);
        interval = interval_draw(heart, fibrillation, block * BLOCK_TICKS + tick, &rng);
        int draw = fibrillation ? 1000 : (int)vr_rng_below(&rng, 1000);
        int64_t pause = interval;
        if (draw <
            heart->pvc_permille) { /* with a full compensatory pause: the sinus goes on unmoved */
            beats[count++] =
                (struct vr_heart_beat){.tick = tick + interval * 62 / 100, .code = VR_CODE_PVC};
            pause = 2 * interval;
        } else if (draw < heart->pvc_permille + heart->apc_permille) { /* resets the sinus */
            beats[count++] =
                (struct vr_heart_beat){.tick = tick + interval * 70 / 100, .code = VR_CODE_APC};
            pause = interval * 175 / 100;
        }
        tick += pause;
        beats[count++] = (struct vr_heart_beat){.tick = tick, .code = VR_CODE_NORMAL};
    }
    return count;
}

size_t vr_heart_beats(
    const struct vr_heart *heart, int64_t block,
    struct vr_heart_beat ret_beats[VR_HEART_BLOCK_BEATS_MAX])
{
    assert(heart->beats_per_minute > 0 && heart->beats_per_minute <= VR_HEART_BPM_MAX);
    size_t count = beats_draw(heart, block, ret_beats) - 1; /* the last is the next block's */
    int64_t drawn_ticks = ret_beats[count].tick;
    for (size_t i = 0; i <= count; i++)
        ret_beats[i].tick =
            block * BLOCK_TICKS + FIRST_BEAT_TICKS + ret_beats[i].tick * BLOCK_TICKS / drawn_ticks;
    for (size_t i = 0; i < count; i++) {
        /* For the first one the interval behind it must do, since it may not know the block before. */
        size_t from = i ? i - 1 : 0;
        ret_beats[i].before_ticks = ret_beats[from + 1].tick - ret_beats[from].tick;
        ret_beats[i].fibrillation = vr_heart_fibrillates(heart, block);
    }
    return count;
}

struct canvas {
    int32_t *values; /* microvolts * 2^15 */
    int64_t first_tick;
    int64_t step_ticks; /* between samples */
    int64_t count;
    int32_t gauss[GAUSS_SIZE];
};

static void wave_draw(struct canvas *canvas, int64_t center_tick, const struct wave *wave)
{
    int64_t sigma = (int64_t)wave->sigma_ms * TICKS_PER_MS, reach = 4 * sigma;
    int64_t center = center_tick - canvas->first_tick, step = canvas->step_ticks;
    int64_t first = center > reach ? (center - reach) / step + 1 : 0;
    int64_t end = center + reach > 0 ? (center + reach) / step : 0;
    int64_t steps_q20 = (INT64_C(256) << 20) / sigma; /* of the table per tick */
    for (int64_t i = first; i < end && i < canvas->count; i++) {
        int64_t distance = i * step - center;
        int64_t index = (distance < 0 ? -distance : distance) * steps_q20 >> 20;
        if (index < GAUSS_SIZE)
            canvas->values[i] += wave->amplitude_uv * canvas->gauss[index];
    }
}

static const struct wave *beat_waves(const struct vr_heart_beat *beat)
{
    switch (beat->code) {
    case VR_CODE_PVC:
        return waves_pvc;
    case VR_CODE_APC:
        return waves_apc;
    default:
        return beat->fibrillation ? waves_fibrillation : waves_sinus;
    }
}

static void beat_draw(struct canvas *canvas, const struct vr_heart_beat *beat)
{
    /* The Framingham correction of the QT interval: 154 ms per second between beats. */
    int64_t shift = (beat->before_ticks - VR_HEART_TICKS_PER_S) * 154 / 1000;
    const struct wave *waves = beat_waves(beat);
    for (int i = 0; i < WAVE_COUNT && waves[i].sigma_ms; i++)
        wave_draw(
            canvas,
            beat->tick + (int64_t)waves[i].offset_ms * TICKS_PER_MS +
                (waves[i].repolarisation ? shift : 0),
            &waves[i]);
}

/* What is not of the beats, in microvolts * 2^14, and the step to the converter's values. */
static void background_add(const struct vr_heart *heart, int64_t block, struct canvas *canvas)
{
    bool fibrillation = vr_heart_fibrillates(heart, block);
    struct vr_rng rng;
    random_init(&rng, heart, block, RANDOM_NOISE);
    for (int64_t i = 0; i < canvas->count; i++) {
        int64_t tick = canvas->first_tick + i * canvas->step_ticks;
        int64_t sum = heart->noise_uv * (int64_t)normal_q14(&rng);
        sum += heart->wander_uv * 6 / 10 * (int64_t)sine_q14(phase_at(tick, BREATH_MS));
        sum += heart->wander_uv * 4 / 10 * (int64_t)sine_q14(phase_at(tick, DRIFT_MS));
        if (fibrillation)
            sum += FLUTTER_UV * (int64_t)sine_q14(phase_at(tick, FLUTTER_MS));

        const int64_t uv_q15_per_mv = 1000 * 32768;
        int64_t scaled =
            (canvas->values[i] + 2 * sum) * VR_HEART_GAIN + VR_HEART_BASELINE * uv_q15_per_mv;
        int64_t value = (scaled + uv_q15_per_mv / 2) / uv_q15_per_mv;
        canvas->values[i] = (int32_t)(value < 0 ? 0 : value > VR_HEART_VALUE_MAX ? VR_HEART_VALUE_MAX : value);
    }
}

void vr_heart_render(const struct vr_heart *heart, int64_t block, int32_t *ret_values)
{
    struct canvas canvas = {
        .values = ret_values,
        .first_tick = block * BLOCK_TICKS,
        .step_ticks = VR_HEART_TICKS_PER_S / heart->rate_hz,
        .count = (int64_t)VR_HEART_BLOCK_S * heart->rate_hz,
    };
    gauss_fill(canvas.gauss);
    memset(ret_values, 0, (size_t)canvas.count * sizeof *ret_values);
    for (int64_t of = block > 0 ? block - 1 : 0; of <= block; of++) {
        struct vr_heart_beat beats[VR_HEART_BLOCK_BEATS_MAX];
        size_t count = vr_heart_beats(heart, of, beats);
        for (size_t i = 0; i < count; i++)
            beat_draw(&canvas, &beats[i]);
    }
    background_add(heart, block, &canvas);
}
