/* Lists of numbers. */
#include "stats/numbers.h"

#include <criterion/criterion.h>

Test(numbers, grow_and_sort_when_asked)
{
    struct vr_numbers numbers = {0}, more = {0};
    for (int i = 0; i < 100; i++)
        cr_assert(vr_numbers_add(&numbers, 100 - i));
    vr_numbers_sort(&numbers);
    cr_expect_eq(numbers.values[0], 1);
    cr_expect_eq(numbers.values[99], 100);

    cr_assert(vr_numbers_append(&numbers, &more), "nothing can be appended");
    cr_expect(numbers.is_sorted);
    cr_assert(vr_numbers_add(&more, 0.5));
    cr_assert(vr_numbers_append(&numbers, &more));
    cr_expect_eq(numbers.count, 101);
    cr_expect_not(numbers.is_sorted);
    vr_numbers_sort(&numbers);
    cr_expect_eq(numbers.values[0], 0.5);
    vr_numbers_finish(&numbers);
    vr_numbers_finish(&more);
    cr_expect_null(numbers.values);
}

Test(numbers, reserve_room_once)
{
    struct vr_numbers numbers = {0};
    cr_assert(vr_numbers_reserve(&numbers, 1000));
    const double *before = numbers.values;
    for (int i = 0; i < 1000; i++)
        cr_assert(vr_numbers_add(&numbers, i));
    cr_expect_eq(numbers.values, before);
    vr_numbers_finish(&numbers);
}
