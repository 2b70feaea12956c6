/* Host time: int64 nanoseconds of CLOCK_MONOTONIC, with one UTC anchor per run.
 *
 * Only the outermost loops (the line, the command line) read a clock; everything below takes `now_ns` as an argument, so that the
 * simulator can run the same code in virtual time. */
#ifndef VR_BASE_CLOCK_H
#define VR_BASE_CLOCK_H

#include <stdint.h>

#define VR_NS_PER_S INT64_C(1000000000)
#define VR_NS_PER_MS INT64_C(1000000)
#define VR_NS_PER_US INT64_C(1000)
#define VR_NEVER_NS INT64_MAX /* a deadline that does not come */

int64_t vr_clock_monotonic_ns(void);

/* Nanoseconds since 1970 UTC: for names and reports only, never for intervals. */
int64_t vr_clock_utc_ns(void);

/* "2026-11-22T22:00:04Z"; `buffer` of at least VR_CLOCK_ISO_SIZE bytes. */
#define VR_CLOCK_ISO_SIZE 24
const char *vr_clock_iso(int64_t utc_ns, char *buffer);

#endif
