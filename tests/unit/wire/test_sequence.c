#include <criterion/criterion.h>

#include "wire/sequence.h"

Test(sequence, orders_across_the_wrap)
{
    cr_assert_eq(wire_seq_compare(5, 5), 0);
    cr_assert_gt(wire_seq_compare(0, 0xffff), 0);
    cr_assert_lt(wire_seq_compare(0xfffe, 1), 0);
    cr_assert_gt(wire_seq_compare(0x7fff, 0), 0);
    cr_assert_lt(wire_seq_compare(0x8001, 0), 0);
    cr_assert_gt(wire_index_compare(3, 0xfffffff0), 0);
    cr_assert_lt(wire_index_compare(0xfffffff0, 3), 0);
    cr_assert_eq(wire_index_compare(7, 7), 0);
}

Test(sequence, extends_low_bits_to_the_nearest_number)
{
    cr_assert_eq(wire_seq_extend(0x0001, 0x0001fffe), 0x00020001);
    cr_assert_eq(wire_seq_extend(0xfffe, 0x00020001), 0x0001fffe);
    cr_assert_eq(wire_seq_extend(0x1234, 0x00051234), 0x00051234);
    cr_assert_eq(wire_seq_extend(0x0000, 0xffffffff), 0x00000000);
    cr_assert_eq(wire_seq_extend(0xffff, 0x00000000), 0xffffffff);
}
