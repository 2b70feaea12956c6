/* Where one UTF-8 character ends, strictly (RFC 3629): what readers refuse and writers replace. */
#ifndef VR_BASE_UTF8_H
#define VR_BASE_UTF8_H

#include <stddef.h>

/* Size in bytes (1..4) of the character that starts at text[0]; 0 when there is none: size is 0, or
 * the bytes are cut short, overlong, a surrogate or above U+10FFFF. */
size_t vr_utf8_size(const char *text, size_t size);

#endif
