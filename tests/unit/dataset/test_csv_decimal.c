/* dataset/csv_decimal: no digit of a text is lost, and what does not fit is told. */
#include "dataset/csv_decimal.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

static struct vr_slice slice_of(const char *text)
{
    return (struct vr_slice){text, strlen(text)};
}

static void assert_decimal(const char *text, int64_t mantissa, int exponent, bool cut)
{
    struct vr_decimal value;
    cr_assert(vr_decimal_parse(slice_of(text), '.', &value), "%s", text);
    cr_assert(
        value.mantissa == mantissa && value.exponent == exponent && value.cut == cut,
        "%s: %" PRId64 "e%d", text, value.mantissa, value.exponent);
}

Test(csv_decimal, texts_are_digits_and_a_power_of_ten)
{
    assert_decimal("0", 0, 0, false);
    assert_decimal("-0.00", 0, 0, false);
    assert_decimal("+12.50", 1250, -2, false);
    assert_decimal(".5", 5, -1, false);
    assert_decimal("5.", 5, 0, false);
    assert_decimal("-1.5e-3", -15, -4, false);
    assert_decimal("7.2464E+05", 72464, 1, false);
    assert_decimal("000000000000000000000000000012", 12, 0, false);
    assert_decimal("0.000000000000000000000000001", 1, -27, false);
    assert_decimal("123456789012345678", 123456789012345678, 0, false);
    assert_decimal("1234567890123456789", 1234567890123456789, 0, false);
    assert_decimal("9223372036854775799", 9223372036854775799, 0, false);
    assert_decimal("9223372036854775808", 922337203685477580, 1, true);
    assert_decimal("9999999999999999990", 999999999999999999, 1, false);
    assert_decimal("0.1234567890123456780000", 1234567890123456780, -19, false);
    assert_decimal("0.12345678901234567801", 1234567890123456780, -19, true);
    assert_decimal("99999999999999999999.5", 999999999999999999, 2, true);
}

Test(csv_decimal, what_is_no_number_is_refused)
{
    static const char *const texts[] = {"",    "-",   ".",   "1.2.3",   "1,5",
                                        "e5",  "1e",  "1e+", "0x1",     "1 2",
                                        "inf", "nan", "--1", "1e99999", "1e-99999"};
    struct vr_decimal value;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_assert(!vr_decimal_parse(slice_of(texts[i]), '.', &value), "%s", texts[i]);
    cr_assert(vr_decimal_parse(slice_of("1,5"), ',', &value) && value.mantissa == 15);
    cr_assert(!vr_decimal_parse(slice_of("1.5"), ',', &value));
}

Test(csv_decimal, a_double_stands_for_its_shortest_text)
{
    static const struct {
        double value;
        int64_t mantissa;
        int exponent;
    } rows[] = {{0.01, 1, -2}, {1e-5, 1, -5}, {0.0078125, 78125, -7}, {3, 3, 0}, {1e12, 1, 12}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vr_decimal found = vr_decimal_of(rows[i].value);
        cr_assert(
            found.mantissa == rows[i].mantissa && found.exponent == rows[i].exponent, "%g",
            rows[i].value);
    }
}

static void assert_steps(
    const char *text, const char *step, enum vr_decimal_fit fit, int64_t expected)
{
    struct vr_decimal value, by;
    int64_t steps = 0;
    cr_assert(vr_decimal_parse(slice_of(text), '.', &value));
    cr_assert(vr_decimal_parse(slice_of(step), '.', &by));
    cr_assert_eq(vr_decimal_steps(value, by, INT32_MAX, &steps), fit, "%s / %s", text, step);
    cr_assert_eq(steps, expected, "%s / %s: %" PRId64, text, step, steps);
}

Test(csv_decimal, numbers_are_counted_in_steps)
{
    assert_steps("12.34", "0.01", VR_DECIMAL_EXACT, 1234);
    assert_steps("-12.340", "0.01", VR_DECIMAL_EXACT, -1234);
    assert_steps("1e3", "10", VR_DECIMAL_EXACT, 100);
    assert_steps("0.25", "0.125", VR_DECIMAL_EXACT, 2);
    assert_steps("0", "1e12", VR_DECIMAL_EXACT, 0);
    assert_steps("1e30", "1e25", VR_DECIMAL_EXACT, 100000);
    assert_steps("2147483647", "1", VR_DECIMAL_EXACT, INT32_MAX);
    assert_steps("-2147483647", "1", VR_DECIMAL_EXACT, -INT32_MAX);
    assert_steps("2147483648", "1", VR_DECIMAL_OUTSIDE, 0);
    assert_steps("-2147483648", "1", VR_DECIMAL_OUTSIDE, 0);
    assert_steps("1e4000", "1", VR_DECIMAL_OUTSIDE, 0);
    assert_steps("1", "1e-12", VR_DECIMAL_OUTSIDE, 0);
    assert_steps("1.234", "0.01", VR_DECIMAL_ROUNDED, 123);
    assert_steps("1.235", "0.01", VR_DECIMAL_ROUNDED, 124);
    assert_steps("-1.235", "0.01", VR_DECIMAL_ROUNDED, -123);
    assert_steps("-1.236", "0.01", VR_DECIMAL_ROUNDED, -124);
    assert_steps("1e-4000", "1", VR_DECIMAL_ROUNDED, 0);
    assert_steps("-1e-30", "1", VR_DECIMAL_ROUNDED, 0);
    assert_steps("0.1234567890123456781", "0.000001", VR_DECIMAL_ROUNDED, 123457);
}
