#include "report/plain.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static char *plain(const char *text)
{
    char *written = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&written, &size);
    size_t width = vr_plain_put(text, out);
    fclose(out);
    cr_expect_eq(width, vr_plain_width(text));
    return written;
}

Test(plain, lets_no_text_steer_a_terminal)
{
    static const struct {
        const char *text, *written;
    } rows[] = {
        {"", ""},
        {"100", "100"},
        {"s\xc3\xa9rie \xf0\x9f\xab\x80", "s\xc3\xa9rie \xf0\x9f\xab\x80"},
        {"\x1b[2Jgone", VR_PLAIN_REPLACEMENT "[2Jgone"},
        {"a\nb\tc\x7f", "a" VR_PLAIN_REPLACEMENT "b" VR_PLAIN_REPLACEMENT "c" VR_PLAIN_REPLACEMENT},
        {"\xc2\x9b"
         "31m",
         VR_PLAIN_REPLACEMENT "31m"}, /* C1: CSI in one character */
        {"\xc2\xa0", "\xc2\xa0"},
        {"\xff\xc3", VR_PLAIN_REPLACEMENT VR_PLAIN_REPLACEMENT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *written = plain(rows[i].text);
        cr_expect_str_eq(written, rows[i].written, "row %zu: %s", i, written);
        free(written);
    }
}

Test(plain, pads_by_characters_and_never_cuts)
{
    char *written = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&written, &size);
    vr_plain_put_padded("s\xc3\xa9", 4, out);
    vr_plain_put_padded("longer", 4, out);
    vr_plain_put_padded(NULL, 1, out);
    fclose(out);
    cr_expect_str_eq(written, "s\xc3\xa9  longer ");
    free(written);
}

Test(plain, quotes_words_for_a_shell)
{
    static const struct {
        const char *word, *written;
    } rows[] = {
        {"s01_run-2.b", "s01_run-2.b"},       {"", "''"},         {"two words", "'two words'"},
        {"it's;rm -rf", "'it'\\''s;rm -rf'"}, {"$(x)", "'$(x)'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *written = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&written, &size);
        vr_plain_put_shell(rows[i].word, out);
        fclose(out);
        cr_expect_str_eq(written, rows[i].written, "row %zu: %s", i, written);
        free(written);
    }
}
