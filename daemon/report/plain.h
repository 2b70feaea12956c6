/* Texts from outside (names in headers, what a device logs), made safe to show: nothing in them can
 * steer a terminal. */
#ifndef VR_REPORT_PLAIN_H
#define VR_REPORT_PLAIN_H

#include <stddef.h>
#include <stdio.h>

#define VR_PLAIN_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Write text as one line: control characters (C0, DEL, C1) and bytes that are no UTF-8 become
 * U+FFFD.  NULL writes nothing. Returns how many characters were written. */
size_t vr_plain_put(const char *text, FILE *out);

/* The same, filled with spaces on the right up to `width` characters; a longer text is written
 * whole. */
void vr_plain_put_padded(const char *text, size_t width, FILE *out);

/* How many characters vr_plain_put would write. */
size_t vr_plain_width(const char *text);

/* Write a word for a shell's command line, in single quotes when it needs them. */
void vr_plain_put_shell(const char *word, FILE *out);

#endif
