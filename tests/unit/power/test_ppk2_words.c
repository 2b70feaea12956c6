#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "power/ppk2_words.h"
#include "ppk2_stream.h"

#define WORDS 400
#define BYTES (4 * WORDS)

/* --- support: what comes of bytes, by the samples' own numbers --- */

struct outcome {
    int64_t words, wrong;     /* wrong: not the sample that its place says */
    int64_t lost, first_lost; /* the place of the last loss */
    int losses, shifts;
};

static void take(
    struct vr_ppk2_words *words,
    enum vr_ppk2_event (*next)(struct vr_ppk2_words *, uint32_t *, int64_t *), int64_t first,
    struct outcome *outcome)
{
    uint32_t word;
    int64_t count;
    enum vr_ppk2_event event;
    while ((event = next(words, &word, &count)) != VR_PPK2_NONE) {
        int64_t place = first + outcome->words + outcome->lost;
        if (event == VR_PPK2_WORD) {
            outcome->wrong += word != ppk2_stream_word(place);
            outcome->words++;
            continue;
        }
        outcome->first_lost = place;
        outcome->lost += count;
        outcome->losses += event == VR_PPK2_LOST;
        outcome->shifts += event == VR_PPK2_SHIFTED;
    }
}

static struct outcome decoded(const uint8_t *bytes, size_t size, size_t piece, int64_t first)
{
    struct vr_ppk2_words words = {0};
    struct outcome outcome = {0};
    while (size > 0) {
        size_t part = size < piece ? size : piece, used = vr_ppk2_words_push(&words, bytes, part);
        take(&words, vr_ppk2_words_next, first, &outcome);
        bytes += used;
        size -= used;
    }
    take(&words, vr_ppk2_words_last, first, &outcome);
    return outcome;
}

static uint8_t stream[4 * BYTES];

static void fill(void)
{
    for (size_t i = 0; i < sizeof stream; i++)
        stream[i] = (uint8_t)(ppk2_stream_word((int64_t)i / 4) >> 8 * (i % 4));
}

/* Of the first BYTES bytes of the stream, without `count` of them from `at` on. */
static struct outcome without(size_t at, size_t count)
{
    static uint8_t bytes[BYTES];
    memcpy(bytes, stream, at);
    memcpy(bytes + at, stream + at + count, BYTES - at);
    return decoded(bytes, BYTES, 97, 0);
}

/* --- tests --- */

Test(ppk2_words, that_are_whole_all_come_out, .init = fill)
{
    for (size_t piece = 1; piece < 300; piece += 7) {
        struct outcome outcome = decoded(stream, BYTES, piece, 0);
        cr_expect(outcome.words == WORDS && outcome.wrong == 0 && outcome.lost == 0);
    }
}

Test(ppk2_words, begin_within_a_word, .init = fill)
{
    for (size_t at = 1; at < 4; at++) {
        struct outcome outcome = decoded(stream + at, BYTES - at, 64, 1);
        cr_expect(outcome.words == WORDS - 1 && outcome.wrong == 0 && outcome.lost == 0);
    }
}

Test(ppk2_words, that_are_lost_are_counted_modulo_64, .init = fill)
{
    for (size_t count = 1; count < 200; count++) {
        if (count % 64 == 0)
            continue;
        struct outcome outcome = without(400, 4 * count);
        cr_expect_eq(outcome.lost, count % 64);
        cr_expect(outcome.losses == 1 && outcome.shifts == 0 && outcome.first_lost == 100);
        cr_expect_eq(outcome.words, WORDS);
    }
}

Test(ppk2_words, behind_lost_bytes_are_found_again, .init = fill)
{
    for (size_t count = 1; count < 700; count += count < 12 ? 1 : 41)
        for (size_t at = 400; at < 404; at++) {
            struct outcome outcome = without(at, count);
            if (count % 4 == 0)
                continue;
            /* What was lost is at least a part of these: the loss is that number, modulo 64. */
            cr_expect_eq(outcome.shifts, 1, "%zu bytes at %zu", count, at);
            int64_t all = (int64_t)(BYTES + count) / 4;
            cr_expect_eq(
                (all - outcome.words - outcome.lost) % 64, 0, "%zu bytes at %zu", count, at);
            cr_expect(outcome.words >= WORDS - 6);
            if (count < 240)
                cr_expect_eq(
                    outcome.wrong, 0, "%zu bytes at %zu: %d wrong", count, at, (int)outcome.wrong);
        }
}

Test(ppk2_words, that_are_damaged_are_lost_alone, .init = fill)
{
    for (unsigned bit = 18; bit < 24; bit++) {
        stream[402] ^= (uint8_t)(1u << (bit - 16));
        struct outcome outcome = decoded(stream, BYTES, 64, 0);
        cr_expect_eq(outcome.lost, 1);
        cr_expect(outcome.words == WORDS - 1 && outcome.wrong == 0);
        fill();
    }
}

/* More than the counter can tell: what was thrown away says that it went around. */
Test(ppk2_words, that_are_damaged_in_a_row_are_all_counted, .init = fill)
{
    for (size_t count = 20; count < 250; count += 23) {
        memset(&stream[400], 0xff, 4 * count);
        struct outcome outcome = decoded(stream, sizeof stream, 64, 0);
        cr_expect(outcome.shifts == 1 && outcome.wrong == 0);
        cr_expect(outcome.lost >= (int64_t)count && outcome.lost <= (int64_t)count + 3);
        fill();
    }
}

Test(ppk2_words, are_none_in_noise)
{
    const uint64_t seed = 5;
    struct vr_rng rng;
    static uint8_t noise[1 << 20];
    vr_rng_init(&rng, seed);
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)vr_rng_below(&rng, 256);
    struct outcome outcome = decoded(noise, sizeof noise, 4096, 0);
    cr_expect_eq(outcome.words, 0);
}

/* A ramp of 4 codes a sample counts on in its low byte, too: two cuts look alike, and none is taken until it ends. */
Test(ppk2_words, are_not_cut_where_the_current_counts_like_the_counter)
{
    static uint8_t ramp[BYTES];
    for (uint32_t i = 0; i < WORDS; i++) {
        uint32_t code = i < 200 ? 4 * i & 0xff : 77;
        uint32_t word = code | 2u << 14 | (i & 63) << 18;
        for (size_t k = 0; k < 4; k++)
            ramp[4 * i + k] = (uint8_t)(word >> 8 * k);
    }
    struct vr_ppk2_words words = {0};
    uint32_t word = 0;
    int64_t count;
    size_t at = 2, seen = 0;
    while (at < BYTES) {
        at += vr_ppk2_words_push(&words, ramp + at, BYTES - at);
        while (vr_ppk2_words_next(&words, &word, &count) == VR_PPK2_WORD) {
            cr_assert(vr_ppk2_range(word) == 2 && vr_ppk2_lines(word) == 0);
            seen++;
        }
    }
    cr_expect(seen > 150 && seen <= 210, "%zu", seen);
}
