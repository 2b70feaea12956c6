/* Words wait in a ring, losses in a list beside it, until their index is sure. */
#include "power/ppk2_decoder.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A run of samples that cannot be measured is one gap, unless it is longer. */
#define MARKED_MAX VR_PPK2_RATE_HZ

/* A jump of the counter so close to where a loss by arrival may be is that loss. */
#define NEAR 32

/* Words that had come with a read, but were not sure yet: so much later than told a loss by arrival may lie. */
#define LAG 4

/* -- handing out -- */

static void put_samples(struct vr_ppk2_decoder *decoder, size_t count)
{
    const struct vr_power_samples samples = {
        .first = decoder->index,
        .count = count,
        .codes = decoder->out_codes,
        .ranges = decoder->out_ranges,
        .lines = decoder->out_lines,
    };
    decoder->sink->samples(decoder->sink->context, &samples);
    decoder->index += (int64_t)count;
}

static void put_missing(struct vr_ppk2_decoder *decoder, int64_t count)
{
    memset(decoder->out_codes, 0, sizeof decoder->out_codes);
    memset(decoder->out_ranges, VR_POWER_MISSING, sizeof decoder->out_ranges);
    memset(decoder->out_lines, decoder->lines, sizeof decoder->out_lines);
    while (count > 0) {
        size_t part = count < VR_PPK2_OUT ? (size_t)count : VR_PPK2_OUT;
        put_samples(decoder, part);
        count -= (int64_t)part;
    }
}

static void put_gap(struct vr_ppk2_decoder *decoder, struct vr_power_gap gap)
{
    gap.first = decoder->index;
    decoder->sink->gap(decoder->sink->context, &gap);
    put_missing(decoder, gap.count);
}

static uint32_t word_at(const struct vr_ppk2_decoder *decoder, int64_t number)
{
    return decoder->held[number % VR_PPK2_HELD];
}

/* A range that does not exist, or that the instrument says no calibration of. */
static bool is_marked(const struct vr_ppk2_decoder *decoder, int64_t number)
{
    return isnan(decoder->info->scale.a[vr_ppk2_range(word_at(decoder, number))][0]);
}

/* Whether the run of them that begins here has ended before `end`, or is long enough. */
static bool put_marked(struct vr_ppk2_decoder *decoder, int64_t end, bool is_last)
{
    int64_t at = decoder->marked_end > decoder->told ? decoder->marked_end : decoder->told;
    int64_t longest = decoder->told + MARKED_MAX;
    while (at < end && at < longest && is_marked(decoder, at))
        at++;
    decoder->marked_end = at;
    if (at == end && at < longest && !is_last)
        return false;
    int64_t count = at - decoder->told;
    put_gap(
        decoder,
        (struct vr_power_gap){
            .count = count, .kind = VR_POWER_GAP_MARKED, .count_min = count, .count_max = count});
    decoder->told = at;
    return true;
}

static void put_words(struct vr_ppk2_decoder *decoder, int64_t end)
{
    size_t count = 0;
    for (; count < VR_PPK2_OUT && decoder->told < end && !is_marked(decoder, decoder->told);
         decoder->told++) {
        uint32_t word = word_at(decoder, decoder->told);
        decoder->out_codes[count] = (uint16_t)vr_ppk2_code(word);
        decoder->out_ranges[count] = (uint8_t)vr_ppk2_range(word);
        decoder->out_lines[count] = decoder->lines = (uint8_t)vr_ppk2_lines(word);
        count++;
    }
    put_samples(decoder, count);
}

static void put_first_gap(struct vr_ppk2_decoder *decoder)
{
    struct vr_power_gap gap = decoder->gaps[0].gap;
    decoder->gap_count--;
    memmove(&decoder->gaps[0], &decoder->gaps[1], decoder->gap_count * sizeof decoder->gaps[0]);
    put_gap(decoder, gap);
}

