/* Names of runs. */
#include "replay/run_uid.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/random.h>

#include "base/clock.h"

uint32_t vr_random_number(void)
{
    uint32_t number = 0;
    while (getrandom(&number, sizeof number, 0) != sizeof number)
        ;
    return number;
}

void vr_run_uid(int64_t started_utc_ns, const char *scenario, char uid[VR_RUN_UID_SIZE])
{
    char iso[VR_CLOCK_ISO_SIZE], stamp[VR_CLOCK_ISO_SIZE];
    size_t used = 0;
    vr_clock_iso(started_utc_ns, iso);
    for (const char *c = iso; *c; c++)
        if (*c != '-' && *c != ':')
            stamp[used++] = *c;
    stamp[used] = '\0';
    snprintf(uid, VR_RUN_UID_SIZE, "%s-%s-%08x", stamp, scenario, vr_random_number());
}
