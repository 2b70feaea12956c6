/* Two places that no section of the image covers: QEMU fills what an image covers anew at every reset. */
#include "targets/mps/retained.h"

#include <stddef.h>

#include "wire/crc32c.h"

#define UNIT_GIVEN 0x554e4954u /* "UNIT" */

struct retained {
    struct mps_boot boot;
    uint32_t check; /* CRC-32C of boot */
};

/* Addresses from the linker script. */
extern struct retained mps_retained;
extern const uint32_t mps_unit[2]; /* the number, then UNIT_GIVEN */

static uint32_t check_of(const struct mps_boot *boot)
{
    return wire_crc32c(0, (const uint8_t *)boot, sizeof *boot);
}

void mps_retained_take(struct mps_boot *ret_boot)
{
    struct mps_boot *const kept = &mps_retained.boot;
    if (mps_retained.check == check_of(kept)) {
        kept->count++;
    } else {
        *kept = (struct mps_boot){0};
    }
    *ret_boot = *kept;
    kept->crashed = false;
    mps_retained.check = check_of(kept);
}

void mps_retained_keep_fault(const struct wire_fault *fault)
{
    struct mps_boot *const kept = &mps_retained.boot;
    kept->crashed = true;
    kept->fault = *fault;
    mps_retained.check = check_of(kept);
}

uint32_t mps_retained_unit(void)
{
    return mps_unit[1] == UNIT_GIVEN ? mps_unit[0] : 0;
}
