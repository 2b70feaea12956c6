#include <criterion/criterion.h>
#include <string.h>

#include "wire/msg.h"
#include "wire/tlv.h"

Test(tlv, reads_fields_to_the_end)
{
    const uint8_t data[] = {1, 2, 0xaa, 0xbb, 9, 0, 2, 1, 0xcc};
    struct wire_tlv tlv;
    size_t at = 0;
    cr_assert(wire_tlv_next(data, sizeof data, &at, &tlv));
    cr_assert(tlv.type == 1 && tlv.length == 2 && tlv.value[1] == 0xbb);
    cr_assert(wire_tlv_next(data, sizeof data, &at, &tlv));
    cr_assert(tlv.type == 9 && tlv.length == 0);
    cr_assert(wire_tlv_next(data, sizeof data, &at, &tlv));
    cr_assert(tlv.type == 2 && tlv.value[0] == 0xcc);
    cr_assert_not(wire_tlv_next(data, sizeof data, &at, &tlv));
    cr_assert_eq(at, sizeof data);
}

Test(tlv, stops_before_a_field_that_is_cut)
{
    const uint8_t data[] = {1, 3, 0xaa, 0xbb};
    struct wire_tlv tlv;
    for (size_t size = 1; size <= sizeof data; size++) {
        size_t at = 0;
        cr_assert_not(wire_tlv_next(data, size, &at, &tlv));
        cr_assert_lt(at, size);
    }
}

Test(tlv, writes_nothing_that_does_not_fit)
{
    uint8_t buffer[8];
    struct wire_tlv_writer writer = {buffer, sizeof buffer, 0};
    cr_assert_not_null(wire_tlv_add(&writer, 1, 3));
    cr_assert_null(wire_tlv_add(&writer, 2, 2));
    cr_assert_null(wire_tlv_add(&writer, 3, 0), "after one failure nothing may be added");
    cr_assert_gt(writer.size, sizeof buffer);
    uint8_t large[300];
    writer = (struct wire_tlv_writer){large, sizeof large, 0};
    cr_assert_null(wire_tlv_add(&writer, 1, 256));
}

Test(tlv, puts_and_finds_values)
{
    uint8_t buffer[16];
    struct wire_tlv_writer writer = {buffer, sizeof buffer, 0};
    wire_tlv_put(&writer, 1, "ab", 2);
    wire_tlv_put(&writer, 2, NULL, 0);
    wire_tlv_put(&writer, 1, "cde", 3);
    wire_tlv_put(&writer, 1, "f", 1);
    cr_assert_eq(writer.size, 14);
    cr_assert_eq(wire_tlv_find(buffer, writer.size, 1, 1), buffer + 13, "the last one counts");
    cr_assert_eq(wire_tlv_find(buffer, writer.size, 1, 2), buffer + 8, "but for those too short");
    cr_assert_eq(wire_tlv_find(buffer, writer.size, 2, 0), buffer + 6);
    cr_assert_null(wire_tlv_find(buffer, writer.size, 1, 4));
    cr_assert_null(wire_tlv_find(buffer, writer.size, 3, 0));
    cr_assert_eq(wire_tlv_find(buffer, 13, 1, 1), buffer + 8, "nor one that is cut");
    wire_tlv_put(&writer, 3, "ghi", 3);
    cr_assert_gt(writer.size, sizeof buffer);
}

Test(tlv, hello_skips_unknown_fields_and_reads_the_beginning_of_longer_ones)
{
    const uint8_t payload[] = {200, 1, 5, 1, 3, 1, 4, 99, 17, 5, 1, 0, 0, 0, 7, 31, 0};
    struct wire_hello hello;
    cr_assert(wire_hello_unpack(payload, sizeof payload, &hello));
    cr_assert_eq(
        hello.present, WIRE_HELLO_BIT(WIRE_HELLO_PROTOCOL) | WIRE_HELLO_BIT(WIRE_HELLO_HOST_NONCE));
    cr_assert(hello.protocol_major == 1 && hello.protocol_minor == 4);
    cr_assert_eq(hello.host_nonce, 1);
}

Test(tlv, hello_refuses_a_known_field_that_is_too_short)
{
    static const struct {
        uint8_t type;
        uint8_t length;
    } fields[] = {
        {WIRE_HELLO_PROTOCOL, 2},   {WIRE_HELLO_CLOCK, 5},      {WIRE_HELLO_LIMITS, 9},
        {WIRE_HELLO_ALGORITHM, 4},  {WIRE_HELLO_SELF_TEST, 1},  {WIRE_HELLO_FEATURES, 4},
        {WIRE_HELLO_BOOT_NONCE, 4}, {WIRE_HELLO_HOST_NONCE, 4},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        uint8_t payload[16] = {fields[i].type, fields[i].length};
        struct wire_hello hello;
        cr_assert(wire_hello_unpack(payload, 2u + fields[i].length, &hello), "row %zu", i);
        payload[1]--;
        cr_assert_not(wire_hello_unpack(payload, 1u + fields[i].length, &hello), "row %zu", i);
    }
}

Test(tlv, hello_holds_eight_algorithms_and_refuses_nine)
{
    uint8_t payload[9 * 6];
    struct wire_hello hello;
    for (unsigned i = 0; i < 9; i++)
        memcpy(payload + 6 * i, (const uint8_t[]){WIRE_HELLO_ALGORITHM, 4, (uint8_t)i, 0, 0, 1}, 6);
    cr_assert(wire_hello_unpack(payload, 8 * 6, &hello));
    cr_assert_eq(hello.algorithm_count, 8);
    cr_assert_eq(hello.algorithms[7].id, 7);
    cr_assert_not(wire_hello_unpack(payload, 9 * 6, &hello));
}
