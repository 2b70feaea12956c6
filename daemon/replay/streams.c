/* Building each channel's way, grouping channels into streams, and reading at their end. */
#include "replay/streams.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "dataset/rate.h"

#define SCAN_SIZE 4096

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

struct vr_window vr_streams_window(const struct vr_scenario *scenario)
{
    return (struct vr_window){
        .start_s = scenario->dataset.window_start_s,
        .length_s = scenario->dataset.window_length_s,
        .warmup_s = scenario->dataset.warmup_s,
    };
}

/* --- one channel ----------------------------------------------------------------------------- */

/* The decimal that stands in the scenario, as the fraction that it means. */
static int find_rate(
    const struct vr_scenario *scenario, const struct vr_scenario_channel *channel,
    const struct vr_record *record, const struct vr_signal *signal, struct vr_rate *ret_rate,
    struct vr_err *err)
{
    char text[32];
    int size = snprintf(text, sizeof text, "%.15g", channel->rate_hz);
    *ret_rate = (struct vr_rate){signal->rate_num, signal->rate_den};
    if (channel->rate_hz > 0 && !vr_rate_parse(text, (size_t)size, ret_rate))
        return vr_err_set(
            err, VR_ERR_INPUT, "%s:%d:%d: rate_hz %s: no rate that can be written as a fraction",
            scenario->file, channel->place.line, channel->place.column, text);
    if (ret_rate->num > WIRE_RATE_NUM_MAX || ret_rate->den > WIRE_RATE_DEN_MAX)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "record %s: signal \"%s\" at %u/%u Hz: the link carries rates up to %u/%u",
            record->name, signal->name, ret_rate->num, ret_rate->den, WIRE_RATE_NUM_MAX,
            WIRE_RATE_DEN_MAX);
    return 0;
}

static int put_rate(
    struct vr_stage **chain, const struct vr_signal *signal, struct vr_rate rate,
    struct vr_err *err)
{
    struct vr_resample resample;
    struct vr_rate from = {signal->rate_num, signal->rate_den};
    if ((uint64_t)from.num * rate.den == (uint64_t)from.den * rate.num)
        return 0;
    int r = vr_resample_init(&resample, from, rate, err);
    return r < 0 ? r : vr_stage_resample(chain, &resample, err);
}

/* The window in samples of the stream: the warm-up, where the record has one, and what counts. */
static int find_window(
    struct vr_stream *stream, const struct vr_streams_setup *setup, int64_t sample_count,
    struct vr_err *err)
{
    const struct vr_scenario_dataset *dataset = &setup->scenario->dataset;
    const struct vr_window *window = &setup->window;
    double rate_hz = (double)stream->wire.rate_num / stream->wire.rate_den;
    int64_t start = llround(window->start_s * rate_hz);
    stream->first = llround(fmax(0, window->start_s - window->warmup_s) * rate_hz);
    int64_t left = sample_count - start;
    double wanted = window->length_s * rate_hz;
    int64_t count = wanted > 0 && wanted < (double)left ? llround(wanted) : left;
    if (count <= 0)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s:%d:%d: record %s ends at %.3f s, before the window starts",
            setup->scenario->file, dataset->path_place.line, dataset->path_place.column,
            vr_dataset_record(setup->dataset)->name, (double)sample_count / rate_hz);
    stream->warmup_count = start - stream->first;
    stream->sample_count = stream->warmup_count + count;
    return 0;
}

/* Does the channel travel with the one before it? */
static bool joins(const struct vr_stream *stream, struct vr_rate rate, enum wire_stream_kind kind)
{
    return stream->wire.kind == kind && stream->wire.rate_num == rate.num &&
           stream->wire.rate_den == rate.den && stream->wire.channels < WIRE_CHANNELS_MAX;
}

/* The stream that the channel travels in, a new one where it has to be. */
static struct vr_stream *find_stream(
    struct vr_streams *streams, struct vr_rate rate, enum wire_stream_kind kind)
{
    struct vr_stream *last = streams->count > 0 ? &streams->items[streams->count - 1] : NULL;
    if (last && joins(last, rate, kind))
        return last;
    assert(streams->count < WIRE_STREAMS_MAX);
    last = &streams->items[streams->count++];
    last->wire = (struct wire_stream){
        .kind = (uint8_t)kind,
        .format = WIRE_FORMAT_S16,
        .rate_num = rate.num,
        .rate_den = rate.den,
    };
    return last;
}

