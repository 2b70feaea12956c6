#include "ppk2_stream.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define RATE_HZ 100000
#define READ_S 1.1e-3

/* -- words -- */

static uint64_t mix(uint64_t x)
{
    x ^= x >> 31;
    x *= UINT64_C(0x7fb5d329728ea185);
    x ^= x >> 27;
    x *= UINT64_C(0x81dadef4bc2dd44d);
    return x ^ x >> 33;
}

uint32_t ppk2_stream_word(int64_t sample)
{
    uint32_t code = (uint32_t)mix((uint64_t)sample) & 0x3fff;
    uint32_t range = (uint32_t)(sample >> 9) % 5,
             lines = (uint32_t)mix((uint64_t)sample >> 7) & 0xff;
    return code | range << 14 | (uint32_t)(sample & 63) << 18 | lines << 24;
}

const struct vr_power_info *ppk2_stream_info(void)
{
    static struct vr_power_info info = {
        .rate_num = RATE_HZ, .rate_den = 1, .is_coded = true, .has_lines = true};
    for (size_t range = 5; range < VR_POWER_RANGES; range++)
        info.scale.a[range][0] = (double)NAN;
    return &info;
}

/* -- arrivals -- */

static double gamma_of(struct vr_rng *rng, double shape)
{
    double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = vr_rng_normal(rng), v = pow(1 + c * x, 3);
        if (v > 0 && log(1 - vr_rng_unit(rng)) < x * x / 2 + d - d * v + d * log(v))
            return d * v;
    }
}

static double delay_s(const struct ppk2_stream *stream, struct vr_rng *rng)
{
    static const struct {
        double jitter_s, stall_share, stall_s;
    } hosts[] = {
        [PPK2_QUIET] = {120e-6, 0.002, 0.008},
        [PPK2_BUSY] = {900e-6, 0.02, 0.03},
        [PPK2_STARVED] = {900e-6, 0.10, 0.03},
    };
    double delay = 300e-6 + hosts[stream->host].jitter_s * gamma_of(rng, 1.2);
    if (vr_rng_unit(rng) < hosts[stream->host].stall_share)
        delay -= hosts[stream->host].stall_s * log(1 - vr_rng_unit(rng));
    return delay;
}

/* -- what is handed out -- */

struct run {
    const struct ppk2_stream *stream;
    struct ppk2_result *result;
    int64_t sent; /* samples, by their own index */
    struct {
        int64_t from, to;
    } odd[PPK2_GAPS_MAX]; /* runs of samples that are not at their own index */
    size_t odd_count;
};

static void add_odd(struct run *run, int64_t index)
{
    if (run->odd_count > 0 && index - run->odd[run->odd_count - 1].to < 8) {
        run->odd[run->odd_count - 1].to = index + 1;
        return;
    }
    assert(run->odd_count < PPK2_GAPS_MAX);
    run->odd[run->odd_count].from = index;
    run->odd[run->odd_count++].to = index + 1;
}

static void take_samples(void *context, const struct vr_power_samples *samples)
{
    struct run *run = context;
    struct ppk2_result *result = run->result;
    assert(samples->first == result->samples && samples->codes && samples->ranges);
    for (size_t i = 0; i < samples->count; i++) {
        int64_t index = samples->first + (int64_t)i;
        if (samples->ranges[i] == VR_POWER_MISSING) {
            result->missing++;
            continue;
        }
        uint32_t word = ppk2_stream_word(index);
        if (samples->codes[i] != (word & 0x3fff) || samples->ranges[i] != (word >> 14 & 7) ||
            samples->lines[i] != word >> 24)
            add_odd(run, index);
    }
    result->samples += (int64_t)samples->count;
    if (run->sent - result->samples > result->held_max)
        result->held_max = run->sent - result->samples;
}

static void take_gap(void *context, const struct vr_power_gap *gap)
{
    struct run *run = context;
    assert(gap->first == run->result->samples);
    assert(gap->count_min <= gap->count && gap->count <= gap->count_max && gap->count_min >= 0);
    assert(run->result->gap_count < PPK2_GAPS_MAX);
    run->result->gaps[run->result->gap_count++] = *gap;
}

static void take_anchor(void *context, int64_t index, int64_t arrival_ns)
{
    struct run *run = context;
    double taken_ns = (double)(index + 1) * 1e9 / RATE_HZ / (1 + run->stream->ppm * 1e-6);
    assert(index < run->result->samples);
    run->result->anchors++;
    if ((double)arrival_ns < taken_ns)
        run->result->early_anchors++;
}

static void take_log(void *context, int level, const char *text)
{
    (void)context, (void)level, (void)text;
}

/* -- sending -- */

static size_t put_bytes(uint8_t *bytes, size_t size, int64_t sample, unsigned from, unsigned to)
{
    uint32_t word = ppk2_stream_word(sample);
    for (unsigned k = from; k < to; k++)
        bytes[size++] = (uint8_t)(word >> 8 * k);
    return size;
}

