/* From packets to samples: ids unwrapped, streams joined, what is lost found. */
#include "power/js220_streams.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#define COMPLETE ((1u << VR_JS220_STREAMS) - 1)
#define UNMEASURED (1u << VR_JS220_STREAMS)
#define QUARTER \
    (INT64_C(1) \
     << 30) /* of the range of ids: 8.9 min, further than which nothing can be told apart */
#define CHUNK 1024

static void tell(const struct vr_js220_streams *streams, int level, const char *text)
{
    if (streams->sink->log)
        streams->sink->log(streams->sink->context, level, text);
}

/* --- out of the window --- */

static void give_lost(struct vr_js220_streams *streams, int64_t count)
{
    float nothing[CHUNK];
    uint8_t lines[CHUNK];
    for (size_t i = 0; i < CHUNK; i++)
        nothing[i] = NAN;
    memset(lines, streams->last_lines, sizeof lines);
    while (count > 0) {
        const struct vr_power_samples samples = {
            .first = streams->index,
            .count = count < CHUNK ? (size_t)count : CHUNK,
            .values = nothing,
            .volts = nothing,
            .lines = lines,
        };
        streams->sink->samples(streams->sink->context, &samples);
        streams->index += (int64_t)samples.count;
        count -= (int64_t)samples.count;
    }
}

static void tell_gap(struct vr_js220_streams *streams)
{
    struct vr_power_gap gap = streams->gap;
    if (gap.count == 0)
        return;
    gap.first = streams->index;
    gap.count_min = gap.count_max = gap.count;
    streams->gap.count = 0;
    streams->lost += gap.count;
    streams->sink->gap(streams->sink->context, &gap);
    give_lost(streams, gap.count);
}

/* Losses of one kind that follow each other are one gap.  What is not complete before the first sample was never begun. */
static void lose(struct vr_js220_streams *streams, enum vr_power_gap_kind kind, int64_t count)
{
    if (!streams->has_begun)
        return;
    if (streams->gap.kind != kind)
        tell_gap(streams);
    streams->gap.kind = kind;
    streams->gap.count += count;
}

static void give(struct vr_js220_streams *streams, size_t at, size_t count)
{
    if (!streams->has_begun) {
        streams->has_begun = true;
        streams->begun_place = streams->base + (int64_t)at;
    }
    tell_gap(streams);
    const struct vr_power_samples samples = {
        .first = streams->index,
        .count = count,
        .values = streams->current + at,
        .volts = streams->volts + at,
        .lines = streams->lines + at,
    };
    streams->sink->samples(streams->sink->context, &samples);
    streams->index += (int64_t)count;
    streams->last_lines = streams->lines[at + count - 1];
}

/* Complete, not measured, or not come. */
static int standing(uint8_t have)
{
    return have == COMPLETE ? 0 : have == (COMPLETE | UNMEASURED) ? 1 : 2;
}

static void hand_out(struct vr_js220_streams *streams, size_t count)
{
    for (size_t at = 0, end; at < count; at = end) {
        int here = standing(streams->have[at]);
        for (end = at + 1; end < count && standing(streams->have[end]) == here; end++)
            ;
        if (here == 0)
            give(streams, at, end - at);
        else
            lose(
                streams, here == 1 ? VR_POWER_GAP_MARKED : VR_POWER_GAP_COUNTER,
                (int64_t)(end - at));
    }
    size_t left = streams->filled - count;
    memmove(streams->current, streams->current + count, left * sizeof *streams->current);
    memmove(streams->volts, streams->volts + count, left * sizeof *streams->volts);
    memmove(streams->lines, streams->lines + count, left);
    memmove(streams->have, streams->have + count, left);
    memset(streams->have + left, 0, count);
    streams->base += (int64_t)count;
    streams->filled = left;
}

/* How many samples every stream has got beyond. */
static size_t ready(const struct vr_js220_streams *streams)
{
    int64_t reached = INT64_MAX;
    for (int i = 0; i < VR_JS220_STREAMS; i++)
        if (streams->reached[i] < reached)
            reached = streams->reached[i];
    return reached > streams->base ? (size_t)(reached - streams->base) : 0;
}

