#include <criterion/criterion.h>
#include <string.h>

#include "wire/crc32c.h"

/* RFC 3720, B.4, and the check value of the catalogue of CRCs. */
Test(crc32c, gives_the_published_values)
{
    uint8_t bytes[32];
    cr_assert_eq(wire_crc32c(0, (const uint8_t *)"123456789", 9), 0xe3069283);
    memset(bytes, 0, sizeof bytes);
    cr_assert_eq(wire_crc32c(0, bytes, sizeof bytes), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    cr_assert_eq(wire_crc32c(0, bytes, sizeof bytes), 0x62a8ab43);
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    cr_assert_eq(wire_crc32c(0, bytes, sizeof bytes), 0x46dd794e);
}

Test(crc32c, of_nothing_is_zero)
{
    cr_assert_eq(wire_crc32c(0, (const uint8_t *)"", 0), 0);
}

Test(crc32c, continues_where_it_was)
{
    const uint8_t *const text = (const uint8_t *)"123456789";
    for (size_t cut = 0; cut <= 9; cut++)
        cr_assert_eq(
            wire_crc32c(wire_crc32c(0, text, cut), text + cut, 9 - cut), 0xe3069283, "cut %zu",
            cut);
}

/* The other table, which devices use: the same source once more. */
#undef WIRE_CRC_TABLE_BITS
#define WIRE_CRC_TABLE_BITS 4
#define wire_crc32c small_crc32c
#include "wire/crc32c.c"
#undef wire_crc32c

Test(crc32c, is_the_same_from_the_small_table)
{
    uint8_t bytes[64];
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37 + 11);
    for (size_t size = 0; size <= sizeof bytes; size++)
        cr_assert_eq(small_crc32c(0, bytes, size), wire_crc32c(0, bytes, size), "%zu", size);
}
