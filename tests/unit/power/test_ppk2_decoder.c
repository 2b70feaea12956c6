#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ppk2_stream.h"

/* --- support --- */

static struct ppk2_result result;

/* Ten losses, one a second and a half, at places that the seed says. */
static struct ppk2_stream with_losses(uint64_t seed, int64_t bytes)
{
    struct vr_rng rng;
    struct ppk2_stream stream = {.seed = seed, .seconds = 18, .loss_count = 10};
    vr_rng_init(&rng, seed);
    stream.ppm = 200 * vr_rng_unit(&rng) - 100;
    for (int i = 0; i < 10; i++)
        stream.losses[i] = (struct ppk2_loss){
            .at = 100000 + 150000 * i + vr_rng_below(&rng, 30000),
            .offset = bytes % 4 ? vr_rng_below(&rng, 4) : 0,
            .bytes = bytes};
    return stream;
}

static void expect_all_found(const struct ppk2_stream *stream, enum vr_power_gap_kind kind)
{
    ppk2_stream_run(stream, &result);
    cr_expect_eq(
        result.wrong, 0, "seed %" PRIu64 ": %" PRId64 " wrong", stream->seed, result.wrong);
    cr_expect_eq(result.early_anchors, 0, "seed %" PRIu64, stream->seed);
    cr_expect_eq(
        result.gap_count, stream->loss_count, "seed %" PRIu64 ": %zu gaps", stream->seed,
        result.gap_count);
    for (size_t i = 0; i < stream->loss_count; i++) {
        size_t at = ppk2_stream_find(&result, &stream->losses[i], NULL);
        cr_assert(at < result.gap_count, "seed %" PRIu64 ": loss %zu", stream->seed, i);
        const struct vr_power_gap *gap = &result.gaps[at];
        cr_expect(result.is_after_right[at], "seed %" PRIu64 ": loss %zu", stream->seed, i);
        cr_expect_eq(gap->kind, kind);
        if (stream->losses[i].bytes % 4 == 0)
            cr_expect_eq(gap->count, stream->losses[i].bytes / 4);
        if (kind != VR_POWER_GAP_ARRIVAL)
            cr_expect(gap->place_err == 0 && llabs(gap->first - stream->losses[i].at) <= 2);
    }
}

/* --- losses --- */

Test(ppk2_decoder, of_a_whole_stream_finds_nothing)
{
    for (int host = PPK2_QUIET; host <= PPK2_BUSY; host++) {
        struct ppk2_stream stream = {
            .seed = 1, .seconds = 30, .ppm = 60, .host = (enum ppk2_host)host};
        ppk2_stream_run(&stream, &result);
        cr_expect(result.gap_count == 0 && result.missing == 0 && result.wrong == 0);
        cr_expect(result.samples > 2999000);
        cr_expect(result.anchors > 6000 && result.early_anchors == 0);
    }
}

Test(ppk2_decoder, counts_what_the_counter_shows)
{
    for (int host = PPK2_QUIET; host <= PPK2_BUSY; host++)
        for (int64_t count = 1; count < 64; count += 31) {
            struct ppk2_stream stream = with_losses(2, 4 * count);
            stream.host = (enum ppk2_host)host;
            expect_all_found(&stream, VR_POWER_GAP_COUNTER);
        }
}

Test(ppk2_decoder, finds_by_arrival_what_the_counter_does_not_show)
{
    static const int64_t counts[] = {64, 128, 512};
    for (int host = PPK2_QUIET; host <= PPK2_BUSY; host++)
        for (size_t i = 0; i < 3; i++) {
            struct ppk2_stream stream = with_losses(3 + i, 4 * counts[i]);
            stream.host = (enum ppk2_host)host;
            expect_all_found(&stream, VR_POWER_GAP_ARRIVAL);
        }
}

/* The counter says where and the remainder, the arrival how many more. */
Test(ppk2_decoder, joins_counter_and_arrival)
{
    static const int64_t counts[] = {65, 500, 1000, 20000 + 5};
    for (int host = PPK2_QUIET; host <= PPK2_BUSY; host++)
        for (size_t i = 0; i < 4; i++) {
            struct ppk2_stream stream = with_losses(6 + i, 4 * counts[i]);
            stream.host = (enum ppk2_host)host;
            expect_all_found(&stream, VR_POWER_GAP_COUNTER);
        }
}

Test(ppk2_decoder, finds_the_words_again_behind_lost_bytes)
{
    static const int64_t counts[] = {1, 2, 3, 513, 4099};
    for (int host = PPK2_QUIET; host <= PPK2_BUSY; host++)
        for (size_t i = 0; i < 5; i++) {
            struct ppk2_stream stream = with_losses(10 + i, counts[i]);
            stream.host = (enum ppk2_host)host;
            expect_all_found(&stream, VR_POWER_GAP_DESYNC);
        }
}

Test(ppk2_decoder, takes_a_stall_for_none)
{
    for (int ms = 30; ms <= 2000; ms += ms < 60 ? 10 : 485) {
        struct ppk2_stream stream = {
            .seed = 20, .seconds = 12, .ppm = -80, .stall_s = 6, .stall_until_s = 6 + ms / 1e3};
        ppk2_stream_run(&stream, &result);
        cr_expect(result.gap_count == 0 && result.wrong == 0, "%d ms", ms);
    }
}

