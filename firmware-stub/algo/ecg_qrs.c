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
#include <string.h>

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
    uint32_t energy;
    uint32_t slope;    /* steepest on the way up */
    uint32_t time;     /* internal sample of the energy's maximum */
    int16_t amplitude; /* of the R wave, LSB */
    uint8_t back;      /* internal samples from the R wave to `time` */
};

/* The last values of something. */
struct recent {
    uint32_t values[LEVELS];
    uint32_t count; /* written so far; for beats since learning */
};

/* Flags and single numbers first: the nearer to the start, the shorter the instruction. */
struct ecg_qrs {
    bool learning;
    bool falling;
    bool has_before; /* `before` is set */
    bool holding;    /* the last beat is not reported yet: a larger peak may replace it */
    uint8_t queue_count;
    uint8_t decays; /* since the last beat */

    /* Durations in internal samples. */
    uint8_t refractory;
    uint8_t t_wave;
    uint8_t peak_width;

    uint16_t flushed;  /* internal samples since the end of the record */
    uint32_t interval; /* median of the last ones */

    uint32_t now; /* internal samples so far */
    uint32_t input_count;

    /* The peak that is being climbed. */
    struct peak rising;
    uint32_t slope_max;
    uint32_t valley; /* lowest energy since the last peak, while falling */

    uint32_t deadline; /* of learning, else of the next decay */

    struct peak last;   /* beat; energy 0 = none yet */
    uint32_t before;    /* time of the beat before it */
    struct peak missed; /* largest peak since `last` that was no beat; energy 0 = none.  While
                         * learning its energy is the largest so far */

    struct ecg_filter filter;
    struct recent beats;          /* energies */
    struct recent noise;          /* energies of other peaks */
    struct recent intervals;      /* between beats, internal samples */
    struct peak queue[QUEUE_MAX]; /* peaks in order of time, not judged yet */
    int16_t band[BAND_SIZE];
};

static void note(struct recent *recent, uint32_t value)
{
    recent->values[recent->count++ % LEVELS] = value;
}

static uint32_t mean(const struct recent *recent)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < LEVELS; i++)
        sum += recent->values[i];
    return sum / LEVELS;
}

/* The lowest value that more than half of those written do not exceed; those not written are 0, and
 * no value that is written while there are any. */
static uint32_t median(const struct recent *recent)
{
    const unsigned count = recent->count < LEVELS ? recent->count : LEVELS;
    uint32_t lowest = UINT32_MAX;
    for (unsigned i = 0; i < LEVELS; i++) {
        const uint32_t value = recent->values[i];
        unsigned not_above = 0;
        for (unsigned j = 0; j < LEVELS; j++)
            not_above += recent->values[j] <= value;
        if (not_above > LEVELS - count + count / 2 && value < lowest)
            lowest = value;
    }
    return lowest;
}

/* The mean of the beats, since small ones among large ones shall pull the threshold down; the
 * median of the rest, since one large artefact shall not push it up. */
static uint32_t threshold(const struct ecg_qrs *qrs)
{
    const uint32_t noise = median(&qrs->noise);
    const int64_t distance = (int32_t)(mean(&qrs->beats) - noise);
    return noise + (uint32_t)(distance * THRESHOLD_256 >> 8);
}

static void begin_learning(struct ecg_qrs *qrs)
{
    qrs->learning = true;
    qrs->deadline = qrs->now + LEARN_S * qrs->filter.rate_hz;
    qrs->decays = 0;
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
    qrs->refractory = (uint8_t)(rate_hz * REFRACTORY_MS / 1000);
    qrs->t_wave = (uint8_t)(rate_hz * T_WAVE_MS / 1000);
    qrs->peak_width = (uint8_t)(rate_hz * PEAK_WIDTH_MS / 1000);
    qrs->interval = rate_hz * FIRST_INTERVAL_MS / 1000;
    qrs->noise.count = LEVELS; /* silence so far */
    begin_learning(qrs);
    return NULL;
}

/* The R wave is the largest band sample, either way, ahead of the energy's maximum. */
static void locate(const struct ecg_qrs *qrs, struct peak *peak)
{
    int32_t largest = -1;
    for (unsigned back = 0; back < qrs->peak_width && back <= peak->time; back++) {
        const int16_t band = qrs->band[(peak->time - back) % BAND_SIZE];
        if (band * band <= largest)
            continue;
        largest = band * band;
        peak->amplitude = band;
        peak->back = (uint8_t)back;
    }
}

static void dequeue(struct ecg_qrs *qrs, struct peak *peak)
{
    const struct peak *const end = qrs->queue + --qrs->queue_count;
    memmove(peak, peak + 1, (size_t)(end - peak) * sizeof *peak);
}

/* A full queue loses its smallest peak: no two seconds hold more beats than that. */
static void enqueue(struct ecg_qrs *qrs, const struct peak *peak)
{
    if (qrs->queue_count == QUEUE_MAX) {
        struct peak *smallest = qrs->queue;
        for (struct peak *other = smallest + 1; other < qrs->queue + QUEUE_MAX; other++)
            if (other->energy < smallest->energy)
                smallest = other;
        if (peak->energy <= smallest->energy)
            return;
        dequeue(qrs, smallest);
    }
    qrs->queue[qrs->queue_count++] = *peak;
}

