/* Texts from outside, made safe to show. */
#include "report/plain.h"

#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

/* C1 controls are U+0080..U+009F: 0xc2 0x80..0x9f.  Terminals obey 0x9b as they do ESC [. */
static bool is_control(const unsigned char *bytes, size_t size)
{
    return (size == 1 && (bytes[0] < 0x20 || bytes[0] == 0x7f)) ||
           (size == 2 && bytes[0] == 0xc2 && bytes[1] < 0xa0);
}

/* One character; *text moves on by what was read. */
static void put_character(const char **text, size_t left, FILE *out)
{
    size_t size = vr_utf8_size(*text, left);
    if (size == 0 || is_control((const unsigned char *)*text, size))
        fputs(VR_PLAIN_REPLACEMENT, out);
    else
        fwrite(*text, 1, size, out);
    *text += size > 0 ? size : 1;
}

size_t vr_plain_put(const char *text, FILE *out)
{
    if (!text)
        return 0;
    const char *end = text + strlen(text);
    size_t count = 0;
    for (; text < end; count++)
        put_character(&text, (size_t)(end - text), out);
    return count;
}

void vr_plain_put_padded(const char *text, size_t width, FILE *out)
{
    for (size_t count = vr_plain_put(text, out); count < width; count++)
        putc(' ', out);
}

size_t vr_plain_width(const char *text)
{
    size_t left = text ? strlen(text) : 0, count = 0;
    for (; left > 0; count++) {
        size_t size = vr_utf8_size(text, left);
        size = size > 0 ? size : 1;
        text += size;
        left -= size;
    }
    return count;
}

void vr_plain_put_shell(const char *word, FILE *out)
{
    static const char safe[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/:@%+,-";
    if (word[0] != '\0' && word[strspn(word, safe)] == '\0') {
        fputs(word, out);
        return;
    }
    const char *end = word + strlen(word);
    putc('\'', out);
    while (word < end) {
        if (*word == '\'') {
            fputs("'\\''", out);
            word++;
        } else {
            put_character(&word, (size_t)(end - word), out);
        }
    }
    putc('\'', out);
}
