/* From packets to codes: what is lost between frames, marked in them, or told by the toggle. */
#include "power/js110_frames.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#define LOST_WORD 0xffffffff
#define CHUNK 1024
#define TOGGLES_MAX 31 /* more of them in a frame: the bit does not toggle at all */
#define VOLTS_AT (8 + VR_JS110_STATUS_SIZE)

/* --- what the instrument counts --- */

/* 8 bytes of header, then i32 result, u32, u32, 4 x u8, i64 samples, i64, i64 charge and energy in 2^-27. */
bool vr_js110_status_read(const uint8_t *bytes, size_t size, struct vr_js110_status *ret_status)
{
    if (size < 56 || bytes[0] != 1 || bytes[2] != 2)
        return false;
    *ret_status = (struct vr_js110_status){
        .result = (int32_t)wire_get_u32(bytes + 8),
        .samples = (int64_t)wire_get_u64(bytes + 24),
        .coulombs = ldexp((double)(int64_t)wire_get_u64(bytes + 40), -27),
        .joules = ldexp((double)(int64_t)wire_get_u64(bytes + 48), -27),
    };
    return true;
}

void vr_js110_scale(
    const struct vr_js110_calibration *calibration, struct vr_power_scale *ret_scale)
{
    *ret_scale = (struct vr_power_scale){.ceiling = VR_JS110_CODE_MAX};
    for (int range = 0; range < VR_POWER_RANGES; range++)
        ret_scale->gain_err[range] = NAN;
    for (int range = 0; range < VR_JS110_CURRENT_RANGES; range++) { /* 7: the path is open, 0 A */
        const struct vr_js110_line *line = &calibration->current[range];
        ret_scale->a[range][0] = (line->offset + 0.5) * line->gain;
        ret_scale->a[range][1] = line->gain;
    }
}

static void put_double(uint8_t *bytes, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    wire_put_u64(bytes, bits);
}

