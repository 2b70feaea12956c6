/* QRS detector: the beats of one ECG channel at 100 to 2000 Hz, in integers, in 1 kB.
 *
 * The rules are those that Pan and Tompkins (1985) and Hamilton and Tompkins (1986) published: a
 * peak of the slope energy is a beat when it exceeds a threshold between the level of the last
 * beats and that of the last other peaks; search back when a beat is overdue; a T wave is less
 * steep.
 *
 *     filter -> climb -> queue -> judge -> held -> output
 *                          |        |
 *                   while learning  +-> noise level, candidate of the search back
 *
 * The constants were chosen on ten MIT-BIH records, so figures on those records flatter it. */
#include <stdlib.h>

#include "algo/algo.h"
#include "algo/ecg_filter.h"
#include "wire/sequence.h"

enum {
    BAND_SIZE = 128, /* history of the band: two peak widths of 180 ms are 98 samples at 270 Hz */
    QUEUE_MAX = 8,
    LEVELS = 8,
    THRESHOLD_256 = 110, /* noise + 110/256 of the distance from noise to beats */
    OUTLIER = 4,         /* a beat counts at most this many times the level .. */
    LEARN_S = 2,         /* .. so that one artefact does not deafen */
    DECAY_AFTER_S = 3,   /* without a beat: every second the level falls by a quarter .. */
    DECAYS_MAX = 5,      /* .. and a second after the last time all is learnt again */
    REFRACTORY_MS = 200, /* no heart beats twice in this time */
    T_WAVE_MS = 360,     /* within this time of a beat a peak may be its T wave */
    PEAK_WIDTH_MS = 180, /* the energy of one QRS, and how far ahead of it the R wave can lie */
    FIRST_INTERVAL_MS = 800,
    AMPLITUDE_MIN = 2, /* LSB: less is the last bit of the converter, not a beat */
};

enum {
#define X(code, identifier, mnemonic, aami, text) ANNOTATION_##identifier = code,
#include "schema/annotations.def"
#undef X
};

struct peak {
    int32_t energy;
    int32_t slope;     /* steepest on the way up */
    uint32_t time;     /* internal sample of the energy's maximum */
    int16_t amplitude; /* of the R wave, LSB */
    uint8_t back;      /* internal samples from the R wave to `time` */
};

struct ecg_qrs {
    struct ecg_filter filter;
    int16_t band[BAND_SIZE];
    uint32_t input_count;
    uint32_t now; /* internal samples so far */

    /* The peak that is being climbed. */
    struct peak rising;
    int32_t slope_max;
    int32_t valley; /* lowest energy since the last peak, while falling */
    bool falling;

    bool learning;
    uint8_t queue_count;
    uint32_t learn_until;
    int32_t learn_max;
    struct peak queue[QUEUE_MAX]; /* peaks in order of time, not judged yet */

    int32_t threshold;
    int32_t beat_levels[LEVELS];
    int32_t noise_levels[LEVELS];
    int32_t intervals[LEVELS];              /* between beats, internal samples */
    uint8_t beat_at, noise_at, interval_at; /* how many were ever written, mod 256 */
    uint8_t beat_count;                     /* since learning, up to LEVELS */
    uint8_t interval_count;                 /* up to LEVELS */
    uint8_t decays;                         /* since the last beat */
    uint32_t decay_at;
    uint32_t interval; /* median of the last ones */

    bool has_last, has_before;
    bool holding;       /* the last beat is not reported yet: a larger peak may replace it */
    struct peak last;   /* beat */
    uint32_t before;    /* time of the beat before it */
    struct peak missed; /* largest peak since then that was no beat; energy 0 = none */
    uint16_t flushed;   /* internal samples since the end of the record */

    /* Durations in internal samples. */
    uint16_t refractory;
    uint16_t t_wave;
    uint16_t peak_width;
};

static int32_t mean(const int32_t levels[LEVELS])
{
    int32_t sum = 0;
    for (unsigned i = 0; i < LEVELS; i++)
        sum += levels[i];
    return sum / LEVELS;
}

