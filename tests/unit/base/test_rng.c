#include "base/rng.h"

#include <criterion/criterion.h>
#include <math.h>

/* The first outputs of splitmix64 from the seed 1234567. */
Test(rng, init_seeds_by_splitmix64)
{
    static const uint64_t expected[] = {
        UINT64_C(6457827717110365317), UINT64_C(3203168211198807973), UINT64_C(9817491932198370423),
        UINT64_C(4593380528125082431)};
    struct vr_rng rng;
    vr_rng_init(&rng, 1234567);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(rng.state[i], expected[i], "word %d", i);
}

/* The reference implementation from the state 1, 2, 3, 4. */
Test(rng, next_is_xoshiro256_star_star)
{
    static const uint64_t expected[] = {
        11520,
        0,
        1509978240,
        UINT64_C(1215971899390074240),
        UINT64_C(1216172134540287360),
        UINT64_C(607988272756665600),
        UINT64_C(16172922978634559625),
        UINT64_C(8476171486693032832),
        UINT64_C(10595114339597558777),
        UINT64_C(2904607092377533576),
    };
    struct vr_rng rng = {.state = {1, 2, 3, 4}};
    for (int i = 0; i < 10; i++)
        cr_assert_eq(vr_rng_next(&rng), expected[i], "number %d", i);
}

Test(rng, the_same_seed_gives_the_same_numbers)
{
    struct vr_rng a, b;
    vr_rng_init(&a, 42);
    vr_rng_init(&b, 42);
    for (int i = 0; i < 100; i++)
        cr_assert_eq(vr_rng_next(&a), vr_rng_next(&b));
}

Test(rng, below_and_unit_stay_in_range)
{
    struct vr_rng rng;
    vr_rng_init(&rng, 1);
    bool seen[7] = {false};
    for (int i = 0; i < 10000; i++) {
        uint32_t below = vr_rng_below(&rng, 7);
        double unit = vr_rng_unit(&rng);
        cr_assert_lt(below, 7);
        cr_assert(unit >= 0.0 && unit < 1.0);
        seen[below] = true;
    }
    for (int i = 0; i < 7; i++)
        cr_assert(seen[i], "%d never came", i);
}

/* Of 100,000 numbers, mean and deviation lie within 5 standard errors. */
Test(rng, normal_has_mean_0_and_deviation_1)
{
    struct vr_rng rng;
    vr_rng_init(&rng, 1);
    double sum = 0, squares = 0;
    const int count = 100000;
    for (int i = 0; i < count; i++) {
        double x = vr_rng_normal(&rng);
        sum += x;
        squares += x * x;
    }
    cr_assert_lt(fabs(sum / count), 5 / sqrt(count));
    cr_assert_lt(fabs(sqrt(squares / count) - 1), 5 / sqrt(2.0 * count));
}

/* splitmix64 from 1234567: the numbers of its reference (Vigna), and of the generator that is seeded by it. */
Test(rng, by_position_is_splitmix64)
{
    static const uint64_t expected[] = {
        UINT64_C(6457827717110365317), UINT64_C(3203168211198807973), UINT64_C(9817491932198370423),
        UINT64_C(4593380528125082431), UINT64_C(16408922859458223821)};
    struct vr_rng rng;
    vr_rng_init(&rng, 1234567);
    for (uint64_t i = 0; i < 5; i++) {
        cr_expect_eq(vr_rng_at(1234567, i), expected[i], "number %d", (int)i);
        if (i < 4)
            cr_expect_eq(rng.state[i], expected[i]);
    }
}