/* Bytes of the samples [from, to), without those that are lost; *loss is the next one. */
static size_t bytes_of(
    const struct ppk2_stream *stream, int64_t from, int64_t to, uint8_t *bytes, size_t *loss)
{
    size_t size = 0;
    for (int64_t sample = from; sample < to; sample++) {
        const struct ppk2_loss *next = &stream->losses[*loss];
        int64_t begins = 4 * next->at + next->offset, ends = begins + next->bytes;
        if (*loss == stream->loss_count || 4 * sample + 4 <= begins) {
            size = put_bytes(bytes, size, sample, 0, 4);
            continue;
        }
        if (4 * sample < begins)
            size = put_bytes(bytes, size, sample, 0, (unsigned)(begins - 4 * sample));
        if (4 * sample + 4 < ends)
            continue;
        size = put_bytes(bytes, size, sample, (unsigned)(ends - 4 * sample), 4);
        ++*loss;
    }
    return size;
}

static bool is_excused(const struct ppk2_result *result, int64_t from, int64_t to)
{
    for (size_t i = 0; i < result->gap_count; i++) {
        const struct vr_power_gap *gap = &result->gaps[i];
        if (from >= gap->first - gap->place_err - 1 &&
            to <= gap->first + gap->count + gap->place_err + 1)
            return true;
    }
    return false;
}

static void sum_up(const struct run *run)
{
    struct ppk2_result *result = run->result;
    for (size_t i = 0; i < run->odd_count; i++) {
        int64_t count = run->odd[i].to - run->odd[i].from;
        if (is_excused(result, run->odd[i].from, run->odd[i].to))
            result->misplaced += count;
        else
            result->wrong += count;
    }
    for (size_t i = 0; i < result->gap_count; i++) {
        const struct vr_power_gap *gap = &result->gaps[i];
        int64_t after = gap->first + gap->count + gap->place_err + 2;
        result->is_after_right[i] = true;
        for (size_t k = 0; k < run->odd_count; k++)
            if (run->odd[k].from <= after && after < run->odd[k].to)
                result->is_after_right[i] = false;
    }
}

void ppk2_stream_run(const struct ppk2_stream *stream, struct ppk2_result *ret_result)
{
    static struct run run;
    static uint8_t bytes[1 << 16];
    struct vr_rng rng;
    struct vr_err err;
    struct vr_power_decoder *decoder;
    run = (struct run){.stream = stream, .result = ret_result};
    *ret_result = (struct ppk2_result){0};
    vr_rng_init(&rng, stream->seed);
    const struct vr_power_sink sink = {&run, take_samples, take_gap, take_anchor, take_log};
    if (vr_power_decoder_create(
            vr_power_find("ppk2", &err), ppk2_stream_info(), &sink, &decoder, &err) < 0)
        abort();

    double arrival_s = 0;
    size_t loss = 0;
    int64_t sent_bytes = 0;
    for (int64_t read = 1; (double)read * READ_S < stream->seconds; read++) {
        double at_s = (double)read * READ_S + vr_rng_unit(&rng) * 2e-4;
        int64_t taken = (int64_t)floor(at_s * (1 + stream->ppm * 1e-6) * RATE_HZ);
        double came_s = at_s + delay_s(stream, &rng);
        if (stream->slower_s != 0 && at_s >= stream->slow_from_s)
            came_s += stream->slower_s;
        if (at_s >= stream->stall_s && came_s < stream->stall_until_s)
            came_s = stream->stall_until_s;
        arrival_s = fmax(arrival_s, came_s);
        size_t size = bytes_of(stream, run.sent, taken, bytes, &loss);
        run.sent = taken;
        bool is_cut = stream->cut_bytes > 0 && sent_bytes + (int64_t)size > stream->cut_bytes;
        if (is_cut)
            size = (size_t)(stream->cut_bytes - sent_bytes);
        sent_bytes += (int64_t)size;
        vr_power_decode(decoder, (int64_t)(arrival_s * 1e9), bytes, size);
        if (is_cut)
            break;
    }
    vr_power_decode_end(decoder);
    vr_power_decoder_destroy(decoder);
    sum_up(&run);
}

size_t ppk2_stream_find(
    const struct ppk2_result *result, const struct ppk2_loss *loss, const int64_t *found)
{
    size_t best = result->gap_count;
    int64_t best_off = INT64_MAX, from = loss->at, to = from + (loss->offset + loss->bytes + 3) / 4;
    for (size_t i = 0; i < result->gap_count; i++) {
        const struct vr_power_gap *gap = &result->gaps[i];
        if (gap->first + gap->count + gap->place_err + 2 < from ||
            gap->first - gap->place_err - 2 > to)
            continue;
        bool is_full = found && found[i] + loss->bytes / 4 > gap->count_max;
        int64_t off = llabs(gap->first - from) + (is_full ? INT64_C(1) << 40 : 0);
        if (off < best_off) {
            best = i;
            best_off = off;
        }
    }
    return best;
}