static int build_chain(
    struct vr_streams *streams, struct vr_stream *stream, struct vr_channel *channel,
    const struct vr_signal *signal, struct vr_rate rate, struct vr_err *err)
{
    bool is_first = channel == &stream->channels[0];
    int r = vr_stage_record(&channel->chain, streams->setup.dataset, channel->signal, err);
    if (r == 0)
        r = put_rate(&channel->chain, signal, rate, err);
    if (r == 0 && is_first)
        r = find_window(stream, &streams->setup, channel->chain->sample_count, err);
    if (r == 0)
        r = vr_stage_window(&channel->chain, stream->first, stream->sample_count, err);
    channel->clean = channel->chain;
    return r;
}

static void add_name(
    struct vr_streams *streams, const struct vr_scenario_channel *from,
    const struct vr_signal *signal)
{
    size_t used = strlen(streams->signal_names);
    snprintf(
        streams->signal_names + used, sizeof streams->signal_names - used, "%s%s", used ? "," : "",
        from->name ? from->name : signal->name);
}

static int add_channel(struct vr_streams *streams, size_t place, struct vr_err *err)
{
    const struct vr_scenario *scenario = streams->setup.scenario;
    const struct vr_scenario_channel *from = &scenario->channels[place];
    const struct vr_record *record = vr_dataset_record(streams->setup.dataset);
    size_t index;
    struct vr_rate rate;
    int r = find_signal(scenario, from, record, &index, err);
    if (r < 0)
        return r;
    const struct vr_signal *signal = &record->signals[index];
    r = find_rate(scenario, from, record, signal, &rate, err);
    if (r < 0)
        return r;
    struct vr_stream *stream = find_stream(streams, rate, from->kind);
    struct vr_channel *channel = &stream->channels[stream->wire.channels++];
    *channel = (struct vr_channel){.place = place, .signal = index};
    r = vr_convert_init(&channel->convert, scenario, from, record, signal, err);
    if (r == 0)
        r = build_chain(streams, stream, channel, signal, rate, err);
    if (r < 0)
        return r;
    if (stream->wire.channels == 1)
        stream->wire.lsb_nano = channel->convert.lsb_nano;
    add_name(streams, from, signal);
    bool is_as_recorded = from->rate_hz == 0 && from->gain == 0 && from->offset == 0 &&
                          from->bits == 16 && !from->is_saturating;
    streams->is_plain = streams->is_plain && is_as_recorded;
    return 0;
}

/* --- faults ---------------------------------------------------------------------------------- */

static bool needs_truth(const struct vr_scenario *scenario)
{
    for (size_t i = 0; i < scenario->fault_count; i++)
        if (scenario->faults[i].parameter && strcmp(scenario->faults[i].parameter, "snr_db") == 0)
            return true;
    return false;
}

static uint32_t places_of(const struct vr_stream *stream)
{
    uint32_t places = 0;
    for (size_t i = 0; i < stream->wire.channels; i++)
        places |= UINT32_C(1) << stream->channels[i].place;
    return places;
}

static int put_fault(
    struct vr_streams *streams, const struct vr_fault_trial *trial, size_t fault, size_t s,
    size_t c, bool *is_put, struct vr_err *err)
{
    struct vr_stream *stream = &streams->items[s];
    struct vr_channel *channel = &stream->channels[c];
    const struct vr_fault_channel to = {
        .place = channel->place,
        .stream = s,
        .channel = c,
        .stream_places = places_of(stream),
        .signal = &vr_dataset_record(streams->setup.dataset)->signals[channel->signal],
        .rate = {stream->wire.rate_num, stream->wire.rate_den},
        .clean = channel->clean->input,
        .kind = streams->setup.scenario->channels[channel->place].kind,
    };
    bool is_here;
    struct vr_applied_fault *applied = &streams->applied[streams->applied_count];
    int r = vr_signal_fault_put(trial, fault, &to, &channel->chain, &is_here, applied, err);
    if (r < 0 || !is_here)
        return r;
    applied->row.number = (int64_t)streams->applied_count++;
    stream->sample_count = channel->chain->sample_count;
    *is_put = true;
    return 0;
}