/* Room for samples up to the place `end`: what is ready goes first; a stream that stays a window behind is not waited for. */
static void make_room(struct vr_js220_streams *streams, int64_t end)
{
    if (end <= streams->base + VR_JS220_WINDOW)
        return;
    hand_out(streams, ready(streams));
    int64_t surplus = end - VR_JS220_WINDOW - streams->base;
    if (surplus <= 0)
        return;
    size_t held = surplus < (int64_t)streams->filled ? (size_t)surplus : streams->filled;
    hand_out(streams, held);
    lose(streams, VR_POWER_GAP_COUNTER, surplus - (int64_t)held);
    streams->base += surplus - (int64_t)held;
}

/* --- into the window --- */

/* Samples of a stream from `place` on: room is made, and what every stream had got beyond is cut off (a repeated frame), whether or not
 * it was handed out already.  Returns how many to skip of `count`. */
static size_t take_place(
    struct vr_js220_streams *streams, unsigned stream, int64_t place, size_t count)
{
    int64_t end = place + (int64_t)count;
    make_room(streams, end);
    int64_t decided = streams->base + (int64_t)ready(streams);
    if (end <= decided)
        return count;
    if (end > streams->reached[stream])
        streams->reached[stream] = end;
    if ((size_t)(end - streams->base) > streams->filled)
        streams->filled = (size_t)(end - streams->base);
    return place < decided ? (size_t)(decided - place) : 0;
}

static void put_floats(
    struct vr_js220_streams *streams, unsigned stream, int64_t place, const uint8_t *data,
    size_t count)
{
    float *values = stream == 0 ? streams->current : streams->volts;
    for (size_t i = take_place(streams, stream, place, count); i < count; i++) {
        size_t at = (size_t)(place + (int64_t)i - streams->base);
        values[at] = vr_get_float(data + 4 * i);
        streams->have[at] |= (uint8_t)(1u << stream | (isfinite(values[at]) ? 0 : UNMEASURED));
    }
}

/* Of the two bits in a sample's time, the second: it stands in the middle, where
 * the mean of two samples at 2 MHz stands for the current (is_integrating = false), so that an edge is as often early as late. */
static void put_bits(
    struct vr_js220_streams *streams, unsigned stream, int64_t id, const uint8_t *data,
    size_t bit_count)
{
    size_t first = id & 1 ? 0 : 1;
    int64_t place = id >> 1;
    size_t count = bit_count > first ? (bit_count - first + 1) / 2 : 0;
    unsigned line = stream - 2;
    for (size_t i = take_place(streams, stream, place, count); i < count; i++) {
        size_t bit = first + 2 * i, at = (size_t)(place + (int64_t)i - streams->base);
        unsigned level = data[bit / 8] >> bit % 8 & 1u;
        streams->lines[at] = (uint8_t)((streams->lines[at] & ~(1u << line)) | level << line);
        streams->have[at] |= (uint8_t)(1u << stream);
    }
}

/* --- ids --- */

/* Unwrap a sample's id by the last one that was seen, of whatever stream.  false: it is too far from it to be placed. */
static bool place_id(struct vr_js220_streams *streams, uint32_t id, int64_t *ret_id)
{
    if (!streams->has_id) {
        streams->has_id = true;
        streams->last_id = id;
    }
    int64_t step = (int32_t)(id - streams->last_id);
    if (step >= QUARTER || step <= -QUARTER) {
        if (!streams->has_jumped)
            tell(
                streams, LOG_ERR,
                "ids of samples jump by more than a quarter of their range: frames are thrown "
                "away");
        streams->has_jumped = true;
        return false;
    }
    *ret_id = streams->last_unwrapped + step;
    if (step > 0) {
        streams->last_id = id;
        streams->last_unwrapped += step;
    }
    return true;
}

static void check_frame_id(struct vr_js220_streams *streams, uint16_t id)
{
    uint16_t ahead = (uint16_t)(id - streams->next_frame_id);
    bool is_repeated = streams->has_frame_id && ahead >= 0x8000;
    if (is_repeated) {
        streams->frames_repeated++;
        return;
    }
    if (streams->has_frame_id)
        streams->frames_lost += ahead;
    streams->has_frame_id = true;
    streams->next_frame_id = (uint16_t)(id + 1);
}

