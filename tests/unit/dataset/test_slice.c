/* dataset/slice: stretches of text that end where they end, not at a NUL. */
#include "dataset/slice.h"

#include <criterion/criterion.h>
#include <string.h>

static struct vr_slice slice_of(const char *text)
{
    return (struct vr_slice){text, strlen(text)};
}

static void assert_slice(struct vr_slice slice, const char *expected)
{
    cr_assert(
        slice.size == strlen(expected) && memcmp(slice.text, expected, slice.size) == 0,
        "\"%.*s\", not \"%s\"", (int)slice.size, slice.text, expected);
}

Test(slice, words_come_one_after_the_other)
{
    struct vr_slice line = slice_of(" \tone  two\tthree ");
    assert_slice(vr_slice_word(&line), "one");
    assert_slice(vr_slice_word(&line), "two");
    assert_slice(vr_slice_word(&line), "three");
    assert_slice(vr_slice_word(&line), "");
    assert_slice(vr_slice_word(&line), "");
}

Test(slice, parts_are_taken_up_to_a_delimiter)
{
    struct vr_slice rest = slice_of("200(1024)/mV");
    assert_slice(vr_slice_take(&rest, "(/"), "200");
    cr_assert(!vr_slice_skip(&rest, '/'));
    cr_assert(vr_slice_skip(&rest, '('));
    assert_slice(vr_slice_take(&rest, ")"), "1024");
    assert_slice(rest, ")/mV");
    assert_slice(vr_slice_take(&rest, "x"), ")/mV");
    assert_slice(vr_slice_take(&rest, "x"), "");
    cr_assert(!vr_slice_skip(&rest, ')'));
}

Test(slice, a_nul_is_no_end)
{
    struct vr_slice rest = {"a\0b c", 5};
    struct vr_slice word = vr_slice_word(&rest);
    cr_assert(word.size == 3 && memcmp(word.text, "a\0b", 3) == 0);
    int64_t value;
    double real;
    cr_assert(!vr_slice_integer((struct vr_slice){"1\0", 2}, 0, 9, &value));
    cr_assert(!vr_slice_real((struct vr_slice){"1\0", 2}, &real));
}

Test(slice, integers_take_the_whole_slice_and_keep_their_range)
{
    static const struct {
        const char *text;
        bool read;
        int64_t value;
    } cases[] = {
        {"0", true, 0},       {"-0", true, 0},    {"+12", true, 12},
        {"-100", true, -100}, {"0099", true, 99}, {"100", true, 100},
        {"101", false, 0},    {"-101", false, 0}, {"", false, 0},
        {"-", false, 0},      {"+-1", false, 0},  {"1x", false, 0},
        {"1.0", false, 0},    {"0x10", false, 0}, {"99999999999999999999999999", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value = 0;
        cr_assert_eq(
            vr_slice_integer(slice_of(cases[i].text), -100, 100, &value), cases[i].read, "%s",
            cases[i].text);
        cr_assert_eq(value, cases[i].value, "%s", cases[i].text);
    }
    int64_t value;
    cr_assert(vr_slice_integer((struct vr_slice){"123", 2}, 0, 100, &value) && value == 12);
}

Test(slice, reals_are_finite_decimals)
{
    static const char *const refused[] = {"", "inf", "nan", "0x1p3", "1e999", "1,5", "1 ", "1e"};
    double value = 7;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        cr_assert(!vr_slice_real(slice_of(refused[i]), &value), "%s", refused[i]);
    cr_assert_eq(value, 7);
    cr_assert(vr_slice_real(slice_of("-1.052e+04"), &value) && value == -10520);
    cr_assert(vr_slice_real((struct vr_slice){"2.55", 3}, &value) && value == 2.5);
}