static int put_faults(
    struct vr_streams *streams, const struct vr_annotations *truth, struct vr_err *err)
{
    const struct vr_streams_setup *setup = &streams->setup;
    const struct vr_fault_trial trial = {
        .scenario = setup->scenario,
        .dataset = setup->dataset,
        .truth = truth,
        .swept = setup->swept,
        .seed = setup->seed,
        .repeat = setup->repeat,
    };
    int r = 0;
    for (size_t fault = 0; fault < setup->scenario->fault_count; fault++) {
        bool is_put = false;
        for (size_t s = 0; s < streams->count; s++)
            for (size_t c = 0; r == 0 && c < streams->items[s].wire.channels; c++)
                r = put_fault(streams, &trial, fault, s, c, &is_put, err);
        if (r < 0)
            return r;
        const struct vr_scenario_fault *from = &setup->scenario->faults[fault];
        if (!is_put)
            return vr_err_set(
                err, VR_ERR_INPUT,
                "%s:%d:%d: signal_faults[%zu]: no channel has this \"%s\"; name its channels",
                setup->scenario->file, from->place.line, from->place.column, fault, from->word);
        streams->is_plain = false;
    }
    return 0;
}

/* With truth only where it is needed: it has been read by the plan, and will be for the score. */
static int add_faults(struct vr_streams *streams, struct vr_err *err)
{
    const struct vr_scenario *scenario = streams->setup.scenario;
    _cleanup_(vr_annotations_finish) struct vr_annotations truth = {0};
    const struct vr_annotations *known = NULL;
    size_t most = (scenario->fault_count + 1) * scenario->channel_count; /* and a clip of each */
    streams->applied = calloc(most, sizeof *streams->applied);
    if (!streams->applied)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the signal faults");
    if (needs_truth(scenario)) {
        int r = vr_dataset_truth(streams->setup.dataset, scenario->dataset.annotator, &truth, err);
        if (r < 0 && r != -VR_ERR_NOT_FOUND)
            return r;
        known = r == 0 ? &truth : NULL;
    }
    return put_faults(streams, known, err);
}

/* --- all of them ----------------------------------------------------------------------------- */

/* A warm-up is as long for the device as its stages make it. */
static void place_warmups(struct vr_streams *streams)
{
    for (size_t i = 0; i < streams->count; i++)
        streams->items[i].warmup_count =
            vr_streams_place(&streams->items[i], streams->items[i].warmup_count);
}

int vr_streams_init(
    struct vr_streams *streams, const struct vr_streams_setup *setup, struct vr_err *err)
{
    *streams = (struct vr_streams){.setup = *setup, .is_plain = true};
    int r = 0;
    for (size_t i = 0; i < setup->scenario->channel_count && r == 0; i++)
        r = add_channel(streams, i, err);
    if (r == 0)
        r = add_faults(streams, err);
    if (r < 0)
        return r;
    place_warmups(streams);
    streams->scratch = malloc(SCAN_SIZE * sizeof *streams->scratch);
    return streams->scratch ? 0 : vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the streams");
}

void vr_streams_finish(struct vr_streams *streams)
{
    for (size_t i = 0; i < streams->count; i++)
        for (size_t c = 0; c < streams->items[i].wire.channels; c++)
            vr_stage_destroy(streams->items[i].channels[c].chain);
    free(streams->applied);
    free(streams->scratch);
    *streams = (struct vr_streams){0};
}

int64_t vr_streams_place(const struct vr_stream *stream, int64_t index)
{
    return vr_stage_place(stream->channels[0].chain, stream->channels[0].clean, index);
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

/* --- reading --------------------------------------------------------------------------------- */

/* As a message has always said it where nothing was done to the samples. */
static int refuse_sample(
    const struct vr_streams *streams, const struct vr_stream *stream,
    const struct vr_channel *channel, int64_t index, double value, struct vr_err *err)
{
    const struct vr_record *record = vr_dataset_record(streams->setup.dataset);
    const struct vr_signal *signal = &record->signals[channel->signal];
    const struct vr_convert *convert = &channel->convert;
    int64_t place = stream->first + index;
    if (streams->is_plain)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "record %s: sample %" PRId64
            " of \"%s\" is %.0f, %.0f from the physical zero: more than the "
            "16 bits that a device takes",
            record->name, place, signal->name,
            value + signal->baseline - signal->offset * signal->gain, value);
    return vr_err_set(
        err, VR_ERR_INPUT,
        "record %s: sample %" PRId64
        " of \"%s\" would be %.6g LSB of the device, which takes %d to "
        "%d; give the channel \"saturate\": true to have it cut and counted",
        record->name, index, signal->name, value * convert->scale + convert->offset, convert->low,
        convert->high);
}