static void take_stream(struct vr_js220_streams *streams, const struct vr_js220_frame *frame)
{
    int64_t id;
    if (frame->size < 8 || !place_id(streams, wire_get_u32(frame->payload), &id))
        return;
    const uint8_t *data = frame->payload + 4;
    size_t size = frame->size - 4;
    if (frame->port == VR_JS220_CURRENT || frame->port == VR_JS220_VOLTAGE)
        put_floats(streams, frame->port - VR_JS220_CURRENT, id >> 1, data, size / 4);
    else
        put_bits(streams, 2 + frame->port - VR_JS220_GPI_0, id, data, 8 * size);
}

/* What was lost is in gaps; this says more about it. */
static void take_remark(const struct vr_js220_streams *streams, const struct vr_js220_frame *frame)
{
    char text[128];
    size_t size = frame->size < sizeof text - 1 ? frame->size : sizeof text - 1;
    memcpy(text, frame->payload, size);
    text[size] = '\0';
    tell(streams, LOG_NOTICE, text);
}

static void take_packet(struct vr_js220_streams *streams, const uint8_t *packet)
{
    struct vr_js220_frame frame;
    if (!vr_js220_frame_read(packet, &frame)) {
        streams->frames_bad++;
        return;
    }
    if (frame.port == VR_JS220_REMARK) {
        take_remark(streams, &frame);
        return;
    }
    check_frame_id(streams, frame.id);
    bool is_stream = frame.port == VR_JS220_CURRENT || frame.port == VR_JS220_VOLTAGE ||
                     (frame.port >= VR_JS220_GPI_0 && frame.port < VR_JS220_GPI_0 + 4);
    if (is_stream)
        take_stream(streams, &frame);
}

/* --- the decoder --- */

void vr_js220_streams_start(struct vr_js220_streams *streams, const struct vr_power_sink *sink)
{
    memset(streams, 0, sizeof *streams);
    streams->sink = sink;
}

/* The newest sample of current had come by now; the joined ones lag behind it. */
static void tell_anchor(const struct vr_js220_streams *streams, int64_t arrival_ns)
{
    if (streams->has_begun && streams->sink->anchor && streams->reached[0] > streams->begun_place)
        streams->sink->anchor(
            streams->sink->context, streams->reached[0] - 1 - streams->begun_place, arrival_ns);
}

void vr_js220_streams_decode(
    struct vr_js220_streams *streams, int64_t arrival_ns, const uint8_t *data, size_t size)
{
    while (size > 0) {
        size_t part = VR_JOULESCOPE_PACKET - streams->packet_size;
        if (streams->packet_size == 0 && size >= VR_JOULESCOPE_PACKET) {
            take_packet(streams, data);
            data += VR_JOULESCOPE_PACKET;
            size -= VR_JOULESCOPE_PACKET;
            continue;
        }
        if (part > size)
            part = size;
        memcpy(streams->packet + streams->packet_size, data, part);
        streams->packet_size += part;
        data += part;
        size -= part;
        if (streams->packet_size == VR_JOULESCOPE_PACKET) {
            streams->packet_size = 0;
            take_packet(streams, streams->packet);
        }
    }
    hand_out(streams, ready(streams));
    tell_anchor(streams, arrival_ns);
}

/* The slowest stream says where the trace ends: behind it nothing is lost, only not complete. */
void vr_js220_streams_end(struct vr_js220_streams *streams)
{
    char text[160];
    hand_out(streams, ready(streams));
    tell_gap(streams);
    if (streams->has_id && !streams->has_begun)
        tell(
            streams, LOG_ERR,
            "no sample is complete: a stream sends nothing, or nothing is measured");
    if (streams->frames_lost + streams->frames_repeated + streams->frames_bad == 0)
        return;
    snprintf(
        text, sizeof text,
        "frames: %llu lost by their ids, %llu repeated, %llu unreadable; %lld samples lost",
        (unsigned long long)streams->frames_lost, (unsigned long long)streams->frames_repeated,
        (unsigned long long)streams->frames_bad, (long long)streams->lost);
    tell(streams, LOG_NOTICE, text);
}
