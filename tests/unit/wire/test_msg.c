/* What the golden frames do not show: counts out of range, and texts. */
#include <criterion/criterion.h>
#include <string.h>

#include "wire/digest.h"
#include "wire/msg.h"

Test(msg, open_has_one_to_four_streams)
{
    uint8_t payload[128];
    struct wire_open open = {0}, got;
    for (unsigned count = 0; count <= 5; count++) {
        open.stream_count = (uint8_t)count;
        const size_t size = wire_open_pack(&open, payload, sizeof payload);
        cr_assert_eq(size > 0, count >= 1 && count <= 4, "%u streams", count);
        if (size) {
            cr_assert(wire_open_unpack(payload, size, &got));
            cr_assert_not(wire_open_unpack(payload, size - 1, &got));
        }
    }
    memset(payload, 0, sizeof payload);
    payload[2] = 5;
    cr_assert_not(wire_open_unpack(payload, sizeof payload, &got));
}

Test(msg, samples_are_never_empty_or_half)
{
    uint8_t payload[16] = {0};
    struct wire_samples samples = {0, {payload, 0}};
    cr_assert_eq(wire_samples_pack(&samples, payload, sizeof payload), 0);
    samples.data.size = 3;
    cr_assert_eq(wire_samples_pack(&samples, payload, sizeof payload), 0);
    for (size_t size = 0; size <= sizeof payload; size++)
        cr_assert_eq(
            wire_samples_unpack(payload, size, &samples), size >= 6 && size % 2 == 0, "%zu", size);
}

Test(msg, counts_beyond_their_limits_are_not_packed)
{
    uint8_t payload[256];
    cr_assert_eq(wire_credit_pack(&(struct wire_credit){.stream_count = 5}, payload, 256), 0);
    cr_assert_eq(wire_output_pack(&(struct wire_output){.value_count = 9}, payload, 256), 0);
    cr_assert_eq(wire_fin_pack(&(struct wire_fin){.stream_count = 5}, payload, 256), 0);
    cr_assert_eq(wire_fault_pack(&(struct wire_fault){.stack_count = 17}, payload, 256), 0);
    cr_assert_eq(wire_hello_pack(&(struct wire_hello){.algorithm_count = 9}, payload, 256), 0);
}

Test(msg, output_length_must_agree_with_its_count)
{
    uint8_t payload[64] = {0};
    struct wire_output output;
    for (unsigned count = 0; count < 12; count++)
        for (size_t size = 0; size <= sizeof payload; size++) {
            payload[6] = (uint8_t)count;
            cr_assert_eq(
                wire_output_unpack(payload, size, &output), count <= 8 && size == 24 + 4 * count);
        }
}

Test(msg, text_of_a_string_is_cut_at_255)
{
    char long_text[400];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    cr_assert_eq(wire_text_of(long_text).size, 255);
    cr_assert_eq(wire_text_of("abc").size, 3);
    cr_assert_eq(wire_text_of(NULL).size, 0);
}

Test(msg, digest_is_fnv1a_over_the_named_bytes)
{
    const struct wire_output output = {
        .number = 0x01020304,
        .kind = 5,
        .value_count = 1,
        .sample_index = 0x0a0b0c0d,
        .at_index = 0x11121314,
        .ticks_arrival = 99,
        .ticks_emitted = 98,
        .values = {-2},
    };
    const uint8_t bytes[] = {4,  3,    2,    1,    5,    6,    1,    13,   12,  11,
                             10, 0x14, 0x13, 0x12, 0x11, 0xfe, 0xff, 0xff, 0xff};
    uint64_t expected = 0xcbf29ce484222325;
    for (size_t i = 0; i < sizeof bytes; i++)
        expected = (expected ^ bytes[i]) * 0x100000001b3;
    cr_assert_eq(wire_output_digest(WIRE_DIGEST_INIT, 6, &output), expected);
}

Test(msg, every_type_and_output_kind_has_a_word)
{
    cr_assert_str_eq(wire_type_info(WIRE_HELLO_R)->word, "hello_r");
    cr_assert_eq(wire_type_info(WIRE_SAMPLES)->delivery, WIRE_RELIABLE);
    cr_assert_eq(wire_type_info(WIRE_MARK)->direction, WIRE_BOTH);
    cr_assert_null(wire_type_info(0));
    cr_assert_null(wire_type_info(0x15));
    cr_assert_null(wire_type_info(255));
    cr_assert_str_eq(wire_output_word(WIRE_OUTPUT_BEAT), "beat");
    cr_assert_null(wire_output_word(0));
    cr_assert_null(wire_output_word(200));
}

Test(msg, stat_may_end_before_step_ticks)
{
    const struct wire_stat stat = {.steps = 3, .ring_high = 9, .step_ticks = 10};
    struct wire_stat got;
    uint8_t payload[40];
    cr_assert_eq(wire_stat_pack(&stat, payload, sizeof payload), 40);
    cr_assert(wire_stat_unpack(payload, 40, &got));
    cr_assert_eq(got.step_ticks, 10);
    cr_assert(wire_stat_unpack(payload, 36, &got));
    cr_assert(got.steps == 3 && got.ring_high == 9 && got.step_ticks == 0);
    cr_assert_not(wire_stat_unpack(payload, 38, &got));
}