static double get_double(const uint8_t *bytes)
{
    uint64_t bits = wire_get_u64(bytes);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

void vr_js110_packet_write(
    uint8_t *packet, enum vr_js110_packet kind, const uint8_t *status,
    const struct vr_js110_line volts[VR_JS110_VOLTAGE_RANGES])
{
    memset(packet, 0, VR_JOULESCOPE_PACKET);
    packet[0] = (uint8_t)kind;
    memcpy(packet + 8, status, VR_JS110_STATUS_SIZE);
    for (int range = 0; range < VR_JS110_VOLTAGE_RANGES; range++) {
        put_double(packet + VOLTS_AT + 16 * range, volts[range].offset);
        put_double(packet + VOLTS_AT + 16 * range + 8, volts[range].gain);
    }
}

/* --- out --- */

static void tell(const struct vr_js110_frames *frames, int level, const char *text)
{
    if (frames->sink->log)
        frames->sink->log(frames->sink->context, level, text);
}

static void flush(struct vr_js110_frames *frames)
{
    const struct vr_power_samples samples = {
        .first = frames->index - (int64_t)frames->count,
        .count = frames->count,
        .codes = frames->codes,
        .ranges = frames->ranges,
        .volts = frames->voltage,
        .lines = frames->lines,
    };
    if (frames->count > 0)
        frames->sink->samples(frames->sink->context, &samples);
    frames->count = 0;
}

static void give_lost(struct vr_js110_frames *frames, int64_t count)
{
    static const uint16_t codes[CHUNK];
    uint8_t ranges[CHUNK], lines[CHUNK];
    float voltage[CHUNK];
    memset(ranges, VR_POWER_MISSING, sizeof ranges);
    memset(lines, frames->last_lines, sizeof lines);
    for (size_t i = 0; i < CHUNK; i++)
        voltage[i] = NAN;
    while (count > 0) {
        const struct vr_power_samples samples = {
            .first = frames->index,
            .count = count < CHUNK ? (size_t)count : CHUNK,
            .codes = codes,
            .ranges = ranges,
            .volts = voltage,
            .lines = lines,
        };
        frames->sink->samples(frames->sink->context, &samples);
        frames->index += (int64_t)samples.count;
        count -= (int64_t)samples.count;
    }
}

static void tell_gap(struct vr_js110_frames *frames)
{
    struct vr_power_gap gap = frames->gap;
    if (gap.count == 0)
        return;
    flush(frames);
    gap.first = frames->index;
    frames->gap.count = 0;
    frames->lost += gap.count;
    frames->sink->gap(frames->sink->context, &gap);
    give_lost(frames, gap.count);
}

/* Losses of one kind that follow each other are one gap. */
static void lose(
    struct vr_js110_frames *frames, enum vr_power_gap_kind kind, int64_t count, int64_t count_max)
{
    if (frames->gap.count > 0 && frames->gap.kind != kind)
        tell_gap(frames);
    if (frames->gap.count == 0)
        frames->gap = (struct vr_power_gap){.kind = kind};
    frames->gap.count += count;
    frames->gap.count_min += count;
    frames->gap.count_max += count_max;
}

/* --- in --- */

static void put_sample(
    struct vr_js110_frames *frames, uint32_t word, const struct vr_js110_line *line)
{
    size_t at = frames->count;
    unsigned range = (word & 3) | (word >> 16 & 1) << 2;
    unsigned step = word >> 18;
    frames->codes[at] = word >> 2 & VR_JS110_CODE_MAX;
    frames->ranges[at] = (uint8_t)range;
    frames->lines[at] = (uint8_t)((word >> 2 & 1) | (word >> 18 & 1) << 1);
    frames->voltage[at] = (float)(((step & ~1u) + 0.5 + line->offset) * line->gain);
    frames->watts +=
        vr_power_value(frames->scale, range, frames->codes[at]) * (double)frames->voltage[at];
    frames->last_lines = frames->lines[at];
    frames->count++;
    frames->index++;
    frames->measured++;
    if (frames->count == VR_JS110_BATCH)
        flush(frames);
}

/* Neighbours with the same toggle, of those that are there. */
static unsigned count_toggles(const uint8_t *data)
{
    unsigned count = 0;
    uint32_t last = wire_get_u32(data);
    for (int i = 1; i < VR_JS110_SAMPLES; i++) {
        uint32_t word = wire_get_u32(data + 4 * i);
        count += word != LOST_WORD && last != LOST_WORD && !((word ^ last) >> 17 & 1);
        last = word;
    }
    return count;
}

static void take_samples(
    struct vr_js110_frames *frames, const uint8_t *data, unsigned voltage_range)
{
    const struct vr_js110_line *line = &frames->volts[voltage_range];
    unsigned toggles = count_toggles(data);
    if (toggles > TOGGLES_MAX) {
        if (!frames->has_no_toggle)
            tell(
                frames, LOG_NOTICE,
                "the toggle of samples stands still: losses inside of packets cannot be seen");
        frames->has_no_toggle = true;
        toggles = 0;
    }
    frames->toggles += toggles;
    uint32_t last = LOST_WORD;
    for (int i = 0; i < VR_JS110_SAMPLES; i++) {
        uint32_t word = wire_get_u32(data + 4 * i);
        if (word == LOST_WORD) {
            lose(frames, VR_POWER_GAP_MARKED, 1, 1);
        } else {
            if (toggles > 0 && last != LOST_WORD && !((word ^ last) >> 17 & 1))
                lose(frames, VR_POWER_GAP_COUNTER, 1, VR_JS110_SAMPLES - 1);
            if (frames->gap.count > 0)
                tell_gap(frames);
            put_sample(frames, word, line);
        }
        last = word;
    }
}

/* The same frame again, byte for byte, is no loss of 65535. */
static bool is_repeated(const struct vr_js110_frames *frames, const uint8_t *packet)
{
    return frames->has_last && memcmp(packet, frames->last, sizeof frames->last) == 0;
}

static void take_frame(struct vr_js110_frames *frames, const uint8_t *packet)
{
    unsigned size = wire_get_u16(packet + 2);
    uint16_t index = wire_get_u16(packet + 4);
    if (packet[1] != 0 || (size & 0x7fff) != VR_JOULESCOPE_PACKET) {
        frames->frames_bad++; /* its samples are missed by the next index */
        return;
    }
    if (is_repeated(frames, packet)) {
        frames->frames_repeated++;
        return;
    }
    uint16_t ahead = frames->has_last ? (uint16_t)(index - frames->next_index) : 0;
    if (ahead > 0) {
        int64_t count = (int64_t)ahead * VR_JS110_SAMPLES;
        frames->frames_lost += ahead;
        lose(frames, VR_POWER_GAP_COUNTER, count, count);
    }
    frames->has_last = true;
    frames->next_index = (uint16_t)(index + 1);
    memcpy(frames->last, packet, sizeof frames->last);
    take_samples(frames, packet + 8, size >> 15);
}

/* What was lost is in gaps; this says more about it. */
static void take_remark(const struct vr_js110_frames *frames, const uint8_t *packet)
{
    char text[128];
    memcpy(text, packet + 8, sizeof text - 1);
    text[sizeof text - 1] = '\0';
    tell(frames, LOG_NOTICE, text);
}

static void take_before(struct vr_js110_frames *frames, const uint8_t *packet)
{
    frames->has_before = vr_js110_status_read(packet + 8, VR_JS110_STATUS_SIZE, &frames->before);
    for (int range = 0; range < VR_JS110_VOLTAGE_RANGES; range++)
        frames->volts[range] = (struct vr_js110_line){
            get_double(packet + VOLTS_AT + 16 * range),
            get_double(packet + VOLTS_AT + 16 * range + 8)};
}

static void take_packet(struct vr_js110_frames *frames, const uint8_t *packet)
{
    switch (packet[0]) {
    case VR_JS110_FRAME:
        take_frame(frames, packet);
        break;
    case VR_JS110_REMARK:
        take_remark(frames, packet);
        break;
    case VR_JS110_BEFORE:
        take_before(frames, packet);
        break;
    case VR_JS110_AFTER:
        frames->has_after = vr_js110_status_read(packet + 8, VR_JS110_STATUS_SIZE, &frames->after);
        break;
    default:
        frames->frames_bad++;
    }
}

/* --- the decoder --- */

void vr_js110_frames_start(
    struct vr_js110_frames *frames, const struct vr_power_scale *scale,
    const struct vr_power_sink *sink)
{
    memset(frames, 0, sizeof *frames);
    frames->sink = sink;
    frames->scale = scale;
    for (int range = 0; range < VR_JS110_VOLTAGE_RANGES; range++)
        frames->volts[range] = (struct vr_js110_line){NAN, NAN};
}

void vr_js110_frames_decode(
    struct vr_js110_frames *frames, int64_t arrival_ns, const uint8_t *data, size_t size)
{
    while (size > 0) {
        size_t part = VR_JOULESCOPE_PACKET - frames->packet_size;
        if (part > size)
            part = size;
        memcpy(frames->packet + frames->packet_size, data, part);
        frames->packet_size += part;
        data += part;
        size -= part;
        if (frames->packet_size == VR_JOULESCOPE_PACKET) {
            frames->packet_size = 0;
            take_packet(frames, frames->packet);
        }
    }
    flush(frames);
    int64_t newest = frames->index + frames->gap.count - 1;
    if (newest >= 0 && frames->sink->anchor)
        frames->sink->anchor(frames->sink->context, newest, arrival_ns);
}

/* Two ways to the same figure; the windows differ by what the instrument sums up at a time, up to half a second at each end. */
static void compare_energy(const struct vr_js110_frames *frames)
{
    char text[256];
    int64_t counted = frames->after.samples - frames->before.samples;
    if (!frames->has_before || !frames->has_after || counted <= 0 || frames->measured == 0)
        return;
    double theirs_w =
        (frames->after.joules - frames->before.joules) / (double)counted * VR_JS110_RATE_HZ;
    double ours_w = frames->watts / (double)frames->measured;
    snprintf(
        text, sizeof text,
        "mean power by the instrument's own counter %.6g W over %.3f s, by the trace %.6g W over "
        "%.3f s: "
        "%+.3f %%",
        theirs_w, (double)counted / VR_JS110_RATE_HZ, ours_w,
        (double)frames->measured / VR_JS110_RATE_HZ, 100 * (ours_w - theirs_w) / theirs_w);
    tell(frames, LOG_INFO, text);
}

void vr_js110_frames_end(struct vr_js110_frames *frames)
{
    char text[200];
    flush(frames);
    tell_gap(frames);
    compare_energy(frames);
    if (frames->frames_lost + frames->frames_repeated + frames->frames_bad + frames->toggles == 0)
        return;
    snprintf(
        text, sizeof text,
        "frames: %llu lost by their index, %llu repeated, %llu unreadable; %llu losses inside of "
        "frames; "
        "%lld samples lost",
        (unsigned long long)frames->frames_lost, (unsigned long long)frames->frames_repeated,
        (unsigned long long)frames->frames_bad, (unsigned long long)frames->toggles,
        (long long)frames->lost);
    tell(frames, LOG_NOTICE, text);
}
