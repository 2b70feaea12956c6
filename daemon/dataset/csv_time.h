/* Times as text has them: dates, and counts of seconds.  In nanoseconds, which a double could not
 * tell apart any more since 1970. */
#ifndef VR_DATASET_CSV_TIME_H
#define VR_DATASET_CSV_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "dataset/slice.h"

/* What the zero of a clock is: times of two files can be compared only when it is the same. */
enum vr_csv_zero {
    VR_CSV_ZERO_START, /* that of the recording: "seconds from the start" */
    VR_CSV_ZERO_UTC,   /* 1970 in UTC */
    VR_CSV_ZERO_LOCAL, /* 1970 in a time zone that is not said */
};

struct vr_csv_clock_unit {
    enum vr_csv_zero zero;
    int64_t unit_ns;     /* of a count; 0 = a date */
    const char *pattern; /* of a date; NULL = ISO 8601 */
};

/* What a mapping calls it: "s" "ms" "us" "ns" "min" "h" from the start; "unix_s" "unix_ms" "unix_us"
 * "unix_ns"; "iso8601" with a zone, "iso8601_local" without; or a pattern with %Y %m %d %H %M %S, and
 * perhaps %y (2000..2099), %I with %p (AM, PM), %f (a fraction of digits), %z.  False: none of them.
 * The pattern stays the caller's. */
bool vr_csv_clock_parse(const char *text, struct vr_csv_clock_unit *ret_clock);

/* A time that takes the whole slice.  False: it does not fit the clock, there is no such date, or it
 * is further from the zero than 146 years, or 36 from the start of a recording. */
bool vr_csv_time_parse(
    const struct vr_csv_clock_unit *clock, struct vr_slice text, char point, int64_t *ret_ns);

#endif