static int32_t median(const int32_t *values, unsigned count)
{
    int32_t sorted[LEVELS];
    for (unsigned i = 0; i < count; i++) {
        unsigned at = i;
        for (; at > 0 && sorted[at - 1] > values[i]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = values[i];
    }
    return sorted[count / 2];
}

/* The mean of the beats, since small ones among large ones shall pull the threshold down; the
 * median of the rest, since one large artefact shall not push it up. */
static void update_threshold(struct ecg_qrs *qrs)
{
    const int32_t noise = median(qrs->noise_levels, LEVELS);
    const int64_t distance = mean(qrs->beat_levels) - noise;
    qrs->threshold = noise + (int32_t)(distance * THRESHOLD_256 >> 8);
}

static void begin_learning(struct ecg_qrs *qrs)
{
    qrs->learning = true;
    qrs->learn_until = qrs->now + LEARN_S * qrs->filter.rate_hz;
    qrs->learn_max = 0;
    qrs->missed.energy = 0;
}

static const char *ecg_qrs_open(void *state, const struct wire_open *open)
{
    struct ecg_qrs *const qrs = state;
    const struct wire_stream *const stream = &open->streams[0];
    if (stream->rate_num < 100 * stream->rate_den || stream->rate_num > 2000 * stream->rate_den)
        return "ecg_qrs takes 100 to 2000 Hz";

    *qrs = (struct ecg_qrs){0};
    algo_ecg_filter_init(&qrs->filter, stream->rate_num, stream->rate_den);
    const unsigned rate_hz = qrs->filter.rate_hz;
    qrs->refractory = (uint16_t)(rate_hz * REFRACTORY_MS / 1000);
    qrs->t_wave = (uint16_t)(rate_hz * T_WAVE_MS / 1000);
    qrs->peak_width = (uint16_t)(rate_hz * PEAK_WIDTH_MS / 1000);
    qrs->interval = rate_hz * FIRST_INTERVAL_MS / 1000;
    begin_learning(qrs);
    return NULL;
}

/* The R wave is the largest band sample ahead of the energy's maximum. */
static void locate(const struct ecg_qrs *qrs, struct peak *peak)
{
    int largest = -1;
    for (unsigned back = 0; back < qrs->peak_width && back <= peak->time; back++) {
        const int16_t band = qrs->band[(peak->time - back) % BAND_SIZE];
        if (abs(band) <= largest)
            continue;
        largest = abs(band);
        peak->amplitude = band;
        peak->back = (uint8_t)back;
    }
}

/* Follow the energy.  A peak is complete when the energy has halved or stayed below it for its
 * width; the next one begins only where the energy rises again.  Returns whether one is. */
static bool climb(struct ecg_qrs *qrs, struct peak *ret_peak)
{
    const int32_t energy = qrs->filter.energy;
    struct peak *const rising = &qrs->rising;

    if (qrs->falling) {
        if (energy <= qrs->valley) {
            qrs->valley = energy;
            return false;
        }
        qrs->falling = false;
        qrs->slope_max = 0;
    }
    if (qrs->filter.slope > qrs->slope_max)
        qrs->slope_max = qrs->filter.slope;
    if (energy > rising->energy) {
        rising->energy = energy;
        rising->slope = qrs->slope_max;
        rising->time = qrs->now;
        return false;
    }
    if (!rising->energy)
        return false;
    if (energy >= rising->energy / 2 && qrs->now - rising->time <= qrs->peak_width)
        return false;
    locate(qrs, rising);
    *ret_peak = *rising;
    rising->energy = 0;
    qrs->falling = true;
    qrs->valley = energy;
    return true;
}

/* A full queue loses its smallest peak: no two seconds hold more beats than that. */
static void enqueue(struct ecg_qrs *qrs, const struct peak *peak)
{
    if (qrs->queue_count == QUEUE_MAX) {
        unsigned smallest = 0;
        for (unsigned i = 1; i < QUEUE_MAX; i++)
            if (qrs->queue[i].energy < qrs->queue[smallest].energy)
                smallest = i;
        if (peak->energy <= qrs->queue[smallest].energy)
            return;
        for (unsigned i = smallest; i + 1 < QUEUE_MAX; i++)
            qrs->queue[i] = qrs->queue[i + 1];
        qrs->queue_count--;
    }
    qrs->queue[qrs->queue_count++] = *peak;
}

static struct peak dequeue(struct ecg_qrs *qrs)
{
    const struct peak first = qrs->queue[0];
    qrs->queue_count--;
    for (unsigned i = 0; i < qrs->queue_count; i++)
        qrs->queue[i] = qrs->queue[i + 1];
    return first;
}

static void emit(const struct ecg_qrs *qrs, const struct algo_sink *sink)
{
    const uint32_t back = qrs->last.back + algo_ecg_filter_delay(&qrs->filter);
    const uint32_t decimation = qrs->filter.decimation;
    /* The middle of the inputs that the internal sample was made of. */
    const uint32_t index =
        qrs->last.time < back ? 0 : (qrs->last.time - back) * decimation + (decimation - 1) / 2;
    if (wire_index_compare(index, qrs->input_count) >= 0)
        return; /* the edge where the record was cut, not a beat */

    const int32_t values[] = {ANNOTATION_NORMAL, qrs->last.amplitude};
    const struct algo_output output = {
        .kind = WIRE_OUTPUT_BEAT,
        .value_count = 2,
        .sample_index = index,
        .values = values,
    };
    sink->emit(sink->context, &output);
}

/* The last beat can no longer be replaced: learn from it and report it. */
static void release(struct ecg_qrs *qrs, const struct algo_sink *sink)
{
    if (!qrs->holding)
        return;
    qrs->holding = false;

    int32_t energy = qrs->last.energy;
    if (qrs->beat_count == LEVELS) {
        const int32_t limit = OUTLIER * mean(qrs->beat_levels);
        if (energy > limit)
            energy = limit;
    } else {
        qrs->beat_count++;
    }
    qrs->beat_levels[qrs->beat_at++ % LEVELS] = energy;
    update_threshold(qrs);

    if (qrs->has_before) {
        qrs->intervals[qrs->interval_at++ % LEVELS] = (int32_t)(qrs->last.time - qrs->before);
        if (qrs->interval_count < LEVELS)
            qrs->interval_count++;
        qrs->interval = (uint32_t)median(qrs->intervals, qrs->interval_count);
    }
    qrs->has_before = true;
    qrs->before = qrs->last.time;
    emit(qrs, sink);
}

static void accept(struct ecg_qrs *qrs, const struct peak *peak, const struct algo_sink *sink)
{
    release(qrs, sink);
    qrs->last = *peak;
    qrs->has_last = true;
    qrs->holding = true;
    qrs->missed.energy = 0;
    qrs->decays = 0;
    qrs->decay_at = peak->time + DECAY_AFTER_S * qrs->filter.rate_hz;
}

static void judge(struct ecg_qrs *qrs, const struct peak *peak, const struct algo_sink *sink)
{
    const uint32_t since = qrs->has_last ? peak->time - qrs->last.time : UINT32_MAX;

    if (since <= qrs->refractory) {
        /* Of two peaks so near the larger is the QRS, the other a P wave or a pacing spike. */
        if (qrs->holding && peak->energy > qrs->last.energy)
            qrs->last = *peak;
        return;
    }
    release(qrs, sink);
    const bool early = since < qrs->t_wave;
    const bool t_wave = early && peak->slope < qrs->last.slope / 2;
    if (!t_wave && peak->energy > qrs->threshold && abs(peak->amplitude) >= AMPLITUDE_MIN) {
        accept(qrs, peak, sink);
        return;
    }
    qrs->noise_levels[qrs->noise_at++ % LEVELS] = peak->energy;
    update_threshold(qrs);
    if (!early && peak->energy > qrs->missed.energy)
        qrs->missed = *peak;
}

/* A beat is overdue by half an interval: take the largest peak since the last one, if it is at
 * least half a beat. */
static void search_back(struct ecg_qrs *qrs, const struct algo_sink *sink)
{
    if (!qrs->missed.energy || !qrs->has_last || qrs->flushed)
        return;
    if (qrs->now - qrs->last.time <= qrs->interval * 3 / 2)
        return;
    if (qrs->missed.energy > qrs->threshold / 2) {
        const struct peak missed = qrs->missed;
        accept(qrs, &missed, sink);
    }
}

/* The level at the start: three quarters of the largest energy. */
static void learn(struct ecg_qrs *qrs)
{
    if (!qrs->filter.started)
        qrs->learn_until = qrs->now + LEARN_S * qrs->filter.rate_hz;
    if (qrs->filter.energy > qrs->learn_max)
        qrs->learn_max = qrs->filter.energy;
    if (wire_index_compare(qrs->now, qrs->learn_until) < 0)
        return;
    for (unsigned i = 0; i < LEVELS; i++)
        qrs->beat_levels[i] = qrs->learn_max / 4 * 3;
    update_threshold(qrs);
    qrs->learning = false;
    qrs->beat_count = 0;
    qrs->decays = 0;
    qrs->decay_at = qrs->now + DECAY_AFTER_S * qrs->filter.rate_hz;
}

/* No beat for seconds: a pause, or the beats have become smaller. */
static void decay(struct ecg_qrs *qrs)
{
    if (wire_index_compare(qrs->now, qrs->decay_at) < 0)
        return;
    qrs->decay_at += qrs->filter.rate_hz;
    if (qrs->decays == DECAYS_MAX) {
        begin_learning(qrs);
        return;
    }
    qrs->decays++;
    for (unsigned i = 0; i < LEVELS; i++)
        qrs->beat_levels[i] = qrs->beat_levels[i] / 4 * 3;
    update_threshold(qrs);
}

/* A larger peak can still replace the last beat while one that began in time is being climbed. */
static bool is_settled(const struct ecg_qrs *qrs)
{
    if (qrs->now - qrs->last.time <= qrs->refractory)
        return false;
    return qrs->rising.energy <= qrs->last.energy ||
           qrs->rising.time - qrs->last.time > qrs->refractory;
}

/* One internal sample. */
static void advance(struct ecg_qrs *qrs, const struct algo_sink *sink)
{
    struct peak peak;

    qrs->band[qrs->now % BAND_SIZE] = qrs->filter.band;
    if (climb(qrs, &peak))
        enqueue(qrs, &peak);
    if (qrs->learning) {
        learn(qrs);
    } else {
        if (qrs->queue_count) {
            peak = dequeue(qrs);
            judge(qrs, &peak, sink);
        }
        search_back(qrs, sink);
        if (qrs->holding && !qrs->queue_count && is_settled(qrs))
            release(qrs, sink);
        decay(qrs);
    }
    qrs->now++;
}

static void ecg_qrs_step(
    void *state, unsigned stream, const int16_t *sample, const struct algo_sink *sink)
{
    struct ecg_qrs *const qrs = state;
    (void)stream;

    qrs->input_count++;
    if (algo_ecg_filter_push(&qrs->filter, sample[0]))
        advance(qrs, sink);
}

/* Hold the last value until the last beat is through the filters and can no longer be replaced. */
static bool ecg_qrs_finish(void *state, const struct algo_sink *sink)
{
    struct ecg_qrs *const qrs = state;
    const unsigned needed = algo_ecg_filter_delay(&qrs->filter) + qrs->filter.energy_length +
                            qrs->peak_width + qrs->refractory + QUEUE_MAX;

    if (!qrs->flushed && qrs->learning)
        qrs->learn_until = qrs->now;
    qrs->flushed++;
    while (!algo_ecg_filter_push(&qrs->filter, WIRE_SAMPLE_INVALID))
        continue;
    advance(qrs, sink);
    return qrs->flushed < needed;
}

const struct algo algo_ecg_qrs = {
    .name = "ecg_qrs",
    .id = 2,
    .stream_count = 1,
    .outputs_max = 3,
    .values_max = 2,
    .version = 1,
    .state_size = sizeof(struct ecg_qrs),
    .open = ecg_qrs_open,
    .step = ecg_qrs_step,
    .finish = ecg_qrs_finish,
};
