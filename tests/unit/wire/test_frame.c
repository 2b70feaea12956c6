#include <criterion/criterion.h>
#include <string.h>

#include "wire/frame.h"
#include "wire/protocol.h"

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static const struct wire_header header = {WIRE_SAMPLES, 7, 0x1234, 2, WIRE_FLAG_RESENT};

static uint8_t payload[WIRE_PAYLOAD_MAX];
static uint8_t encoded[WIRE_ENCODED_MAX(WIRE_PAYLOAD_MAX) + 16];
static uint8_t buffer[WIRE_DECODER_SIZE(WIRE_PAYLOAD_MAX)];

enum content { ZEROES, ONES, NOISE };

static void fill(size_t size, enum content content, uint32_t *random)
{
    for (size_t i = 0; i < size; i++)
        payload[i] = (uint8_t)(content == ZEROES ? 0 : content == ONES ? 255 : next_random(random));
}

static bool is_header(const struct wire_header *got)
{
    return got->type == header.type && got->session == header.session && got->seq == header.seq &&
           got->stream == header.stream && got->flags == header.flags;
}

Test(frame, comes_back_whole_at_every_size)
{
    uint32_t random = 1;
    for (size_t size = 0; size <= WIRE_PAYLOAD_MAX; size++)
        for (int content = ZEROES; content <= NOISE; content++) {
            struct wire_decoder decoder;
            size_t used;
            fill(size, (enum content)content, &random);
            const size_t encoded_size =
                wire_frame_encode(&header, payload, size, encoded, sizeof encoded);
            cr_assert_gt(encoded_size, 0);
            cr_assert_leq(encoded_size, WIRE_ENCODED_MAX(size), "size %zu", size);
            cr_assert_eq(memchr(encoded, 0, encoded_size), encoded + encoded_size - 1);
            wire_decoder_init(&decoder, buffer, WIRE_DECODER_SIZE(size));
            cr_assert_eq(
                wire_decoder_push(&decoder, encoded, encoded_size, &used), WIRE_EVENT_FRAME,
                "size %zu", size);
            cr_assert_eq(used, encoded_size);
            cr_assert_eq(decoder.payload_size, size);
            cr_assert(is_header(&decoder.header));
            cr_assert_eq(memcmp(decoder.payload, payload, size), 0, "size %zu", size);
        }
}

Test(frame, is_encoded_in_place_from_the_far_end_of_its_room)
{
    static uint8_t apart[sizeof encoded];
    uint32_t random = 2;
    for (size_t size = 0; size <= WIRE_PAYLOAD_MAX; size += 61)
        for (int content = ZEROES; content <= NOISE; content++) {
            fill(size, (enum content)content, &random);
            const size_t apart_size =
                wire_frame_encode(&header, payload, size, apart, sizeof apart);
            uint8_t *const inside = encoded + WIRE_ENCODED_MAX(size) - size;
            memcpy(inside, payload, size);
            cr_assert_eq(
                wire_frame_encode(&header, inside, size, encoded, WIRE_ENCODED_MAX(size)),
                apart_size);
            cr_assert_arr_eq(encoded, apart, apart_size, "size %zu", size);
        }
}

Test(frame, needs_the_room_it_says)
{
    memset(payload, 0xff, 300);
    for (size_t capacity = 0; capacity < WIRE_ENCODED_MAX(300); capacity++)
        cr_assert_eq(wire_frame_encode(&header, payload, 300, encoded, capacity), 0);
    cr_assert_gt(wire_frame_encode(&header, payload, 300, encoded, WIRE_ENCODED_MAX(300)), 0);
}

