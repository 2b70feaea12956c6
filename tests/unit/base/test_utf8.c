#include "base/utf8.h"

#include <criterion/criterion.h>
#include <string.h>

Test(utf8, size_is_that_of_the_first_character)
{
    static const struct {
        const char *text;
        size_t size;
    } rows[] = {
        {"a", 1},
        {"\x7f", 1},
        {"\xc2\x80", 2},
        {"\xc2\xb5V", 2},
        {"\xdf\xbf", 2},
        {"\xe0\xa0\x80", 3},
        {"\xe2\x82\xac", 3},
        {"\xed\x9f\xbf", 3}, /* U+D7FF */
        {"\xee\x80\x80", 3}, /* U+E000 */
        {"\xef\xbf\xbf", 3},
        {"\xf0\x90\x80\x80", 4},
        {"\xf4\x8f\xbf\xbf", 4}, /* U+10FFFF */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_assert_eq(vr_utf8_size(rows[i].text, strlen(rows[i].text)), rows[i].size, "row %zu", i);
    cr_assert_eq(vr_utf8_size("\0", 1), 1);
}

Test(utf8, size_is_0_where_no_character_starts)
{
    static const char *const rows[] = {
        "",
        "\x80",             /* continuation alone */
        "\xbf",             /* the same */
        "\xc0\x80",         /* overlong NUL */
        "\xc1\xbf",         /* overlong */
        "\xc2",             /* cut short */
        "\xc2\x20",         /* no continuation */
        "\xe0\x9f\xbf",     /* overlong */
        "\xe2\x82",         /* cut short */
        "\xe2\x82\x28",     /* no continuation */
        "\xed\xa0\x80",     /* surrogate U+D800 */
        "\xed\xbf\xbf",     /* surrogate U+DFFF */
        "\xf0\x8f\xbf\xbf", /* overlong */
        "\xf4\x90\x80\x80", /* above U+10FFFF */
        "\xf5\x80\x80\x80",
        "\xfe",
        "\xff",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_assert_eq(vr_utf8_size(rows[i], strlen(rows[i])), 0, "row %zu", i);
}