static int read_channel(
    struct vr_streams *streams, const struct vr_stream *stream, struct vr_channel *channel,
    int64_t first, size_t count, int16_t *ret_samples, struct vr_err *err)
{
    int r = vr_stage_read(channel->chain, first, count, streams->scratch, err);
    for (size_t i = 0; i < count && r == 0; i++)
        if (!vr_convert_sample(
                &channel->convert, streams->scratch[i], &ret_samples[i * stream->wire.channels]) &&
            !channel->convert.is_saturating)
            r = refuse_sample(
                streams, stream, channel, first + (int64_t)i, streams->scratch[i], err);
    return r;
}

static int read_stream(
    void *context, size_t stream, int64_t first, size_t count, int16_t *ret_samples,
    struct vr_err *err)
{
    struct vr_streams *streams = context;
    struct vr_stream *s = &streams->items[stream];
    int r = 0;
    while (count > 0 && r == 0) {
        size_t some = count < SCAN_SIZE ? count : SCAN_SIZE;
        for (size_t c = 0; c < s->wire.channels && r == 0; c++)
            r = read_channel(streams, s, &s->channels[c], first, some, ret_samples + c, err);
        ret_samples += some * s->wire.channels;
        first += (int64_t)some;
        count -= some;
    }
    return r;
}

/* --- looking at all of it -------------------------------------------------------------------- */

static int scan_channel(
    struct vr_streams *streams, const struct vr_stream *stream, struct vr_channel *channel,
    struct vr_err *err)
{
    channel->clip_count = 0;
    for (int64_t first = 0; first < stream->sample_count; first += SCAN_SIZE) {
        int64_t left = stream->sample_count - first;
        size_t count = left < SCAN_SIZE ? (size_t)left : SCAN_SIZE;
        int r = vr_stage_read(channel->chain, first, count, streams->scratch, err);
        for (size_t i = 0; i < count && r == 0; i++) {
            int16_t code;
            int64_t index = first + (int64_t)i;
            if (vr_convert_sample(&channel->convert, streams->scratch[i], &code))
                continue;
            if (!channel->convert.is_saturating)
                return refuse_sample(streams, stream, channel, index, streams->scratch[i], err);
            if (channel->clip_count++ == 0)
                channel->clip_first = index;
            channel->clip_last = index;
        }
        if (r < 0)
            return r;
    }
    return 0;
}

static void note_clip(struct vr_streams *streams, size_t stream, size_t c)
{
    const struct vr_channel *channel = &streams->items[stream].channels[c];
    struct vr_applied_fault *applied = &streams->applied[streams->applied_count];
    if (channel->clip_count == 0)
        return;
    snprintf(
        applied->detail, sizeof applied->detail, "low=%d;high=%d", channel->convert.low,
        channel->convert.high);
    applied->row = (struct vr_signal_fault_row){
        .number = (int64_t)streams->applied_count++,
        .kind = "clip",
        .stream = (int64_t)stream,
        .channel = (int64_t)c,
        .first = channel->clip_first,
        .count = channel->clip_last - channel->clip_first + 1,
        .amount = (double)channel->clip_count,
        .unit = "samples",
        .detail = applied->detail,
    };
}

int vr_streams_scan(struct vr_streams *streams, struct vr_err *err)
{
    int r = 0;
    for (size_t i = 0; i < streams->count && !streams->is_plain; i++)
        for (size_t c = 0; c < streams->items[i].wire.channels && r == 0; c++) {
            r = scan_channel(streams, &streams->items[i], &streams->items[i].channels[c], err);
            if (r == 0)
                note_clip(streams, i, c);
        }
    return r;
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
