#include <criterion/criterion.h>
#include <string.h>

#include "wire/cobs.h"

/* Cheshire and Baker (1999), and the table of examples in Wikipedia's article on COBS.  A run is
 * given by its first and last byte. */
static const struct {
    const char *name;
    size_t size;
    uint8_t bytes[8];
    size_t encoded_size;
    uint8_t encoded[10];
} vectors[] = {
    {"nothing", 0, {0}, 1, {1}},
    {"00", 1, {0}, 2, {1, 1}},
    {"00 00", 2, {0, 0}, 3, {1, 1, 1}},
    {"00 11 00", 3, {0, 0x11, 0}, 4, {1, 2, 0x11, 1}},
    {"11 22 00 33", 4, {0x11, 0x22, 0, 0x33}, 5, {3, 0x11, 0x22, 2, 0x33}},
    {"11 22 33 44", 4, {0x11, 0x22, 0x33, 0x44}, 5, {5, 0x11, 0x22, 0x33, 0x44}},
    {"11 00 00 00", 4, {0x11, 0, 0, 0}, 5, {2, 0x11, 1, 1, 1}},
};

static size_t encode(const uint8_t *bytes, size_t size, uint8_t *encoded)
{
    struct wire_cobs_encoder encoder;
    wire_cobs_encoder_init(&encoder, encoded);
    wire_cobs_encoder_put(&encoder, bytes, size);
    return wire_cobs_encoder_finish(&encoder);
}

Test(cobs, encodes_the_published_examples)
{
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        uint8_t encoded[16];
        const size_t size = encode(vectors[i].bytes, vectors[i].size, encoded);
        cr_assert_eq(size, vectors[i].encoded_size, "%s", vectors[i].name);
        cr_assert_arr_eq(encoded, vectors[i].encoded, size, "%s", vectors[i].name);
    }
}

/* The long published examples: a run of `count` bytes that count up from `first`, mod 256. */
Test(cobs, encodes_the_published_long_runs)
{
    static const struct {
        uint8_t first;
        size_t count;
        size_t encoded_size;
        struct {
            size_t at;
            uint8_t value;
        } codes[3];
    } runs[] = {
        {0x01, 254, 255, {{0, 0xff}, {0, 0xff}, {0, 0xff}}},
        {0x00, 255, 256, {{0, 0x01}, {1, 0xff}, {1, 0xff}}},
        {0x01, 255, 257, {{0, 0xff}, {255, 0x02}, {256, 0xff}}},
        {0x02, 255, 257, {{0, 0xff}, {255, 0x01}, {256, 0x01}}}, /* 02 .. ff 00 */
        {0x03, 255, 256, {{0, 0xfe}, {254, 0x02}, {255, 0x01}}}, /* 03 .. ff 00 01 */
    };
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        uint8_t bytes[256], encoded[300];
        for (size_t j = 0; j < runs[i].count; j++)
            bytes[j] = (uint8_t)(runs[i].first + j);
        cr_assert_eq(encode(bytes, runs[i].count, encoded), runs[i].encoded_size, "run %zu", i);
        for (size_t j = 0; j < 3; j++)
            cr_assert_eq(
                encoded[runs[i].codes[j].at], runs[i].codes[j].value, "run %zu code %zu", i, j);
    }
}

Test(cobs, encodes_alike_in_pieces)
{
    uint8_t bytes[600], whole[700], pieces[700];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i % 300 == 7 ? 0 : 1 + i % 255);
    const size_t size = encode(bytes, sizeof bytes, whole);
    for (size_t piece = 1; piece < sizeof bytes; piece += 13) {
        struct wire_cobs_encoder encoder;
        wire_cobs_encoder_init(&encoder, pieces);
        for (size_t at = 0; at < sizeof bytes; at += piece)
            wire_cobs_encoder_put(
                &encoder, bytes + at, sizeof bytes - at < piece ? sizeof bytes - at : piece);
        cr_assert_eq(wire_cobs_encoder_finish(&encoder), size, "piece %zu", piece);
        cr_assert_arr_eq(pieces, whole, size, "piece %zu", piece);
    }
}

/* Decode in pieces; returns the state behind the delimiter. */
static enum wire_cobs_state decode(
    const uint8_t *encoded, size_t size, size_t piece, uint8_t *buffer, size_t capacity,
    size_t *ret_size)
{
    struct wire_cobs_decoder decoder;
    enum wire_cobs_state state = WIRE_COBS_MORE;
    wire_cobs_decoder_init(&decoder, buffer, capacity);
    for (size_t at = 0; at < size && state == WIRE_COBS_MORE;) {
        size_t used;
        state = wire_cobs_decoder_push(
            &decoder, encoded + at, size - at < piece ? size - at : piece, &used);
        at += used;
    }
    *ret_size = decoder.size;
    return state;
}

Test(cobs, decodes_what_it_encoded_at_every_size_and_in_every_piece)
{
    uint8_t bytes[520], encoded[530], decoded[520];
    for (size_t size = 0; size <= sizeof bytes; size++) {
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)(size % 3 ? 1 + i % 255 : i % 5);
        const size_t encoded_size = encode(bytes, size, encoded);
        cr_assert_leq(encoded_size, WIRE_COBS_MAX(size));
        cr_assert_null(memchr(encoded, 0, encoded_size));
        encoded[encoded_size] = 0;
        for (size_t piece = 1; piece < 600; piece = piece * 2 + 1) {
            size_t decoded_size;
            cr_assert_eq(
                decode(encoded, encoded_size + 1, piece, decoded, size, &decoded_size),
                WIRE_COBS_END, "size %zu piece %zu", size, piece);
            cr_assert_eq(decoded_size, size);
            cr_assert_arr_eq(decoded, bytes, size);
        }
    }
}

Test(cobs, finds_a_piece_that_was_cut)
{
    uint8_t decoded[16];
    size_t size;
    cr_assert_eq(
        decode((const uint8_t[]){5, 1, 2, 0}, 4, 4, decoded, sizeof decoded, &size),
        WIRE_COBS_BROKEN);
}

Test(cobs, writes_nothing_behind_its_buffer)
{
    uint8_t encoded[40], decoded[40];
    const uint8_t bytes[20] = {1, 2, 0, 4, 0, 0, 7, 8, 9};
    const size_t size = encode(bytes, sizeof bytes, encoded);
    encoded[size] = 0;
    for (size_t capacity = 0; capacity < sizeof bytes; capacity++) {
        size_t decoded_size;
        memset(decoded, 0xa5, sizeof decoded);
        cr_assert_eq(
            decode(encoded, size + 1, 3, decoded, capacity, &decoded_size), WIRE_COBS_BROKEN);
        cr_assert_leq(decoded_size, capacity);
        for (size_t i = capacity; i < sizeof decoded; i++)
            cr_assert_eq(decoded[i], 0xa5, "capacity %zu at %zu", capacity, i);
    }
}