/* Follow the energy.  A peak is complete when the energy has halved or stayed below it for its
 * width; the next one begins only where the energy rises again. */
static void climb(struct ecg_qrs *qrs)
{
    const uint32_t energy = qrs->filter.energy;
    struct peak *const rising = &qrs->rising;

    if (qrs->falling) {
        if (energy <= qrs->valley) {
            qrs->valley = energy;
            return;
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
        return;
    }
    if (!rising->energy)
        return;
    if (energy >= rising->energy / 2 && qrs->now - rising->time <= qrs->peak_width)
        return;
    locate(qrs, rising);
    enqueue(qrs, rising);
    rising->energy = 0;
    qrs->falling = true;
    qrs->valley = energy;
}

static void emit(const struct ecg_qrs *qrs, const struct algo_sink *sink)
{
    const uint32_t back = qrs->last.back + qrs->filter.delay;
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

    uint32_t energy = qrs->last.energy;
    const uint32_t limit = OUTLIER * mean(&qrs->beats);
    if (qrs->beats.count >= LEVELS && energy > limit)
        energy = limit;
    note(&qrs->beats, energy);

    if (qrs->has_before) {
        note(&qrs->intervals, qrs->last.time - qrs->before);
        qrs->interval = median(&qrs->intervals);
    }
    qrs->has_before = true;
    qrs->before = qrs->last.time;
    emit(qrs, sink);
}

static void accept(struct ecg_qrs *qrs, const struct peak *peak, const struct algo_sink *sink)
{
    release(qrs, sink);
    qrs->last = *peak;
    qrs->holding = true;
    qrs->missed.energy = 0;
    qrs->decays = 0;
    qrs->deadline = peak->time + DECAY_AFTER_S * qrs->filter.rate_hz;
}

/* Whether the peak is a beat of its own. */
static bool is_beat(struct ecg_qrs *qrs, const struct peak *peak, const struct algo_sink *sink)
{
    const uint32_t since = qrs->last.energy ? peak->time - qrs->last.time : UINT32_MAX;

    if (since <= qrs->refractory) {
        /* Of two peaks so near the larger is the QRS, the other a P wave or a pacing spike. */
        if (qrs->holding && peak->energy > qrs->last.energy)
            qrs->last = *peak;
        return false;
    }
    release(qrs, sink);
    const bool early = since < qrs->t_wave;
    const bool t_wave = early && peak->slope < qrs->last.slope / 2;
    if (!t_wave && peak->energy > threshold(qrs) &&
        peak->amplitude * peak->amplitude >= AMPLITUDE_MIN * AMPLITUDE_MIN)
        return true;
    note(&qrs->noise, peak->energy);
    if (!early && peak->energy > qrs->missed.energy)
        qrs->missed = *peak;
    return false;
}

/* Search back: a beat is overdue by half an interval, so the largest peak since the last one is it,
 * if it is at least half a beat. */
static bool is_missed(const struct ecg_qrs *qrs)
{
    return qrs->missed.energy && qrs->last.energy && !qrs->flushed &&
           qrs->now - qrs->last.time > qrs->interval * 3 / 2 &&
           qrs->missed.energy > threshold(qrs) / 2;
}

/* Judge the first peak of the queue, then the largest of those judged before. */
static void judge(struct ecg_qrs *qrs, const struct algo_sink *sink)
{
    const struct peak *beat = NULL;

    if (qrs->queue_count && is_beat(qrs, qrs->queue, sink))
        beat = qrs->queue;
    else if (is_missed(qrs))
        beat = &qrs->missed;
    if (beat)
        accept(qrs, beat, sink);
    if (qrs->queue_count)
        dequeue(qrs, qrs->queue);
}

/* The time to learn is over, or no beat has come for seconds: a pause, or the beats have become
 * smaller.  The level is three quarters of the largest energy, or of what it was. */
static void expire(struct ecg_qrs *qrs)
{
    if (qrs->decays == DECAYS_MAX) {
        begin_learning(qrs);
        return;
    }
    for (unsigned i = 0; i < LEVELS; i++)
        qrs->beats.values[i] = (qrs->learning ? qrs->missed.energy : qrs->beats.values[i]) / 4 * 3;
    if (qrs->learning) {
        qrs->learning = false;
        qrs->missed.energy = 0;
        qrs->beats.count = 0;
        qrs->deadline = qrs->now + DECAY_AFTER_S * qrs->filter.rate_hz;
    } else {
        qrs->decays++;
        qrs->deadline += qrs->filter.rate_hz;
    }
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
    qrs->band[qrs->now % BAND_SIZE] = (int16_t)qrs->filter.band;
    climb(qrs);
    if (qrs->learning) {
        if (!qrs->filter.started)
            qrs->deadline = qrs->now + LEARN_S * qrs->filter.rate_hz;
        if (qrs->filter.energy > qrs->missed.energy)
            qrs->missed.energy = qrs->filter.energy;
    } else {
        judge(qrs, sink);
        if (!qrs->queue_count && is_settled(qrs))
            release(qrs, sink);
    }
    if (wire_index_compare(qrs->now, qrs->deadline) >= 0)
        expire(qrs);
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
    const int needed =
        qrs->filter.delay + qrs->filter.memory + qrs->peak_width + qrs->refractory + QUEUE_MAX;

    if (!qrs->flushed && qrs->learning)
        qrs->deadline = qrs->now;
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
