/* Strict UTF-8.  Overlong forms, surrogates and values above U+10FFFF all show in the second byte,
 * whose range depends on the first. */
#include "base/utf8.h"

static size_t claimed_size(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    if (first >= 0xf0 && first <= 0xf4)
        return 4;
    return 0;
}

size_t vr_utf8_size(const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t claimed = size > 0 ? claimed_size(bytes[0]) : 0;
    if (claimed < 2)
        return claimed;
    if (claimed > size)
        return 0;

    unsigned char low = bytes[0] == 0xe0 ? 0xa0 : bytes[0] == 0xf0 ? 0x90 : 0x80;
    unsigned char high = bytes[0] == 0xed ? 0x9f : bytes[0] == 0xf4 ? 0x8f : 0xbf;
    if (bytes[1] < low || bytes[1] > high)
        return 0;
    for (size_t i = 2; i < claimed; i++)
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    return claimed;
}
