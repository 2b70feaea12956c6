/* dataset/rate: decimals become exact fractions, and ticks move between rates without a machine's rounding. */
#include "dataset/rate.h"

#include <criterion/criterion.h>
#include <string.h>

Test(rate, reads_decimals_exactly_and_long_ones_as_what_they_round)
{
    static const struct {
        const char *text;
        uint32_t num, den;
    } cases[] = {
        {"360", 360, 1},
        {"360.0", 360, 1},
        {"250.000000000000", 250, 1},
        {"15.5", 31, 2},
        {"0.5", 1, 2},
        {".5", 1, 2},
        {"5.", 5, 1},
        {"1e3", 1000, 1},
        {"2.5E-1", 1, 4},
        {"0.0166666666667", 1, 60},
        {"0.016666666666666667", 1, 60},
        {"333.333333333333", 1000, 3},
        {"128.000000001", 0, 0}, /* exact, or refused: never 128 */
        {"4294967295", 4294967295u, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vr_rate rate = {0, 0};
        bool read = vr_rate_parse(cases[i].text, strlen(cases[i].text), &rate);
        if (cases[i].den == 0) {
            cr_assert(!read || rate.den > 1, "%s", cases[i].text);
            continue;
        }
        cr_assert(read, "%s", cases[i].text);
        cr_assert(
            rate.num == cases[i].num && rate.den == cases[i].den, "%s: %u/%u", cases[i].text,
            rate.num, rate.den);
    }
}

Test(rate, refuses_what_is_no_positive_decimal)
{
    static const char *const cases[] = {
        "",           "0",
        "0.0",        "-1",
        "+1",         "nan",
        "inf",        "1e308",
        "1e-308",     "0x10",
        "1e",         "e3",
        ".",          "1.2.3",
        "4294967296", "1e999",
        "1 ",         " 1",
        "1,5",        "1e+",
        "1e-9999",    "1234567890123456789012",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vr_rate rate = {7, 7};
        cr_assert(!vr_rate_parse(cases[i], strlen(cases[i]), &rate), "%s", cases[i]);
        cr_assert(rate.num == 7 && rate.den == 7, "%s wrote its output", cases[i]);
    }
}

Test(rate, reads_no_byte_behind_the_end)
{
    struct vr_rate rate;
    cr_assert(vr_rate_parse("3600", 3, &rate));
    cr_assert_eq(rate.num, 360);
}

Test(rate, converts_to_the_nearest_tick_halves_up)
{
    static const struct {
        int64_t tick;
        struct vr_rate from, to;
        int64_t expected;
    } cases[] = {
        {100, {250, 1}, {360, 1}, 144},
        {12, {250, 1}, {360, 1}, 17}, /* 17.28 */
        {2, {500, 1}, {125, 1}, 1},   /* 0.5 */
        {-2, {500, 1}, {125, 1}, 0},  /* -0.5 */
        {-3, {500, 1}, {125, 1}, -1},
        {77, {360, 1}, {1000, 1}, 214},
        {1, {1, 60}, {360, 1}, 21600},
        {INT64_MAX, {360, 1}, {360, 1}, INT64_MAX},
        {INT64_C(1) << 40, {31, 2}, {4294967295u, 4294967294u}, INT64_C(70936234067)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t tick = 0;
        cr_assert(vr_rate_convert(cases[i].tick, cases[i].from, cases[i].to, &tick), "row %zu", i);
        cr_assert_eq(tick, cases[i].expected, "row %zu: %lld", i, (long long)tick);
    }
}

Test(rate, refuses_a_tick_outside_64_bits)
{
    int64_t tick = 5;
    struct vr_rate slow = {1, 4294967295u}, fast = {4294967295u, 1};
    cr_assert(!vr_rate_convert(INT64_C(1) << 60, slow, fast, &tick));
    cr_assert(!vr_rate_convert(INT64_MAX, fast, slow, &tick));
    cr_assert_eq(tick, 5);
}

Test(rate, multiplies_in_lowest_terms)
{
    struct vr_rate rate;
    cr_assert(vr_rate_multiply((struct vr_rate){31, 2}, 32, &rate));
    cr_assert(rate.num == 496 && rate.den == 1);
    cr_assert(!vr_rate_multiply((struct vr_rate){4294967295u, 1}, 2, &rate));
}
