/* Memory that a reset leaves as it was, at the top of the RAM: what one boot tells the next.
 *
 * It has a check, and after power-on, when it holds anything, it counts as empty. */
#ifndef MPS_RETAINED_H
#define MPS_RETAINED_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/msg.h"

struct mps_boot {
    uint32_t count; /* resets since power-on */
    bool crashed;   /* the boot before ended in `fault` */
    struct wire_fault fault;
};

/* Once, at start: what the boot before left.  A crash is told by the boot that follows it, and forgotten by the next: an old crash
 * must not explain a later restart. */
void mps_retained_take(struct mps_boot *ret_boot);

/* For the next boot. */
void mps_retained_keep_fault(const struct wire_fault *fault);

/* The number of this unit, 0 = not given.  Nothing on these boards is unique, so whoever starts QEMU may say one:
 * `-device loader,addr=0x2007fff8,data=0x554e495400000007,data-len=8` for unit 7. */
uint32_t mps_retained_unit(void);

#endif
