/* Lists of numbers. */
#include "stats/numbers.h"

#include <criterion/criterion.h>

#include "base/rng.h"
#include "stats/quantile.h"

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

/* Lists that are put together of sorted ones, of few and of many, against qsort. */
Test(numbers, sorting_is_the_same_by_whichever_way)
{
    struct vr_rng rng;
    vr_rng_init(&rng, 4);
    for (size_t parts = 0; parts < 40; parts++) {
        struct vr_numbers sum = {0}, other = {0};
        for (size_t i = 0; i < parts; i++) {
            struct vr_numbers part = {0};
            for (size_t k = vr_rng_below(&rng, i % 3 ? 500 : 5); k > 0; k--)
                cr_assert(vr_numbers_add(&part, vr_rng_below(&rng, 100)));
            vr_numbers_sort(&part);
            cr_assert(vr_numbers_append(&sum, &part) && vr_numbers_append(&other, &part));
            vr_numbers_finish(&part);
        }
        vr_numbers_sort(&sum);
        vr_quantile_sort(other.values, other.count);
        cr_assert_eq(sum.count, other.count);
        for (size_t i = 0; i < sum.count; i++)
            cr_assert_eq(sum.values[i], other.values[i], "%zu of %zu", i, sum.count);
        cr_assert(vr_numbers_add(&sum, -1), "it can still grow");
        vr_numbers_sort(&sum);
        cr_expect_eq(sum.values[0], -1);
        vr_numbers_finish(&sum);
        vr_numbers_finish(&other);
    }
}
