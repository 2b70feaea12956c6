/* The only reads of the system's clocks. */
#include "base/clock.h"

#include <time.h>

static int64_t clock_ns(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return now.tv_sec * VR_NS_PER_S + now.tv_nsec;
}

int64_t vr_clock_monotonic_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

int64_t vr_clock_utc_ns(void)
{
    return clock_ns(CLOCK_REALTIME);
}

const char *vr_clock_iso(int64_t utc_ns, char *buffer)
{
    time_t seconds = (time_t)(utc_ns / VR_NS_PER_S);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    strftime(buffer, VR_CLOCK_ISO_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return buffer;
}