Test(ppk2_decoder, hands_out_all_that_came_before_an_unplug)
{
    for (int64_t cut = 400000; cut < 400008; cut++) {
        struct ppk2_stream stream = {.seed = 21, .seconds = 5, .cut_bytes = cut};
        ppk2_stream_run(&stream, &result);
        cr_expect(result.samples == cut / 4 && result.gap_count == 0 && result.wrong == 0);
    }
}

Test(ppk2_decoder, holds_back_no_more_than_it_says)
{
    struct ppk2_stream stream = with_losses(22, 256);
    ppk2_stream_run(&stream, &result);
    cr_expect(result.held_max < 130000, "%" PRId64, result.held_max);
    struct ppk2_stream stalled = {
        .seed = 23,
        .seconds = 20,
        .stall_s = 6,
        .stall_until_s = 14,
        .loss_count = 1,
        .losses = {{.at = 550000, .bytes = 256}}};
    ppk2_stream_run(&stalled, &result);
    cr_expect_eq(result.wrong, 0);
}

/* --- words, one by one --- */

#define WORDS 3000

struct seen {
    uint16_t codes[4 * WORDS];
    uint8_t ranges[4 * WORDS], lines[4 * WORDS];
    size_t count, gap_count;
    struct vr_power_gap gaps[64];
};

static void see_samples(void *context, const struct vr_power_samples *samples)
{
    struct seen *seen = context;
    for (size_t i = 0; i < samples->count; i++, seen->count++) {
        seen->codes[seen->count] = samples->codes[i];
        seen->ranges[seen->count] = samples->ranges[i];
        seen->lines[seen->count] = samples->lines[i];
    }
}

static void see_gap(void *context, const struct vr_power_gap *gap)
{
    struct seen *seen = context;
    cr_assert(seen->gap_count < 64);
    seen->gaps[seen->gap_count++] = *gap;
}

static void see_anchor(void *context, int64_t index, int64_t arrival_ns)
{
    (void)context, (void)index, (void)arrival_ns;
}

static void decode(const uint32_t *words, size_t count, struct seen *seen)
{
    const struct vr_power_sink sink = {
        .context = seen, .samples = see_samples, .gap = see_gap, .anchor = see_anchor};
    struct vr_power_decoder *decoder;
    struct vr_err err;
    memset(seen, 0, sizeof *seen);
    cr_assert_eq(
        vr_power_decoder_create(
            vr_power_find("ppk2", &err), ppk2_stream_info(), &sink, &decoder, &err),
        0);
    for (size_t i = 0; i < count; i += 100)
        vr_power_decode(
            decoder, (int64_t)(i + 100) * 10000, (const uint8_t *)&words[i],
            4 * (count - i < 100 ? count - i : 100));
    vr_power_decode_end(decoder);
    vr_power_decoder_destroy(decoder);
}

static struct seen seen;
static uint32_t words[WORDS];

static void fill(void)
{
    for (uint32_t i = 0; i < WORDS; i++)
        words[i] = (i * 7 & 0x3fff) | 3u << 14 | (i & 63) << 18 | (i / 1000 + 1) << 24;
}

Test(ppk2_decoder, takes_a_word_apart, .init = fill)
{
    words[5] = 0x3fff | 4u << 14 | 1u << 17 | 5u << 18 | 0xa5u << 24;
    decode(words, WORDS, &seen);
    cr_expect(seen.count == WORDS && seen.gap_count == 0);
    cr_expect(seen.codes[5] == 0x3fff && seen.ranges[5] == 4 && seen.lines[5] == 0xa5);
    cr_expect(seen.codes[6] == 42 && seen.ranges[6] == 3 && seen.lines[6] == 1);
}

Test(ppk2_decoder, marks_ranges_that_do_not_exist, .init = fill)
{
    for (uint32_t i = 0; i < 500; i++) {
        words[1000 + i] |= 7u << 14;
        words[2999] = (words[2999] & ~(7u << 14)) | 5u << 14;
    }
    decode(words, WORDS, &seen);
    cr_expect(seen.count == WORDS && seen.gap_count == 2);
    cr_expect(seen.gaps[0].first == 1000 && seen.gaps[0].count == 500);
    cr_expect(seen.gaps[0].kind == VR_POWER_GAP_MARKED && seen.gaps[0].place_err == 0);
    cr_expect(seen.gaps[0].count_min == 500 && seen.gaps[0].count_max == 500);
    cr_expect(seen.gaps[1].first == 2999 && seen.gaps[1].count == 1);
    cr_expect(seen.ranges[999] == 3 && seen.ranges[1000] == VR_POWER_MISSING);
    cr_expect(seen.ranges[1499] == VR_POWER_MISSING && seen.ranges[1500] == 3);
    cr_expect_eq(seen.lines[1499], 1, "of a missing sample those before it");
}

Test(ppk2_decoder, keeps_the_lines_over_a_loss, .init = fill)
{
    memmove(&words[1990], &words[2020], (WORDS - 2020) * sizeof words[0]);
    decode(words, WORDS - 30, &seen);
    cr_expect(seen.count == WORDS && seen.gap_count == 1);
    cr_expect(seen.gaps[0].first == 1990 && seen.gaps[0].count == 30);
    cr_expect(seen.lines[1989] == 2 && seen.lines[2019] == 2 && seen.lines[2020] == 3);
    cr_expect_eq(seen.codes[2020], 2020 * 7);
}