Test(frame, is_found_among_others_however_the_bytes_come)
{
    uint8_t line[512];
    size_t size = 0;
    line[size++] = 0; /* empty */
    for (unsigned i = 0; i < 5; i++) {
        memset(payload, (int)i, i * 10);
        size += wire_frame_encode(&header, payload, i * 10, line + size, sizeof line - size);
    }
    for (size_t piece = 1; piece <= size; piece++) {
        struct wire_decoder decoder;
        wire_decoder_init(&decoder, buffer, sizeof buffer);
        for (size_t at = 0; at < size; at += piece) {
            const size_t end = at + piece < size ? at + piece : size;
            size_t used;
            for (size_t i = at; i < end; i += used)
                if (wire_decoder_push(&decoder, line + i, end - i, &used) == WIRE_EVENT_FRAME)
                    cr_assert_eq(decoder.payload_size, (decoder.frames - 1) * 10);
        }
        cr_assert_eq(decoder.frames, 5, "pieces of %zu", piece);
        cr_assert_eq(decoder.crc_errors + decoder.frame_errors + decoder.noise_bytes, 0);
    }
}

static void push_all(struct wire_decoder *decoder, const uint8_t *data, size_t size)
{
    size_t used;
    for (size_t at = 0; at < size; at += used)
        wire_decoder_push(decoder, data + at, size - at, &used);
}

Test(frame, counts_what_it_drops)
{
    struct wire_decoder decoder;
    memset(payload, 0x55, 100);
    const size_t size = wire_frame_encode(&header, payload, 100, encoded, sizeof encoded);

    wire_decoder_init(&decoder, buffer, WIRE_DECODER_SIZE(100));
    encoded[50] ^= 1;
    push_all(&decoder, encoded, size);
    cr_assert_eq(decoder.crc_errors, 1);
    cr_assert_eq(decoder.noise_bytes, size);
    encoded[50] ^= 1;

    push_all(&decoder, encoded + 60, size - 60); /* begins in the middle */
    cr_assert_eq(decoder.crc_errors + decoder.frame_errors, 2);
    push_all(&decoder, (const uint8_t *)"\x03\x01\x02", 4); /* too short */
    cr_assert_eq(decoder.frame_errors, 2);

    push_all(&decoder, encoded, size);
    cr_assert_eq(decoder.frames, 1);

    wire_decoder_init(&decoder, buffer, WIRE_DECODER_SIZE(99)); /* one too long */
    push_all(&decoder, encoded, size);
    cr_assert_eq(decoder.frame_errors, 1);
    cr_assert_eq(decoder.frames, 0);
}

/* Flip a bit, lose a byte, insert one or swap two; returns the new size. */
static size_t damage(size_t size, uint32_t *random)
{
    const size_t at = next_random(random) % (size - 1);
    const size_t other = (at + 1) % (size - 1);
    const uint8_t byte = encoded[at];
    switch (next_random(random) % 4) {
    case 0:
        encoded[at] ^= (uint8_t)(1u << (next_random(random) & 7));
        return size;
    case 1:
        memmove(encoded + at, encoded + at + 1, size - at - 1);
        return size - 1;
    case 2:
        memmove(encoded + at + 1, encoded + at, size - at);
        encoded[at] = (uint8_t)next_random(random);
        return size + 1;
    default:
        encoded[at] = encoded[other];
        encoded[other] = byte;
        return size;
    }
}

Test(frame, damaged_two_hundred_thousand_times_is_never_accepted_wrong)
{
    uint32_t random = 42;
    for (unsigned i = 0; i < 200000; i++) {
        const size_t payload_size = next_random(&random) % 300;
        struct wire_decoder decoder;
        fill(payload_size, NOISE, &random);
        const size_t clean =
            wire_frame_encode(&header, payload, payload_size, encoded, sizeof encoded);
        const size_t size = damage(clean, &random);
        size_t used;
        wire_decoder_init(&decoder, buffer, sizeof buffer);
        for (size_t at = 0; at < size; at += used)
            if (wire_decoder_push(&decoder, encoded + at, size - at, &used) == WIRE_EVENT_FRAME)
                /* A swap of two equal bytes changes nothing. */
                cr_assert(
                    is_header(&decoder.header) && decoder.payload_size == payload_size &&
                        memcmp(decoder.payload, payload, payload_size) == 0,
                    "frame %u", i);
    }
}
