#include "base/nearest.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *const keys[] = {"gates", "dataset", "channels", "replay",
                                   "score", "dut",     "name"};

static const char *nearest_key(const char *word)
{
    return vr_nearest(word, keys, sizeof keys / sizeof *keys);
}

Test(nearest, finds_what_was_meant)
{
    static const struct {
        const char *word, *meant;
    } rows[] = {
        {"gates", "gates"},      {"gate", "gates"},       {"Gates", "gates"},
        {"gtaes", "gates"},      {"datasets", "dataset"}, {"data_set", "dataset"},
        {"chanels", "channels"}, {"relpay", "replay"},    {"dtu", "dut"},
        {"scores", "score"},     {"nmae", "name"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_assert_str_eq(nearest_key(rows[i].word), rows[i].meant, "%s", rows[i].word);
}

Test(nearest, is_silent_when_nothing_is_near)
{
    static const char *const words[] = {"", "x", "zzz", "power", "confidence", "extends"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        cr_assert_null(nearest_key(words[i]), "%s", words[i]);
}

/* Length 9: 9/3 + 1 = 4 edits are near, 5 are not. */
Test(nearest, draws_the_line_at_a_third_of_the_length_plus_one)
{
    const char *candidate = "abcdefghi";
    cr_assert_not_null(vr_nearest("abcde1234", &candidate, 1));
    cr_assert_null(vr_nearest("abcd12345", &candidate, 1));
}

Test(nearest, takes_the_first_of_equals)
{
    static const char *const words[] = {"min", "max"};
    cr_assert_str_eq(vr_nearest("mix", words, 2), "min");
}

Test(nearest, bounds_the_lengths)
{
    char word[VR_NEAREST_SIZE_MAX + 2] = {0};
    const char *candidate = word;
    memset(word, 'a', VR_NEAREST_SIZE_MAX);
    cr_assert_eq(vr_nearest(word, &candidate, 1), candidate);
    word[VR_NEAREST_SIZE_MAX] = 'a';
    cr_assert_null(vr_nearest(word, &candidate, 1));
    cr_assert_null(vr_nearest(word + 1, &candidate, 1));
}