/* The words before number `end`, and what is missing among them.  A run that cannot be measured waits for its end, unless `is_forced`. */
static void hand_out(struct vr_ppk2_decoder *decoder, int64_t end, bool is_forced)
{
    while (decoder->told < end) {
        if (decoder->gap_count > 0 && decoder->gaps[0].before == decoder->told) {
            put_first_gap(decoder);
            continue;
        }
        bool gap_follows = decoder->gap_count > 0 && decoder->gaps[0].before < end;
        int64_t until = gap_follows ? decoder->gaps[0].before : end;
        if (!is_marked(decoder, decoder->told))
            put_words(decoder, until);
        else if (!put_marked(decoder, until, gap_follows || is_forced))
            return;
    }
}

/* -- losses -- */

/* The number of the word whose index is `index`, or of the one behind the gap in which it lies. */
static int64_t number_of(const struct vr_ppk2_decoder *decoder, int64_t index)
{
    int64_t number = decoder->told, here = decoder->index;
    for (size_t i = 0; i < decoder->gap_count; i++) {
        const struct vr_ppk2_gap *gap = &decoder->gaps[i];
        int64_t words = gap->before - number;
        if (index < here + words)
            break;
        here += words + gap->gap.count;
        number = gap->before;
        if (index < here)
            return number;
    }
    return number + (index > here ? index - here : 0);
}

/* Into the list, at its place. */
static void add_gap(struct vr_ppk2_decoder *decoder, int64_t before, struct vr_power_gap gap)
{
    if (decoder->gap_count == VR_PPK2_GAPS) {
        /* Nothing is on time, and the counter jumps all the time. */
        hand_out(decoder, decoder->gaps[0].before, true);
        put_first_gap(decoder);
    }
    if (before < decoder->told)
        before = decoder->told;
    size_t at = decoder->gap_count;
    while (at > 0 && decoder->gaps[at - 1].before > before)
        at--;
    memmove(
        &decoder->gaps[at + 1], &decoder->gaps[at],
        (decoder->gap_count - at) * sizeof decoder->gaps[0]);
    decoder->gaps[at] = (struct vr_ppk2_gap){.before = before, .gap = gap};
    decoder->gap_count++;
    decoder->end += gap.count;
}

/* The jumps of the counter where a loss by arrival may be: how many, and the one nearest to its best place. */
struct jumps {
    size_t first, count;
    struct vr_ppk2_gap *nearest;
};

