/* Grouping channels into streams, windows, and centred samples. */
#include "replay/streams.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void list_signals(const struct vr_record *record, char *text, size_t capacity)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < record->signal_count && used < capacity; i++)
        used += (size_t)snprintf(
            text + used, capacity - used, "%s\"%s\"", i ? ", " : "", record->signals[i].name);
}

static int find_signal(
    const struct vr_scenario *scenario, const struct vr_scenario_channel *channel,
    const struct vr_record *record, size_t *ret_signal, struct vr_err *err)
{
    char names[256];
    list_signals(record, names, sizeof names);
    if (!channel->signal) {
        *ret_signal = channel->index;
        if (channel->index < record->signal_count)
            return 0;
        return vr_err_set(
            err, VR_ERR_INPUT, "%s:%d:%d: record %s has no signal %u; it has %zu: %s",
            scenario->file, channel->place.line, channel->place.column, record->name,
            channel->index, record->signal_count, names);
    }
    for (size_t i = 0; i < record->signal_count; i++)
        if (strcmp(record->signals[i].name, channel->signal) == 0) {
            *ret_signal = i;
            return 0;
        }
    return vr_err_set(
        err, VR_ERR_INPUT, "%s:%d:%d: record %s has no signal \"%s\"; it has: %s", scenario->file,
        channel->place.line, channel->place.column, record->name, channel->signal, names);
}

/* One LSB in nano-units: 200 LSB/mV is 5,000 nV.  0 = uncalibrated, or a unit without a known size.
 */
static uint32_t lsb_nano(const struct vr_signal *signal)
{
    static const struct {
        const char *unit;
        double nano;
    } units[] = {{"V", 1e9}, {"mV", 1e6}, {"uV", 1e3}, {"g", 1e9}, {"mg", 1e6}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(signal->unit, units[i].unit) == 0 && signal->gain > 0) {
            double nano = units[i].nano / signal->gain;
            return nano < UINT32_MAX ? (uint32_t)lround(nano) : 0;
        }
    return 0;
}

static int start_stream(
    struct vr_stream *stream, const struct vr_record *record, const struct vr_signal *signal,
    enum wire_stream_kind kind, const struct vr_scenario *scenario, struct vr_err *err)
{
    if (signal->rate_num > WIRE_RATE_NUM_MAX || signal->rate_den > WIRE_RATE_DEN_MAX)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "record %s: signal \"%s\" at %u/%u Hz: the link carries rates up to %u/%u",
            record->name, signal->name, signal->rate_num, signal->rate_den, WIRE_RATE_NUM_MAX,
            WIRE_RATE_DEN_MAX);

    double rate_hz = (double)signal->rate_num / signal->rate_den;
    *stream = (struct vr_stream){
        .wire =
            {.kind = (uint8_t)kind,
             .format = WIRE_FORMAT_S16,
             .rate_num = signal->rate_num,
             .rate_den = signal->rate_den,
             .lsb_nano = lsb_nano(signal)},
        .first = llround(scenario->dataset.window_start_s * rate_hz),
    };
    int64_t left = signal->sample_count - stream->first;
    double wanted = scenario->dataset.window_length_s * rate_hz;
    stream->sample_count = wanted > 0 && wanted < (double)left ? llround(wanted) : left;
    if (stream->sample_count <= 0)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s:%d:%d: record %s ends at %.3f s, before the window starts",
            scenario->file, scenario->dataset.path_place.line, scenario->dataset.path_place.column,
            record->name, (double)signal->sample_count / rate_hz);
    return 0;
}

/* Does the channel travel with the one before it? */
static bool joins(
    const struct vr_stream *stream, const struct vr_signal *signal, enum wire_stream_kind kind)
{
    return stream->wire.kind == kind && stream->wire.rate_num == signal->rate_num &&
           stream->wire.rate_den == signal->rate_den && stream->wire.channels < WIRE_CHANNELS_MAX;
}

