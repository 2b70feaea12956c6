#include "replay/signal_faults.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "dataset/annotation_rate.h"
#include "replay/convert.h"
#include "replay/fault_stages.h"
#include "replay/noise.h"
#include "replay/snr.h"

/* One fault at work on one channel. */
struct work {
    const struct vr_fault_trial *trial;
    const struct vr_scenario_fault *fault;
    const struct vr_fault_channel *channel;
    const struct vr_record *record;
    size_t place; /* of the fault */
    double value; /* of its parameter */
    struct vr_fault_times times;
    struct vr_stage **chain;
    struct vr_applied_fault *applied;
};

static int refuse(const struct work *work, struct vr_err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int refuse(const struct work *work, struct vr_err *err, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return vr_err_set(
        err, VR_ERR_INPUT, "%s:%d:%d: signal_faults[%zu] (%s), record %s, signal \"%s\": %s",
        work->trial->scenario->file, work->fault->place.line, work->fault->place.column,
        work->place, work->fault->word, work->record->name, work->channel->signal->name, text);
}

/* --- what is drawn --- */

/* `channel` -1: the same for all channels. */
static uint64_t seed_of(const struct work *work, int channel)
{
    char text[VR_NAME_SIZE + 96], hex[VR_DIGEST_HEX_SIZE], digits[17];
    int size = snprintf(
        text, sizeof text, "%" PRIu64 " %s %d %zu %d", work->trial->seed, work->record->name,
        work->trial->repeat, work->place, channel);
    vr_digest_bytes(text, (size_t)size, hex);
    snprintf(digits, sizeof digits, "%.16s", hex);
    return strtoull(digits, NULL, 16);
}

static double fraction(uint64_t seed)
{
    return (double)(seed >> 11) * 0x1p-53;
}

/* --- what is told of it --- */

static void note(struct work *work, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void note(struct work *work, const char *format, ...)
{
    char *detail = work->applied->detail;
    size_t used = strlen(detail), room = VR_FAULT_DETAIL_SIZE - used;
    va_list arguments;
    if (used > 0 && room > 1) {
        detail[used++] = ';';
        detail[used] = '\0';
        room--;
    }
    va_start(arguments, format);
    vsnprintf(detail + used, room, format, arguments);
    va_end(arguments);
}

static void note_times(struct work *work, int64_t sample_count)
{
    struct vr_signal_fault_row *row = &work->applied->row;
    int64_t times = vr_fault_times_count(&work->times, sample_count);
    row->first = vr_fault_times_start(&work->times, 0);
    row->count = 0;
    if (times == 0)
        return;
    int64_t last = vr_fault_times_start(&work->times, times - 1);
    int64_t left = sample_count - last;
    int64_t length = work->times.length < left ? work->times.length : left;
    row->count = last + length - row->first;
    if (work->times.every_s > 0)
        note(
            work, "times=%" PRId64 ";length=%" PRId64 ";every_s=%g", times, work->times.length,
            work->times.every_s);
}

/* --- noise --- */

static int open_noise(struct work *work, struct vr_dataset **ret_dataset, struct vr_err *err)
{
    const struct vr_fault_source *source = &work->fault->source;
    _cleanup_free_ char *path = NULL;
    struct vr_err cause = {0};
    int r = vr_scenario_place_path(
        work->trial->scenario, source->path, source->path_place, "source.path", &path, err);
    if (r < 0)
        return r;
    if (vr_dataset_open(source->kind, path, source->record, ret_dataset, &cause) < 0)
        return vr_err_set(
            err, cause.code, "%s:%d:%d: signal_faults[%zu].source: %s", work->trial->scenario->file,
            work->fault->place.line, work->fault->place.column, work->place, cause.text);
    return 0;
}

static int put_at_rate(
    struct vr_stage **chain, const struct vr_signal *signal, struct vr_rate rate,
    struct vr_err *err)
{
    struct vr_resample resample;
    struct vr_rate from = {signal->rate_num, signal->rate_den};
    if (from.num == rate.num && from.den == rate.den)
        return 0;
    int r = vr_resample_init(&resample, from, rate, err);
    return r < 0 ? r : vr_stage_resample(chain, &resample, err);
}

/* Of a recording from its start; the loop comes when its power is measured. */
static int record_noise(struct work *work, struct vr_stage **ret_noise, struct vr_err *err)
{
    const struct vr_fault_source *source = &work->fault->source;
    struct vr_dataset *dataset = NULL;
    int r = open_noise(work, &dataset, err);
    if (r < 0)
        return r;
    const struct vr_record *record = vr_dataset_record(dataset);
    size_t signal = source->signal >= 0         ? (size_t)source->signal
                    : record->signal_count == 0 ? 0
                                                : work->channel->place % record->signal_count;
    if (signal >= record->signal_count) {
        r = refuse(
            work, err, "record %s has no signal %zu; it has %zu", record->name, signal,
            record->signal_count);
        vr_dataset_close(dataset);
        return r;
    }
    note(work, "source=%s/%s", record->name, record->signals[signal].name);
    r = vr_stage_record_owned(ret_noise, dataset, signal, err);
    return r < 0 ? r : put_at_rate(ret_noise, &record->signals[signal], work->channel->rate, err);
}

static int make_noise(struct work *work, struct vr_stage **ret_noise, struct vr_err *err)
{
    struct vr_rate rate = work->channel->rate;
    note(work, "seed=%016" PRIx64, seed_of(work, (int)work->channel->place));
    if (!work->fault->source.path)
        return vr_stage_noise(
            ret_noise, work->fault->noise, (double)rate.num / rate.den,
            seed_of(work, (int)work->channel->place), (*work->chain)->sample_count, err);
    return record_noise(work, ret_noise, err);
}

/* So that channels and streams stay together, the start is one time for all of them. */
static int loop_noise(struct work *work, struct vr_stage **noise, struct vr_err *err)
{
    const struct vr_fault_source *source = &work->fault->source;
    struct vr_rate rate = work->channel->rate;
    if (!source->path)
        return 0;
    double rate_hz = (double)rate.num / rate.den;
    double length_s = (double)(*noise)->sample_count / rate_hz;
    double start_s = source->start_s >= 0 ? fmod(source->start_s, length_s)
                                          : fraction(seed_of(work, -1)) * length_s;
    int64_t start = llround(start_s * rate_hz) % (*noise)->sample_count;
    note(work, "start=%" PRId64, start);
    return vr_stage_loop(noise, start, err);
}

static int find_gain(struct work *work, double noise_power, double *ret_gain, struct vr_err *err)
{
    const struct vr_fault_trial *trial = work->trial;
    const struct vr_record *record = work->record;
    double power = 0, rms = 0;
    size_t beats = 0;
    struct vr_err cause = {0};
    if (strcmp(work->fault->parameter, "rms") == 0) {
        if (!vr_convert_amount(work->channel->signal, work->fault->unit, work->value, &rms))
            return refuse(work, err, "its unit cannot be told in %s", work->fault->unit);
        *ret_gain = rms / sqrt(noise_power);
        return 0;
    }
    if (!trial->truth)
        return refuse(
            work, err,
            "there is no truth \"%s\" to find its QRS complexes by, so its signal power is "
            "not known; say how much noise with \"rms\"",
            trial->scenario->dataset.annotator);
    struct vr_rate ticks = vr_annotations_rate(trial->truth, record);
    if (vr_snr_signal_power(
            work->channel->clean, work->channel->rate, trial->truth, ticks, &power, &beats,
            &cause) < 0)
        return cause.code == VR_ERR_INPUT ? refuse(work, err, "%s", cause.text)
                                          : vr_err_set(err, cause.code, "%s", cause.text);
    *ret_gain = vr_snr_gain(power, noise_power, work->value);
    note(work, "S=%.6g;beats=%zu", power, beats);
    return 0;
}

static int put_noise(struct work *work, struct vr_err *err)
{
    _cleanup_(vr_stage_destroyp) struct vr_stage *noise = NULL;
    double power = 0, mean = 0, gain = 0;
    int r = make_noise(work, &noise, err);
    if (r == 0)
        r = vr_snr_noise_power(noise, work->channel->rate, &power, &mean, err);
    if (r == 0 && power <= 0)
        r = refuse(work, err, "the noise does not vary");
    if (r == 0)
        r = find_gain(work, power, &gain, err);
    if (r == 0)
        r = loop_noise(work, &noise, err);
    if (r < 0)
        return r;
    note(work, "N=%.6g;gain=%.9g", power, gain);
    struct vr_stage *taken = noise;
    noise = NULL;
    return vr_stage_add_noise(work->chain, &work->times, taken, gain, mean, err);
}

/* --- values --- */

static int put_motion(struct work *work, struct vr_fault_value *value, struct vr_err *err)
{
    double power = 0, mean = 0;
    struct vr_err cause = {0};
    if (vr_snr_noise_power(work->channel->clean, work->channel->rate, &power, &mean, &cause) < 0)
        return refuse(work, err, "%s", cause.text);
    if (power <= 0)
        return refuse(work, err, "it does not vary, so that a multiple of it is nothing");
    /* The same movement, which every axis and sensor sees from its own side. */
    uint64_t own = seed_of(work, (int)work->channel->place);
    double side = (own & 1 ? 1 : -1) * (0.5 + 0.5 * fraction(own));
    value->seed = seed_of(work, -1);
    note(work, "seed=%016" PRIx64, value->seed);
    value->amplitude = work->value * sqrt(power) * side;
    note(work, "rms=%.6g;side=%.3f", sqrt(power), side);
    return vr_stage_value(work->chain, value, err);
}

static int put_value(struct work *work, struct vr_err *err)
{
    static const char *const to_words[] = {"rail_high", "rail_low", "invalid"};
    struct vr_fault_value value = {
        .kind = work->fault->kind,
        .times = work->times,
        .seed = seed_of(work, (int)work->channel->place),
        .amplitude = work->value,
        .frequency_hz = work->fault->frequency_hz,
        .to = work->fault->to,
    };
    if (work->fault->kind == VR_FAULT_MOTION)
        return put_motion(work, &value, err);
    if (work->fault->kind == VR_FAULT_WANDER || work->fault->kind == VR_FAULT_NAN)
        note(work, "seed=%016" PRIx64, value.seed);
    if (work->fault->kind == VR_FAULT_LEAD_OFF)
        note(work, "to=%s", to_words[work->fault->to]);
    if (work->fault->kind == VR_FAULT_WANDER)
        note(work, "frequency_hz=%g", work->fault->frequency_hz);
    if (work->fault->unit &&
        !vr_convert_amount(work->channel->signal, work->fault->unit, work->value, &value.amplitude))
        return refuse(
            work, err, "it is in %s%s, which cannot be told in %s",
            work->channel->signal->unit[0] ? work->channel->signal->unit : "no unit",
            work->channel->signal->gain > 0 ? "" : " and not calibrated", work->fault->unit);
    return vr_stage_value(work->chain, &value, err);
}

/* --- time --- */

static int put_duplicate(struct work *work, struct vr_err *err)
{
    if (vr_fault_times_start(&work->times, 0) < work->fault->samples)
        return refuse(
            work, err, "before at_s there are no %" PRId64 " samples to read twice",
            work->fault->samples);
    work->times.length = work->fault->samples;
    return vr_stage_duplicate(work->chain, &work->times, work->fault->samples, err);
}

static int put(struct work *work, struct vr_err *err)
{
    switch (work->fault->kind) {
    case VR_FAULT_NOISE:
        return put_noise(work, err);
    case VR_FAULT_CLOCK_DRIFT:
        return work->value == 0 ? 0 : vr_stage_clock_drift(work->chain, work->value, err);
    case VR_FAULT_DUPLICATE:
        return put_duplicate(work, err);
    default:
        return put_value(work, err);
    }
}

/* --- all of them --- */

static bool is_of_time(enum vr_fault_kind kind)
{
    return kind == VR_FAULT_CLOCK_DRIFT || kind == VR_FAULT_DUPLICATE;
}

static bool is_meant(const struct vr_scenario_fault *fault, const struct vr_fault_channel *channel)
{
    if (fault->channels == 0)
        return fault->kind != VR_FAULT_MOTION || channel->kind == WIRE_STREAM_PPG ||
               channel->kind == WIRE_STREAM_ACC;
    uint32_t places =
        is_of_time(fault->kind) ? channel->stream_places : UINT32_C(1) << channel->place;
    return fault->channels & places;
}

static void start_row(struct work *work)
{
    static const struct {
        const char *parameter, *unit;
    } units[] = {{"snr_db", "dB"}, {"level", "times"}, {"ppm", "ppm"}, {"probability", "1"}};
    struct vr_signal_fault_row *row = &work->applied->row;
    work->applied->detail[0] = '\0';
    *row = (struct vr_signal_fault_row){
        .kind = work->fault->word,
        .stream = (int64_t)work->channel->stream,
        .channel = (int64_t)work->channel->channel,
        .amount = work->fault->parameter ? work->value : NAN,
        .unit = work->fault->unit ? work->fault->unit : "",
        .detail = work->applied->detail,
    };
    for (size_t i = 0; work->fault->parameter && i < sizeof units / sizeof *units; i++)
        if (strcmp(units[i].parameter, work->fault->parameter) == 0)
            row->unit = units[i].unit;
    if (work->fault->kind == VR_FAULT_DUPLICATE) {
        row->amount = (double)work->fault->samples;
        row->unit = "samples";
    }
}

int vr_signal_fault_put(
    const struct vr_fault_trial *trial, size_t fault, const struct vr_fault_channel *channel,
    struct vr_stage **chain, bool *ret_is_put, struct vr_applied_fault *ret_applied,
    struct vr_err *err)
{
    struct work work = {
        .trial = trial,
        .fault = &trial->scenario->faults[fault],
        .channel = channel,
        .record = vr_dataset_record(trial->dataset),
        .place = fault,
        .chain = chain,
        .applied = ret_applied,
    };
    *ret_is_put = is_meant(work.fault, channel);
    if (!*ret_is_put)
        return 0;
    work.value = work.fault->is_swept ? trial->swept : work.fault->value;
    work.times = vr_fault_times(work.fault, channel->rate);
    if (work.fault->every_s > 0 && work.fault->every_s * work.times.rate_hz < 1)
        return refuse(&work, err, "every_s is shorter than a sample");
    start_row(&work);
    int64_t sample_count = (*chain)->sample_count;
    /* The record would stand for a value that it never met. */
    if (work.fault->is_swept && vr_fault_times_count(&work.times, sample_count) == 0)
        return refuse(
            &work, err, "it begins at %g s, and the signal ends at %g s: nothing would be swept",
            work.fault->at_s, (double)sample_count / work.times.rate_hz);
    int r = put(&work, err);
    if (r == 0)
        note_times(&work, sample_count);
    return r;
}

/* --- what determines them --- */

void vr_sweep_text(
    const struct vr_scenario *scenario, double swept, char ret_text[VR_SWEEP_TEXT_SIZE])
{
    ret_text[0] = '\0';
    if (scenario->sweep.parameter)
        snprintf(
            ret_text, VR_SWEEP_TEXT_SIZE, "%s=" VR_SWEEP_VALUE, scenario->sweep.parameter, swept);
}

int vr_noise_key(
    const struct vr_scenario *scenario, char ret_key[VR_NOISE_KEY_SIZE], struct vr_err *err)
{
    size_t used = 0;
    ret_key[0] = '\0';
    for (size_t i = 0; i < scenario->fault_count; i++) {
        const struct vr_fault_trial trial = {.scenario = scenario};
        struct work work = {.trial = &trial, .fault = &scenario->faults[i], .place = i};
        _cleanup_(vr_dataset_closep) struct vr_dataset *noise = NULL;
        if (!work.fault->source.path)
            continue;
        int r = open_noise(&work, &noise, err);
        if (r < 0)
            return r;
        used += (size_t)snprintf(
            ret_key + used, VR_NOISE_KEY_SIZE - used, "%snoise=%s", used ? ";" : "",
            vr_dataset_record(noise)->sha256);
    }
    return 0;
}