static struct jumps find_jumps(struct vr_ppk2_decoder *decoder, const struct vr_arrival_loss *loss)
{
    struct jumps jumps = {0};
    int64_t low = number_of(decoder, loss->first_min) - NEAR;
    int64_t high = number_of(decoder, loss->first_max) + NEAR;
    int64_t best = number_of(decoder, loss->first);
    for (size_t i = 0; i < decoder->gap_count; i++) {
        struct vr_ppk2_gap *gap = &decoder->gaps[i];
        if (gap->gap.kind == VR_POWER_GAP_ARRIVAL || gap->before < low || gap->before > high)
            continue;
        if (jumps.count++ == 0)
            jumps.first = i;
        if (!jumps.nearest || llabs(gap->before - best) < llabs(jumps.nearest->before - best))
            jumps.nearest = gap;
    }
    return jumps;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* All of it to the nearest; where there are others, each of them may have had it, or a part. */
static void add_to_jump(
    struct vr_ppk2_decoder *decoder, const struct jumps *jumps, const struct vr_arrival_loss *loss)
{
    decoder->end += loss->count;
    jumps->nearest->gap.count += loss->count;
    if (jumps->count == 1) {
        jumps->nearest->gap.count_min += loss->count_min;
        jumps->nearest->gap.count_max += loss->count_max;
        return;
    }
    for (size_t i = jumps->first, left = jumps->count; left > 0; i++) {
        struct vr_power_gap *gap = &decoder->gaps[i].gap;
        if (gap->kind == VR_POWER_GAP_ARRIVAL)
            continue;
        gap->count_max += loss->count_max;
        gap->place_err = larger(gap->place_err, loss->first_max - loss->first_min + NEAR);
        left--;
    }
}

static void take_loss(struct vr_ppk2_decoder *decoder, const struct vr_arrival_loss *loss)
{
    const struct jumps jumps = find_jumps(decoder, loss);
    if (jumps.count > 0) {
        add_to_jump(decoder, &jumps, loss);
        return;
    }
    int64_t before = number_of(decoder, loss->first);
    /* Settled late, the samples at its place have been handed out: it follows them. */
    int64_t first = larger(loss->first, decoder->index);
    int64_t place_err = larger(first - loss->first_min, loss->first_max - first) + LAG;
    add_gap(
        decoder, before,
        (struct vr_power_gap){
            .count = loss->count,
            .kind = VR_POWER_GAP_ARRIVAL,
            .count_min = loss->count_min,
            .count_max = loss->count_max,
            .place_err = place_err,
        });
}

static void settle(struct vr_ppk2_decoder *decoder)
{
    struct vr_arrival_read read;
    struct vr_arrival_loss loss;
    for (;;) {
        switch (vr_arrival_next(&decoder->arrival, &read, &loss)) {
        case VR_ARRIVAL_LOSS:
            take_loss(decoder, &loss);
            break;
        case VR_ARRIVAL_SETTLED:
            hand_out(decoder, number_of(decoder, read.end), false);
            if (decoder->index >= read.end)
                decoder->sink->anchor(decoder->sink->context, read.end - 1, read.arrival_ns);
            break;
        case VR_ARRIVAL_NONE:
            return;
        }
    }
}

/* -- bytes -- */

static void hold(struct vr_ppk2_decoder *decoder, uint32_t word)
{
    if (decoder->received - decoder->told == VR_PPK2_HELD)
        hand_out(decoder, decoder->told + VR_PPK2_OUT, true);
    decoder->held[decoder->received++ % VR_PPK2_HELD] = word;
    decoder->end++;
}

static void take_words(
    struct vr_ppk2_decoder *decoder,
    enum vr_ppk2_event (*next)(struct vr_ppk2_words *, uint32_t *, int64_t *))
{
    uint32_t word;
    int64_t count;
    for (enum vr_ppk2_event event;
         (event = next(&decoder->words, &word, &count)) != VR_PPK2_NONE;) {
        if (event == VR_PPK2_WORD) {
            hold(decoder, word);
            continue;
        }
        add_gap(
            decoder, decoder->received,
            (struct vr_power_gap){
                .count = count,
                .kind = event == VR_PPK2_LOST ? VR_POWER_GAP_COUNTER : VR_POWER_GAP_DESYNC,
                .count_min = count,
                .count_max = count});
    }
}

void vr_ppk2_decode_start(
    void *state, const struct vr_power_info *info, const struct vr_power_sink *sink)
{
    struct vr_ppk2_decoder *decoder = state;
    decoder->info = info;
    decoder->sink = sink;
    vr_arrival_start(&decoder->arrival, 1e9 / VR_PPK2_RATE_HZ, VR_PPK2_COUNTS);
}

void vr_ppk2_decode(void *state, int64_t arrival_ns, const uint8_t *data, size_t size)
{
    struct vr_ppk2_decoder *decoder = state;
    int64_t received = decoder->received;
    while (size > 0) {
        size_t used = vr_ppk2_words_push(&decoder->words, data, size);
        take_words(decoder, vr_ppk2_words_next);
        data += used;
        size -= used;
    }
    if (decoder->received > received)
        vr_arrival_add(&decoder->arrival, decoder->end, arrival_ns);
    settle(decoder);
}

void vr_ppk2_decode_end(void *state)
{
    struct vr_ppk2_decoder *decoder = state;
    take_words(decoder, vr_ppk2_words_last);
    vr_arrival_end(&decoder->arrival);
    settle(decoder);
    hand_out(decoder, decoder->received, true);
    while (decoder->gap_count > 0)
        put_first_gap(decoder);
    assert(decoder->told == decoder->received && decoder->index == decoder->end);
}