static int add_channel(
    struct vr_streams *streams, const struct vr_scenario *scenario,
    const struct vr_scenario_channel *channel, struct vr_err *err)
{
    const struct vr_record *record = vr_dataset_record(streams->dataset);
    size_t index;
    int r = find_signal(scenario, channel, record, &index, err);
    if (r < 0)
        return r;
    const struct vr_signal *signal = &record->signals[index];
    struct vr_stream *last = streams->count > 0 ? &streams->items[streams->count - 1] : NULL;
    if (!last || !joins(last, signal, channel->kind)) {
        assert(streams->count < WIRE_STREAMS_MAX);
        last = &streams->items[streams->count];
        r = start_stream(last, record, signal, channel->kind, scenario, err);
        if (r < 0)
            return r;
        streams->count++;
    }
    last->signals[last->wire.channels++] = index;

    size_t used = strlen(streams->signal_names);
    snprintf(
        streams->signal_names + used, sizeof streams->signal_names - used, "%s%s", used ? "," : "",
        signal->name);
    return 0;
}

int vr_streams_init(
    struct vr_streams *streams, const struct vr_scenario *scenario, struct vr_dataset *dataset,
    struct vr_err *err)
{
    *streams = (struct vr_streams){.dataset = dataset};
    for (size_t i = 0; i < scenario->channel_count; i++) {
        int r = add_channel(streams, scenario, &scenario->channels[i], err);
        if (r < 0)
            return r;
    }
    streams->scratch = malloc(WIRE_PAYLOAD_MAX / 2 * sizeof *streams->scratch);
    if (!streams->scratch)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the streams");
    return 0;
}

void vr_streams_finish(struct vr_streams *streams)
{
    free(streams->scratch);
    streams->scratch = NULL;
}

void vr_streams_schedule(const struct vr_streams *streams, struct vr_schedule *ret_schedule)
{
    *ret_schedule = (struct vr_schedule){.stream_count = streams->count};
    for (size_t i = 0; i < streams->count; i++)
        ret_schedule->streams[i] = (struct vr_schedule_stream){
            .rate_num = streams->items[i].wire.rate_num,
            .rate_den = streams->items[i].wire.rate_den,
            .sample_count = streams->items[i].sample_count,
        };
}

/* From the record's values to what a sensor's front end gives: centred, 16 bits. */
static int centre(
    const struct vr_streams *streams, const struct vr_signal *signal, int64_t first, size_t count,
    size_t stride, int16_t *ret_samples, struct vr_err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (streams->scratch[i] == VR_SAMPLE_INVALID) {
            ret_samples[i * stride] = WIRE_SAMPLE_INVALID;
            continue;
        }
        int64_t value = (int64_t)streams->scratch[i] - signal->baseline;
        if (value < -INT16_MAX || value > INT16_MAX)
            return vr_err_set(
                err, VR_ERR_INPUT,
                "record %s: sample %lld of \"%s\" is %d, %lld from the baseline: more than the 16 "
                "bits that a device takes",
                vr_dataset_record(streams->dataset)->name, (long long)(first + (int64_t)i),
                signal->name, streams->scratch[i], (long long)value);
        ret_samples[i * stride] = (int16_t)value;
    }
    return 0;
}

static int read_stream(
    void *context, size_t stream, int64_t first, size_t count, int16_t *ret_samples,
    struct vr_err *err)
{
    const struct vr_streams *streams = context;
    const struct vr_stream *s = &streams->items[stream];
    const struct vr_record *record = vr_dataset_record(streams->dataset);
    for (size_t channel = 0; channel < s->wire.channels; channel++) {
        size_t signal = s->signals[channel];
        int64_t from = s->first + first;
        int r = vr_dataset_read(streams->dataset, signal, from, count, streams->scratch, err);
        if (r == 0)
            r = centre(
                streams, &record->signals[signal], from, count, s->wire.channels,
                ret_samples + channel, err);
        if (r < 0)
            return r;
    }
    return 0;
}

struct vr_sample_source vr_streams_source(struct vr_streams *streams)
{
    return (struct vr_sample_source){.context = streams, .read = read_stream};
}

double vr_streams_duration_s(const struct vr_streams *streams)
{
    const struct vr_stream *first = &streams->items[0];
    return (double)first->sample_count * first->wire.rate_den / first->wire.rate_num;
}
