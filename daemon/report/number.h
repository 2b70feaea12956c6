/* Numbers for people: short, and never on the wrong side of a limit. */
#ifndef VR_REPORT_NUMBER_H
#define VR_REPORT_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#define VR_NUMBER_SIZE 32 /* bytes, with the NUL */

/* Four significant digits (whole numbers in full), "-" for NaN.  More digits where fewer would show
 * the value as whole when it is not (99.998 is never "100"), or on the other side of, or level with,
 * `limit`.
 * `limit` NaN = none.  Returns `buffer`. */
const char *vr_number_format(double value, double limit, char buffer[VR_NUMBER_SIZE]);

/* A count of bytes with a decimal prefix: "812 B", "1.32 MB".  Returns `buffer`. */
const char *vr_number_bytes(int64_t size, char buffer[VR_NUMBER_SIZE]);

#endif
